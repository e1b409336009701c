/// \file
/// What every dialogue before TLS is made of: a state, output, bounds, and the rule that nothing outlives the upgrade.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sotto/starttls.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::inline v0::starttls::detail {

/// Whose dialogue it is: it decides what octets behind the end of the dialogue are called.
enum class Role : std::uint8_t { client, server };

/// All octets that one side may say before TLS. A long list of capabilities takes 2 KiB.
inline constexpr std::size_t most_octets = 64 * 1024;
/// All lines, or messages, that one side may say before TLS.
inline constexpr std::size_t most_messages = 200;

/// Runs one dialogue. The public classes of sotto/starttls.hpp own one and say what it says.
class Dialogue {
 public:
  Dialogue(Protocol protocol, Role role, std::string_view first_step);
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  virtual ~Dialogue() = default;

  Result<std::size_t> receive(View in);

  [[nodiscard]] Protocol protocol() const { return protocol_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Buffer& output() { return output_; }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] const std::string& greeting() const { return greeting_; }
  [[nodiscard]] const std::string& request() const { return request_; }
  [[nodiscard]] bool began_at_once() const { return began_at_once_; }
  [[nodiscard]] Error failure() const;
  [[nodiscard]] std::string waiting_for() const;

 protected:
  /// Reads from `in` until the dialogue ends or the input does; returns the octets used.
  virtual Result<std::size_t> take(View in) = 0;

  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] bool is_talking() const { return state_ == State::talking; }

  void send(std::string_view text) { output_.append(sotto::as_bytes(text)); }
  void send(View octets) { output_.append(as_public(octets)); }
  /// Names what is waited for from here on: a literal.
  void wait_for(std::string_view step) { step_ = step; }
  void upgrade() { state_ = State::upgrade_now; }
  /// The same where the client does not wait for an answer: a TLS record may follow at once, and is left to TLS.
  void upgrade_before_record();
  void upgrade_at_once();
  /// Ends without TLS; `words` are the other side's, made printable and shortened here.
  void refuse(std::string_view words);
  /// Ends with an error that was found before anything arrived.
  void fail_at_start(Error error);
  /// Keeps what a session behind a gateway may show.
  void keep_greeting(std::string text) { greeting_ = std::move(text); }
  /// Keeps the client's first packet.
  void keep_request(std::string packet) { request_ = std::move(packet); }
  /// Counts one more line or message; `starttls_too_much` after the last that is allowed.
  Result<void> count_message();
  /// Returns the error for octets that stand behind the end of the dialogue, or before their time.
  [[nodiscard]] std::unexpected<Error> injected() const;

 private:
  Result<std::size_t> finish(Result<std::size_t> taken, View in);

  Protocol protocol_;
  Role role_;
  State state_ = State::talking;
  bool began_at_once_ = false;
  bool record_may_follow_ = false;
  std::string_view step_;
  std::size_t octets_ = 0;
  std::size_t messages_ = 0;
  Buffer output_;
  std::string refusal_;
  std::string greeting_;
  std::string request_;
  std::optional<Error> error_;
};

/// The first octet of a TLS record that begins a handshake (RFC 8446, 5.1).
inline constexpr std::uint8_t handshake_record = 22;

/// Returns `text` with what is not printable replaced, cut to a few hundred octets: fit for a message or a log.
[[nodiscard]] std::string words(std::string_view text);

/// Returns the letters, digits, dots, hyphens, colons and brackets of `name`; "localhost" if nothing is left.
[[nodiscard]] std::string safe_name(std::string_view name);

}  // namespace sotto::inline v0::starttls::detail
