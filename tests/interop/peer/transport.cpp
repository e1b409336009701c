#include "transport.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace peer {
namespace {

constexpr std::size_t read_size = 64 * 1024;

std::unexpected<sotto::Error> io_error(const std::string& what, int number) {
  sotto::Error error;
  error.code = sotto::Code::io_failed;
  error.detail = what + ": " + std::strerror(number);
  return std::unexpected(std::move(error));
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

sotto::Result<Addresses> resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return io_error("resolve " + host, EINVAL);
  return Addresses(found, &freeaddrinfo);
}

void prepare(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

bool would_block(int number) { return number == EAGAIN || number == EWOULDBLOCK || number == EINTR; }

}  // namespace

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() { close(); }

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

sotto::Result<Socket> Socket::connect(const std::string& host, const std::string& port) {
  auto addresses = resolve(host, port);
  if (!addresses) return std::unexpected(addresses.error());
  int last = 0;
  for (const auto* address = addresses->get(); address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.descriptor_, address->ai_addr, address->ai_addrlen) == 0) {
      prepare(socket.descriptor_);
      return socket;
    }
    last = errno;
  }
  return io_error("connect to " + host + ":" + port, last);
}

sotto::Result<Socket> Socket::listen(const std::string& host, const std::string& port) {
  auto addresses = resolve(host, port);
  if (!addresses) return std::unexpected(addresses.error());
  const auto& address = **addresses;
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.descriptor_, address.ai_addr, address.ai_addrlen) != 0) return io_error("bind", errno);
  if (::listen(socket.descriptor_, SOMAXCONN) != 0) return io_error("listen", errno);
  return socket;
}

sotto::Result<Socket> Socket::accept() const {
  const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) return io_error("accept", errno);
  prepare(accepted);
  return Socket(accepted);
}

std::uint16_t Socket::local_port() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

sotto::Result<Socket::Moved> Socket::move(sotto::Buffer& out, sotto::Buffer& in, std::chrono::milliseconds timeout) {
  pollfd ready{descriptor_, static_cast<short>(out.empty() ? POLLIN : POLLIN | POLLOUT), 0};
  const int count = ::poll(&ready, 1, static_cast<int>(timeout.count()));
  if (count == 0) {
    sotto::Error error;
    error.code = sotto::Code::timed_out;
    return std::unexpected(std::move(error));
  }
  if (count < 0) return io_error("poll", errno);

  if ((ready.revents & POLLOUT) != 0) {
    const auto bytes = out.readable();
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) out.consume(static_cast<std::size_t>(sent));
    // A peer that is gone may have left its reason behind: what can still be read decides, not the failed send.
    if (sent < 0 && !would_block(errno)) out.clear();
  }
  Moved moved;
  if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return moved;
  const auto space = in.prepare(read_size);
  const auto received = ::recv(descriptor_, space.data(), read_size, 0);
  if (received < 0 && would_block(errno)) return moved;
  if (received < 0) return io_error("receive", errno);
  moved.received = static_cast<std::size_t>(received);
  moved.ended = received == 0;
  in.commit(moved.received);
  return moved;
}

void Socket::finish(std::chrono::milliseconds timeout) {
  ::shutdown(descriptor_, SHUT_WR);
  std::array<std::byte, 4096> rest;
  for (;;) {
    pollfd ready{descriptor_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(timeout.count())) <= 0) return;
    const auto received = ::recv(descriptor_, rest.data(), rest.size(), 0);
    if (received == 0 || (received < 0 && !would_block(errno))) return;
  }
}

}  // namespace peer
