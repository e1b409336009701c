// Anything that a client may say before TLS, in pieces. Input: one octet for the protocol, a part for the greeting of
// the server behind us, then parts.
#include <sotto/starttls.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/starttls_promises.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sotto::fuzz::Input input(data, size);
  const auto protocol = sotto::fuzz::protocol_of(input);
  const auto greeting = std::string(sotto::as_text(input.part()));
  sotto::starttls::Server server(protocol, {"server.example", greeting});
  sotto::fuzz::talk(server, input);
  return 0;
}
