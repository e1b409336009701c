#include "adapters/tcp.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>

#include "base/result.hpp"

namespace sotto::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::string words(int error) { return std::generic_category().message(error); }

// The time left for poll(2), rounded up so that a deadline is never missed by waking early; -1 waits for ever.
int time_left(Deadline deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

Result<void> wait(int descriptor, short events, Deadline deadline) {
  for (;;) {
    pollfd entry{.fd = descriptor, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, time_left(deadline));
    if (ready > 0) return {};
    if (ready == 0) return fail(Code::timed_out);
    if (errno != EINTR) return fail(Code::io_failed, words(errno));
  }
}

Result<Addresses> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error == 0) return Addresses(found, ::freeaddrinfo);
  const int system_error = errno;
  return fail(Code::name_not_resolved,
              host + ": " + (error == EAI_SYSTEM ? words(system_error) : ::gai_strerror(error)));
}

// Such as "192.0.2.1:443" or "[2001:db8::1]:443".
std::string text(const addrinfo& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(address.ai_addr, address.ai_addrlen, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "an address";
  const std::string name = host.data();
  return (address.ai_family == AF_INET6 ? "[" + name + "]:" : name + ":") + port.data();
}

Result<void> finish_connect(int descriptor, Deadline deadline) {
  if (auto ready = wait(descriptor, POLLOUT, deadline); !ready) return ready;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return fail(Code::connect_failed, words(error));
  return {};
}

Result<Descriptor> connect(const addrinfo& address, Deadline deadline) {
  Descriptor descriptor(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor.is_open()) return fail(Code::connect_failed, words(errno));
  // An interrupted connect goes on by itself, like one in progress.
  if (::connect(descriptor.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return fail(Code::connect_failed, words(errno));
    if (auto finished = finish_connect(descriptor.get(), deadline); !finished) return std::unexpected(finished.error());
  }
  // Records are sent whole: waiting for more to send only delays them.
  const int on = 1;
  (void)::setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags < 0 || ::fcntl(descriptor.get(), F_SETFL, flags & ~O_NONBLOCK) != 0)
    return fail(Code::io_failed, words(errno));
  return descriptor;
}

// Leaves time for the addresses that are still to come.
Deadline share(Deadline deadline, long addresses_left) {
  if (!deadline) return {};
  const auto now = steady_clock::now();
  return now + (*deadline - now) / addresses_left;
}

}  // namespace

Descriptor::~Descriptor() {
  if (is_open()) ::close(value_);
}

Deadline deadline_in(milliseconds timeout) {
  if (timeout == milliseconds::zero()) return {};
  return steady_clock::now() + timeout;
}

Result<Descriptor> connect(const std::string& host, std::uint16_t port, Deadline deadline) {
  auto addresses = resolve(host, port);
  if (!addresses) return std::unexpected(std::move(addresses.error()));
  long left = 0;
  for (const auto* address = addresses->get(); address != nullptr; address = address->ai_next) ++left;

  std::string reasons;
  auto code = Code::timed_out;
  for (const auto* address = addresses->get(); address != nullptr; address = address->ai_next, --left) {
    auto connected = connect(*address, share(deadline, left));
    if (connected) return connected;
    const auto& error = connected.error();
    if (error.code != Code::timed_out) code = Code::connect_failed;
    if (!reasons.empty()) reasons += "; ";
    reasons += text(*address) + ": " + (error.code == Code::timed_out ? "no answer in time" : error.detail);
  }
  return fail(code, reasons);
}

Result<void> wait_readable(int descriptor, Deadline deadline) { return wait(descriptor, POLLIN, deadline); }

Result<std::size_t> receive(int descriptor, std::span<std::byte> into, Deadline deadline) {
  for (;;) {
    const auto count = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return fail(Code::io_failed, words(errno));
    if (auto ready = wait(descriptor, POLLIN, deadline); !ready) return std::unexpected(std::move(ready.error()));
  }
}

Result<std::size_t> send(int descriptor, std::span<const std::byte> bytes, Deadline deadline) {
  for (;;) {
    const auto count = ::send(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return fail(Code::io_failed, words(errno));
    if (auto ready = wait(descriptor, POLLOUT, deadline); !ready) return std::unexpected(std::move(ready.error()));
  }
}

}  // namespace sotto::tcp
