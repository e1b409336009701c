#include "net/dial.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

#include <fmt/format.h>

#include "net/address.hpp"
#include "net/exhaustion.hpp"
#include "text.hpp"

namespace program {
namespace {

/// Returns 0 or an errno.
int connect_within(int socket, const Address& address, std::chrono::milliseconds limit) {
  if (::connect(socket, address.get(), address.length) == 0) return 0;
  // POSIX, connect(): what was interrupted goes on like what is in progress.
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  pollfd waiting{socket, POLLOUT, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ETIMEDOUT;
    const auto ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), INT_MAX)));
    if (ready < 0 && errno != EINTR) return errno;
    if (ready > 0) break;
  }
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/// Why no address of a peer could be reached.
class Attempts {
 public:
  void add(const Address& address, int error) {
    same_ = same_ && (all_.empty() || error == error_);
    error_ = error;
    if (!all_.empty()) all_ += "; ";
    all_ += fmt::format("{}: {}", address.text(), std::system_category().message(error));
  }
  /// Names the addresses where they have failed in different ways.
  [[nodiscard]] Failure failure(const Endpoint& endpoint) const {
    const auto why = same_ ? std::system_category().message(error_) : all_;
    return {exit_code_of_call(error_), fmt::format("no connection to {}: {}", endpoint.text(), why)};
  }

 private:
  std::string all_;
  bool same_ = true;
  int error_ = 0;
};

}  // namespace

Outcome<Dialled> dial(const Endpoint& endpoint, std::chrono::milliseconds limit) {
  const auto addresses = resolve_peer(endpoint);
  if (!addresses) return std::unexpected(addresses.error());
  Attempts attempts;
  for (const auto& address : *addresses) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int error = socket ? connect_within(socket.value(), address, limit) : errno;
    if (error != 0) {
      attempts.add(address, error);
      continue;
    }
    const int on = 1;
    ::setsockopt(socket.value(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return Dialled{std::move(socket), address.text()};
  }
  return std::unexpected(attempts.failure(endpoint));
}

}  // namespace program
