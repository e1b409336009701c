// What gives the program a descriptor, and the calls of peers: sockets, connections, files.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "plan.hpp"

using faults::fail;
using faults::happens;
using faults::next_number;
using faults::original;
using faults::plan;
using faults::standing_error;

namespace {

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_UNIX) return reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  if (address->sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text.data(), text.size());
  if (address->sa_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text.data(), text.size());
  return text.data();
}

const char* family_name(int family) {
  if (family == AF_INET) return "inet";
  if (family == AF_INET6) return "inet6";
  return family == AF_UNIX ? "unix" : "";
}

/// Returns the errno that connecting to `address` fails with, or 0.
int call_error(const sockaddr* address) {
  constexpr auto reasons = std::to_array({ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL});
  if (const int error = standing_error(plan().connecting, text_of(address)); error != 0) return error;
  if (happens(plan().eintr)) return EINTR;
  if (!happens(plan().connect)) return 0;
  return address->sa_family == AF_UNIX ? EAGAIN : reasons[next_number() % reasons.size()];
}

/// Returns the errno that opening `file` fails with, or 0.
int opening_error(const char* file) {
  if (happens(plan().opening)) return EINTR;
  return standing_error(plan().open, file);
}

template <class Call>
int open_by(int flags, std::va_list more, const char* file, const Call& call) {
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : mode_t{};
  if (const int error = opening_error(file); error != 0) return fail(error);
  return call(mode);
}

std::FILE* open_stream(std::FILE* (*real)(const char*, const char*), const char* file, const char* mode) {
  if (const int error = opening_error(file); error != 0) {
    errno = error;
    return nullptr;
  }
  return real(file, mode);
}

}  // namespace

extern "C" {

int socket(int family, int type, int protocol) {
  static auto* const real = original<decltype(socket)>("socket");
  const int error = standing_error(plan().socket, family_name(family));
  return error != 0 ? fail(error) : real(family, type, protocol);
}

/// An interrupted call goes on where there is a network: POSIX, connect().
int connect(int descriptor, const sockaddr* address, socklen_t length) {
  static auto* const real = original<decltype(connect)>("connect");
  const int error = call_error(address);
  if (error == 0) return real(descriptor, address, length);
  if (error != EINTR || address->sa_family == AF_UNIX) return fail(error);
  const bool goes_on = real(descriptor, address, length) == 0 || errno == EINPROGRESS;
  return goes_on ? fail(EINTR) : -1;
}

int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  static auto* const real = original<decltype(getaddrinfo)>("getaddrinfo");
  const int error = real(name, service, hints, found);
  addrinfo* also = nullptr;
  const bool is_name = hints == nullptr || (hints->ai_flags & AI_NUMERICHOST) == 0;
  if (error != 0 || plan().also.empty() || !is_name) return error;
  addrinfo numeric{};
  numeric.ai_socktype = SOCK_STREAM;
  numeric.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  if (real(plan().also.c_str(), service, &numeric, &also) != 0) return 0;
  also->ai_next = *found;  // freeaddrinfo frees one after the other
  *found = also;
  return 0;
}

int open(const char* file, int flags, ...) {
  static auto* const real = original<decltype(open)>("open");
  std::va_list more;
  va_start(more, flags);
  const int result = open_by(flags, more, file, [&](mode_t mode) { return real(file, flags, mode); });
  va_end(more);
  return result;
}
int open64(const char* file, int flags, ...) {
  static auto* const real = original<decltype(open64)>("open64");
  std::va_list more;
  va_start(more, flags);
  const int result = open_by(flags, more, file, [&](mode_t mode) { return real(file, flags, mode); });
  va_end(more);
  return result;
}
int openat(int folder, const char* file, int flags, ...) {
  static auto* const real = original<decltype(openat)>("openat");
  std::va_list more;
  va_start(more, flags);
  const int result = open_by(flags, more, file, [&](mode_t mode) { return real(folder, file, flags, mode); });
  va_end(more);
  return result;
}
int mkostemp(char* name, int flags) {
  static auto* const real = original<decltype(mkostemp)>("mkostemp");
  const int error = standing_error(plan().open, name);
  return error != 0 ? fail(error) : real(name, flags);
}
std::FILE* fopen(const char* file, const char* mode) {
  static auto* const real = original<decltype(fopen)>("fopen");
  return open_stream(real, file, mode);
}
std::FILE* fopen64(const char* file, const char* mode) {
  static auto* const real = original<decltype(fopen64)>("fopen64");
  return open_stream(real, file, mode);
}

}  // extern "C"
