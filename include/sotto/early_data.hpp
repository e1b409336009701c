/// \file
/// 0-RTT early data: what a client says with its first flight, before the server has answered. Off unless asked for.
///
/// Early data has weaker protection than all other data: whoever recorded it can send it to the server again, and it
/// has no forward secrecy towards the ticket it is sent under. Use it only for requests that do no harm when they are
/// carried out twice. Source: RFC 8446, 2.3, 8 and E.5.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Data that may be carried out more than once without harm. Making one says that the caller knows: an attacker can
/// replay it. Borrows `data`.
class ReplayableData {
 public:
  explicit ReplayableData(std::span<const std::byte> data) : data_(data) {}
  [[nodiscard]] std::span<const std::byte> bytes() const { return data_; }

 private:
  std::span<const std::byte> data_;
};

/// Says whether one connection may use early data: a client offers it if its session allows that, a server accepts it
/// if its configuration allows that.
enum class EarlyDataUse : std::uint8_t { forbidden, allowed };

/// Says what became of early data on a connection.
enum class EarlyDataStatus : std::uint8_t { not_offered, accepted, rejected };

/// Says why early data was accepted, rejected, or not offered.
enum class EarlyDataReason : std::uint8_t {
  unknown,                  ///< not decided yet
  disabled,                 ///< this side does not want any
  accepted,                 ///< it was accepted
  protocol_version,         ///< TLS 1.2 has none
  peer_declined,            ///< the peer resumed the session, but did not offer or accept early data
  no_session_offered,       ///< the client has no session for this server
  session_not_resumed,      ///< the server did not resume the session, or not the one that was offered first
  unsupported_for_session,  ///< the session's ticket allows none
  hello_retry_request,      ///< the server asked for another ClientHello
  cipher_suite_mismatch,    ///< another cipher suite was negotiated than the session's
  alpn_mismatch,            ///< another application protocol was negotiated than the session's
  ticket_age_skew,          ///< the ClientHello took too long, or a clock is wrong
  replayed,                 ///< the ClientHello was seen before, or nobody can tell
};
/// Returns the name of `reason` as it is written in this header.
[[nodiscard]] SOTTO_API std::string to_string(EarlyDataReason reason);

/// Describes one ClientHello with early data, as a `ReplayGuard` sees it.
struct SOTTO_API EarlyDataAttempt {
  using Time = std::chrono::system_clock::time_point;
  /// Identifies the ClientHello; an attacker can neither change it nor choose it.
  std::array<std::byte, 32> id{};
  /// When the server issued the ticket, by its own clock.
  Time ticket_issued;
  /// When the ClientHello arrived.
  Time now;
  /// Up to when the same ClientHello would not be refused for its age; after that it can be forgotten.
  Time valid_until;
};

/// Answers the question whether a ClientHello with early data comes for the first time. Servers that can open each
/// other's tickets must share one, or the same early data is accepted once by each of them. Implementations must be
/// safe to call from several threads, and must answer no whenever they are not sure. Source: RFC 8446, 8.1 and 8.2.
class SOTTO_API ReplayGuard {
 public:
  virtual ~ReplayGuard() = default;
  /// Returns true once for each `attempt.id`, and false ever after, at least up to `attempt.valid_until`.
  [[nodiscard]] virtual bool is_first(const EarlyDataAttempt& attempt) = 0;
};

/// Returns a guard in the memory of this process, for up to `attempts` at a time; further ones are refused until others
/// can be forgotten. It knows nothing of what was before it, so it refuses tickets issued before it was made, by `now`.
/// RFC 8446, 8.2: an implementation that has just started must not accept what it might have accepted before.
[[nodiscard]] SOTTO_API std::shared_ptr<ReplayGuard> make_memory_replay_guard(
    std::size_t attempts = 65536, std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace sotto::inline v0
