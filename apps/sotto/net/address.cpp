#include "net/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <system_error>

#include <fmt/format.h>

namespace program {
namespace {

Address local_address(const std::string& path) {
  Address address;
  auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), std::min(path.size(), sizeof local.sun_path - 1));
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

Address any_address(int family, std::uint16_t port) {
  Address address;
  if (family == AF_INET6) {
    auto& any = reinterpret_cast<sockaddr_in6&>(address.storage);
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(port);
    address.length = sizeof any;
    return address;
  }
  auto& any = reinterpret_cast<sockaddr_in&>(address.storage);
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  address.length = sizeof any;
  return address;
}

Outcome<std::vector<Address>> look_up(const Endpoint& endpoint, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto error = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0)
    return failure(ExitCode::network,
                   fmt::format("the name '{}' in {} cannot be resolved: {}", endpoint.host, endpoint.text(),
                               error == EAI_SYSTEM ? std::system_category().message(errno) : ::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

std::string Address::text() const {
  char host[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &address.sin_addr, host, sizeof host);
    return host_and_port(host, ntohs(address.sin_port));
  }
  if (family() == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(storage);
    if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr))
      ::inet_ntop(AF_INET, address.sin6_addr.s6_addr + 12, host, sizeof host);
    else
      ::inet_ntop(AF_INET6, &address.sin6_addr, host, sizeof host);
    return host_and_port(host, ntohs(address.sin6_port));
  }
  const auto& local = reinterpret_cast<const sockaddr_un&>(storage);
  if (length <= offsetof(sockaddr_un, sun_path)) return "unix:";
  const auto limit = std::min<std::size_t>(length - offsetof(sockaddr_un, sun_path), sizeof local.sun_path);
  return "unix:" + std::string(local.sun_path, ::strnlen(local.sun_path, limit));
}

Outcome<std::vector<Address>> resolve_peer(const Endpoint& endpoint) {
  if (endpoint.is_local()) return std::vector{local_address(endpoint.path)};
  return look_up(endpoint, endpoint.is_literal() ? AI_NUMERICHOST : AI_ADDRCONFIG);
}

Outcome<std::vector<Address>> resolve_listener(const Endpoint& endpoint) {
  if (endpoint.is_local()) return std::vector{local_address(endpoint.path)};
  if (endpoint.host.empty())
    return std::vector{any_address(AF_INET6, endpoint.port), any_address(AF_INET, endpoint.port)};
  return look_up(endpoint, AI_PASSIVE | (endpoint.is_literal() ? AI_NUMERICHOST : 0));
}

}  // namespace program
