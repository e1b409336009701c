/// \file
/// The TCP connection to the runner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sotto/buffer.hpp>

namespace sotto::bogo {

/// Connects to the runner and says which shim this is. Errors of the connection are taken for its end.
class Transport {
 public:
  Transport(int port, bool ipv6, std::uint64_t shim_id);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  /// Closes our half and reads the other to its end: unread octets would make the kernel reset the connection, and
  /// with it what we said last.
  ~Transport();

  /// Waits for input and appends it to `in`; false at the end of the stream.
  [[nodiscard]] bool read(Buffer& in);
  /// Sends and drops all of `out`.
  void write(Buffer& out);

 private:
  void send_all(std::span<const std::byte> octets);
  int socket_ = -1;
};

}  // namespace sotto::bogo
