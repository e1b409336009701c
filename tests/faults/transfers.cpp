// Loaded into a program by LD_PRELOAD, these make the calls of the kernel fail as they may: signals interrupt them,
// they move less than was asked for, peers reset, tables are full. plan.hpp says what SOTTO_FAULTS means.
//
// Only what the program says to peers and to people is troubled (sockets, standard input and output), and the files
// that it writes, not the event loop's own pipes and timers.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "plan.hpp"

using faults::fail;
using faults::happens;
using faults::next_number;
using faults::original;
using faults::plan;
using faults::standing_error;

namespace {

bool is_socket(int descriptor) {
  struct stat facts{};
  return ::fstat(descriptor, &facts) == 0 && S_ISSOCK(facts.st_mode);
}
bool is_file(int descriptor) {
  struct stat facts{};
  return ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}
bool is_troubled(int descriptor) { return descriptor == 0 || descriptor == 1 || is_socket(descriptor); }
bool never_waits(int descriptor) { return (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0; }

/// Returns the errno that a transfer fails with, or 0.
int trouble(int descriptor) {
  if (happens(plan().eintr)) return EINTR;
  if (happens(plan().eagain) && never_waits(descriptor)) return EAGAIN;
  if (happens(plan().reset) && is_socket(descriptor)) return ECONNRESET;
  return 0;
}
std::size_t shortened(std::size_t count) {
  return count > 1 && happens(plan().short_ones) ? 1 + next_number() % (count - 1) : count;
}

/// Cuts a list of buffers to fewer octets.
struct Cut {
  std::array<iovec, 64> parts{};
  int count = 0;

  Cut(const iovec* from, std::size_t have) {
    std::size_t all = 0;
    for (std::size_t i = 0; i < have; ++i) all += from[i].iov_len;
    auto left = shortened(all);
    for (std::size_t i = 0; i < have && i < parts.size() && left != 0; ++i) {
      auto& part = parts[static_cast<std::size_t>(count++)];
      part = from[i];
      part.iov_len = std::min(part.iov_len, left);
      left -= part.iov_len;
    }
  }
};

template <class Call>
auto transfer(int descriptor, std::size_t count, const Call& call) -> decltype(call(count)) {
  if (!is_troubled(descriptor)) return call(count);
  if (const int error = trouble(descriptor); error != 0) return fail(error);
  return call(shortened(count));
}
template <class Call>
auto transfer_parts(int descriptor, const iovec* parts, std::size_t count, const Call& call)
    -> decltype(call(parts, 0)) {
  if (!is_troubled(descriptor) || count == 0) return call(parts, static_cast<int>(count));
  if (const int error = trouble(descriptor); error != 0) return fail(error);
  const Cut cut(parts, count);
  return call(cut.parts.data(), cut.count);
}

/// Returns the errno that a file cannot be written with, or 0.
int storage_error(int descriptor) {
  if (!is_file(descriptor)) return 0;
  return happens(plan().opening) ? EINTR : standing_error(plan().storing, "write");
}

}  // namespace

extern "C" {

ssize_t read(int descriptor, void* buffer, size_t count) {
  static auto* const real = original<decltype(read)>("read");
  return transfer(descriptor, count, [&](size_t less) { return real(descriptor, buffer, less); });
}
ssize_t write(int descriptor, const void* buffer, size_t count) {
  static auto* const real = original<decltype(write)>("write");
  if (const int error = storage_error(descriptor); error != 0) return fail(error);
  return transfer(descriptor, count, [&](size_t less) { return real(descriptor, buffer, less); });
}
ssize_t recv(int descriptor, void* buffer, size_t count, int flags) {
  static auto* const real = original<decltype(recv)>("recv");
  return transfer(descriptor, count, [&](size_t less) { return real(descriptor, buffer, less, flags); });
}
ssize_t send(int descriptor, const void* buffer, size_t count, int flags) {
  static auto* const real = original<decltype(send)>("send");
  return transfer(descriptor, count, [&](size_t less) { return real(descriptor, buffer, less, flags); });
}
ssize_t readv(int descriptor, const iovec* parts, int count) {
  static auto* const real = original<decltype(readv)>("readv");
  return transfer_parts(descriptor, parts, static_cast<size_t>(count),
                        [&](const iovec* fewer, int left) { return real(descriptor, fewer, left); });
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
  static auto* const real = original<decltype(writev)>("writev");
  return transfer_parts(descriptor, parts, static_cast<size_t>(count),
                        [&](const iovec* fewer, int left) { return real(descriptor, fewer, left); });
}
ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  static auto* const real = original<decltype(recvmsg)>("recvmsg");
  return transfer_parts(descriptor, message->msg_iov, message->msg_iovlen, [&](const iovec* fewer, int left) {
    auto changed = *message;
    changed.msg_iov = const_cast<iovec*>(fewer);
    changed.msg_iovlen = static_cast<size_t>(left);
    const auto got = real(descriptor, &changed, flags);
    message->msg_flags = changed.msg_flags;
    message->msg_namelen = changed.msg_namelen;
    message->msg_controllen = changed.msg_controllen;
    return got;
  });
}
ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static auto* const real = original<decltype(sendmsg)>("sendmsg");
  return transfer_parts(descriptor, message->msg_iov, message->msg_iovlen, [&](const iovec* fewer, int left) {
    auto changed = *message;
    changed.msg_iov = const_cast<iovec*>(fewer);
    changed.msg_iovlen = static_cast<size_t>(left);
    return real(descriptor, &changed, flags);
  });
}

int fsync(int descriptor) {
  static auto* const real = original<decltype(fsync)>("fsync");
  if (happens(plan().opening)) return fail(EINTR);
  const int error = standing_error(plan().storing, "fsync");
  return error != 0 ? fail(error) : real(descriptor);
}

int accept(int descriptor, sockaddr* address, socklen_t* length) {
  static auto* const real = original<decltype(accept)>("accept");
  if (const int error = standing_error(plan().accepting, {}); error != 0) return fail(error);
  return happens(plan().eintr) ? fail(EINTR) : real(descriptor, address, length);
}
int accept4(int descriptor, sockaddr* address, socklen_t* length, int flags) {
  static auto* const real = original<decltype(accept4)>("accept4");
  if (const int error = standing_error(plan().accepting, {}); error != 0) return fail(error);
  return happens(plan().eintr) ? fail(EINTR) : real(descriptor, address, length, flags);
}
int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  static auto* const real = original<decltype(epoll_wait)>("epoll_wait");
  return happens(plan().eintr) ? fail(EINTR) : real(epoll, events, most, timeout);
}
int poll(pollfd* waiting, nfds_t count, int timeout) {
  static auto* const real = original<decltype(poll)>("poll");
  return happens(plan().eintr) ? fail(EINTR) : real(waiting, count, timeout);
}

// The forms that _FORTIFY_SOURCE makes of them.
ssize_t __read_chk(int descriptor, void* buffer, size_t count, size_t) { return read(descriptor, buffer, count); }
ssize_t __recv_chk(int descriptor, void* buffer, size_t count, size_t, int flags) {
  return recv(descriptor, buffer, count, flags);
}
int __poll_chk(pollfd* waiting, nfds_t count, int timeout, size_t) { return poll(waiting, count, timeout); }

}  // extern "C"
