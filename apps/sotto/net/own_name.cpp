#include "net/own_name.hpp"

#include <unistd.h>

#include <array>

namespace program {

std::string dialogue_name(const Endpoint& endpoint, const std::string& server_name) {
  using sotto::starttls::Protocol;
  if (endpoint.protocol == Protocol::xmpp_client || endpoint.protocol == Protocol::xmpp_server) return server_name;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace program
