// Listening sockets.
#pragma once

#include <vector>

#include "descriptor.hpp"
#include "failure.hpp"
#include "net/address.hpp"

namespace program {

/// One bound socket. A UNIX socket's file goes with it.
class ListeningSocket {
 public:
  ListeningSocket(Descriptor socket, Address address) : socket_(std::move(socket)), address_(address) {}
  ListeningSocket(ListeningSocket&&) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&&) noexcept = default;
  ~ListeningSocket();

  [[nodiscard]] int descriptor() const { return socket_.value(); }
  /// Returns where it listens; the port is the real one even if 0 was asked for.
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  Descriptor socket_;
  Address address_;
};

/// Listens on every address of `endpoint`. The failure names the endpoint.
Outcome<std::vector<ListeningSocket>> listen_on(const Endpoint& endpoint);

}  // namespace program
