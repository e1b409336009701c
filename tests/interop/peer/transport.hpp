// TCP for sotto_peer: sockets that never block longer than a timeout.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <sotto/buffer.hpp>
#include <sotto/error.hpp>

namespace peer {

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  static sotto::Result<Socket> connect(const std::string& host, const std::string& port);
  static sotto::Result<Socket> listen(const std::string& host, const std::string& port);
  [[nodiscard]] sotto::Result<Socket> accept() const;
  [[nodiscard]] std::uint16_t local_port() const;

  // What one round of moving bytes did.
  struct Moved {
    std::size_t received = 0;
    bool ended = false;  // the peer's side of the transport is at its end
  };
  // Waits until bytes can be moved, then sends from `out` and receives into `in` what goes without waiting.
  sotto::Result<Moved> move(sotto::Buffer& out, sotto::Buffer& in, std::chrono::milliseconds timeout);
  // Ends our direction and waits for the peer to end its own, so that what we sent last, an alert, arrives.
  void finish(std::chrono::milliseconds timeout);
  void close();

 private:
  int descriptor_;
};

}  // namespace peer
