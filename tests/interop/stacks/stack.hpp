// What a small peer needs of a TLS library. Each program links one file that has this; whatever fails throws
// std::runtime_error with the library's words.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "options.hpp"

namespace stack {

// What was agreed on.
struct Facts {
  std::string version;  // "1.2" or "1.3"
  std::uint16_t suite = 0;
  bool resumed = false;
  std::string alpn;
  bool has_certificate = false;  // of the other side
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void shake_hands() = 0;
  [[nodiscard]] virtual Facts facts() = 0;
  virtual void write(std::span<const unsigned char> data) = 0;
  // Returns how many octets came; none after close_notify, and only then.
  virtual std::size_t read(std::span<unsigned char> space) = 0;
  // Says close_notify. What a later connection may resume is kept by the library.
  virtual void close() = 0;
  virtual void renegotiate() = 0;
  virtual void update_keys() = 0;
};

// The configuration that all connections of a program share, and the sessions.
class Library {
 public:
  virtual ~Library() = default;
  [[nodiscard]] virtual std::unique_ptr<Connection> open(int socket) = 0;
};

std::unique_ptr<Library> make_library(const Options& options);

}  // namespace stack
