#include "net/listen.hpp"

#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <expected>
#include <system_error>

#include <fmt/format.h>

#include "net/exhaustion.hpp"
#include "text.hpp"

namespace program {
namespace {

constexpr int backlog = 4096;

/// A UNIX socket's file outlives its process. If nobody answers there any more, it may go. Anything else that has the
/// name is somebody's, and connect(2) calls that "refused" too.
void remove_stale_socket(const Address& address) {
  struct stat status{};
  if (::lstat(address.text().substr(5).c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  // It does not wait: somebody whose queue is full is alive.
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe && ::connect(probe.value(), address.get(), address.length) != 0 && errno == ECONNREFUSED)
    ::unlink(address.text().substr(5).c_str());
}

/// Returns the socket or an errno.
std::expected<ListeningSocket, int> listen_at(const Address& address) {
  if (address.family() == AF_UNIX) remove_stale_socket(address);
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(errno);
  const int on = 1;
  const int off = 0;
  if (address.family() != AF_UNIX) ::setsockopt(socket.value(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) {
    // "Any address" means IPv4 too; a given IPv6 address means itself.
    const bool any = IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
    ::setsockopt(socket.value(), IPPROTO_IPV6, IPV6_V6ONLY, any ? &off : &on, sizeof on);
  }
  if (::bind(socket.value(), address.get(), address.length) != 0) return std::unexpected(errno);
  if (::listen(socket.value(), backlog) != 0) return std::unexpected(errno);
  Address bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(socket.value(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0)
    return std::unexpected(errno);
  return ListeningSocket(std::move(socket), bound);
}

}  // namespace

ListeningSocket::~ListeningSocket() {
  if (socket_ && address_.family() == AF_UNIX) ::unlink(address_.text().substr(5).c_str());
}

Outcome<std::vector<ListeningSocket>> listen_on(const Endpoint& endpoint) {
  const auto addresses = resolve_listener(endpoint);
  if (!addresses) return std::unexpected(addresses.error());
  const auto cannot_listen = [&](int error) {
    return failure(exit_code_of_call(error), fmt::format("cannot listen on {}: {}", printable(endpoint.text()),
                                                         std::system_category().message(error)));
  };
  std::vector<ListeningSocket> sockets;
  int absent = 0;
  for (const auto& address : *addresses) {
    if (endpoint.host.empty() && !sockets.empty()) break;  // "any IPv6" covers IPv4
    auto socket = listen_at(address);
    if (socket) {
      sockets.push_back(*std::move(socket));
      continue;
    }
    absent = socket.error();
    if (absent != EAFNOSUPPORT && absent != EADDRNOTAVAIL) return cannot_listen(absent);
  }
  if (sockets.empty()) return cannot_listen(absent);
  return sockets;
}

}  // namespace program
