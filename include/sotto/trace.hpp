/// \file
/// The handshake as it happens, for people and tools: who said what, and the key log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Says which way something went, seen from this end.
enum class Direction : std::uint8_t { sent, received };

/// Describes one thing that was said.
struct SOTTO_API TraceEvent {
  /// What kind of thing: a handshake message, an alert, a change_cipher_spec record, or new keys in one direction.
  enum class Kind : std::uint8_t { handshake_message, alert, change_cipher_spec, new_keys };
  Kind kind = Kind::handshake_message;
  Direction direction = Direction::sent;
  /// The RFC's name: "ClientHello", "HelloRetryRequest", "close_notify", "handshake keys".
  std::string_view name;
  /// Octets of the message, its header included; 0 for keys.
  std::size_t octets = 0;
  /// The fields in order, in words. Never a secret.
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Receives what is said on a connection, in order, from within `receive`, `write` and their kin.
class SOTTO_API Trace {
 public:
  virtual ~Trace() = default;
  virtual void on(const TraceEvent& event) = 0;
};

namespace danger {

/// Receives the secrets of connections, one line each in the SSLKEYLOGFILE format. Whoever has them can read all
/// traffic. Implementations must be safe to call from several threads. Source: RFC 9850.
class SOTTO_API KeyLog {
 public:
  virtual ~KeyLog() = default;
  /// `line`: without newline.
  virtual void write(std::string_view line) = 0;
};

/// Returns a key log that appends to `file`, created with mode 0600.
[[nodiscard]] SOTTO_API Result<std::shared_ptr<KeyLog>> key_log_file(const std::string& file);

}  // namespace danger
}  // namespace sotto::inline v0
