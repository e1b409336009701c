#include "transport.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>

#include "failure.hpp"

namespace sotto::bogo {
namespace {

constexpr std::size_t chunk = 65536;

template <class Address>
bool connect_to(int socket, const Address& address) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool connect_to_loopback(int socket, int port, bool ipv6) {
  const auto network_port = htons(static_cast<std::uint16_t>(port));
  if (ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = network_port;
    address.sin6_addr = in6addr_loopback;
    return connect_to(socket, address);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = network_port;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect_to(socket, address);
}

}  // namespace

Transport::Transport(int port, bool ipv6, std::uint64_t shim_id)
    : socket_(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  expect(socket_ >= 0 && connect_to_loopback(socket_, port, ipv6), "the runner cannot be reached");
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if constexpr (std::endian::native == std::endian::big) shim_id = std::byteswap(shim_id);
  send_all(std::as_bytes(std::span(&shim_id, 1)));
}

Transport::~Transport() {
  ::shutdown(socket_, SHUT_WR);
  std::array<std::byte, 4096> ignored;
  while (::read(socket_, ignored.data(), ignored.size()) > 0) {
  }
  ::close(socket_);
}

bool Transport::read(Buffer& in) {
  const auto room = in.prepare(chunk);
  ssize_t got = 0;
  do got = ::read(socket_, room.data(), room.size());
  while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  in.commit(static_cast<std::size_t>(got));
  return true;
}

void Transport::write(Buffer& out) {
  send_all(out.readable());
  out.clear();
}

void Transport::send_all(std::span<const std::byte> octets) {
  while (!octets.empty()) {
    const auto sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // the peer is gone; what it said last is still to be read
    octets = octets.subspan(static_cast<std::size_t>(sent));
  }
}

}  // namespace sotto::bogo
