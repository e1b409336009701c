// Socket addresses, and the names behind them.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "failure.hpp"
#include "net/endpoint.hpp"

namespace program {

/// Holds one address of any family.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  /// Writes "127.0.0.1:8443", "[::1]:8443" or "unix:/path".
  [[nodiscard]] std::string text() const;
};

/// Resolves the endpoint of a peer; blocks. The failure names the endpoint (ExitCode::network).
Outcome<std::vector<Address>> resolve_peer(const Endpoint& endpoint);

/// Returns the addresses to listen on. An endpoint without a host gives "any IPv6" and "any IPv4", in this order.
Outcome<std::vector<Address>> resolve_listener(const Endpoint& endpoint);

}  // namespace program
