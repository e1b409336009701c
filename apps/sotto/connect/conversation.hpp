// One TLS connection over one socket, joined to standard input and output.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <sotto/connection.hpp>

#include "connect/keyboard.hpp"
#include "descriptor.hpp"
#include "failure.hpp"
#include "pkcs11/keys.hpp"

namespace program {

/// Moves the bytes of one connection. Blocks in poll().
class Conversation {
 public:
  /// `token_keys` answer for the credentials whose keys are on tokens.
  Conversation(Descriptor socket, std::string peer, const pkcs11::Keys& token_keys)
      : socket_(std::move(socket)), peer_(std::move(peer)), token_keys_(token_keys) {}

  /// Says `data` before anything else: with the first flight where the session allows it, or else once the handshake is
  /// done. Before `shake_hands`.
  void say_first(std::string data) { first_words_ = std::move(data); }
  /// Shakes hands within `limit`. On error the alert has been sent.
  sotto::Result<void> shake_hands(std::shared_ptr<const sotto::ClientConfig> config, const sotto::ServerName& name,
                                  std::shared_ptr<sotto::Trace> trace, std::chrono::milliseconds limit);

  /// What the end of standard input means: the end of what we send, or nothing.
  enum class OnInputEnd : std::uint8_t { close, keep_open };
  /// Joins standard input and output to the connection until the server closes it. `keyboard`: finds the commands among
  /// the input; without it all is data.
  Outcome<void> join(OnInputEnd on_input_end, std::optional<Keyboard> keyboard);

  /// Reads for at most `limit`, dropping data, until a session came; for --resume without a conversation.
  void wait_for_session(std::chrono::milliseconds limit);
  /// Says goodbye and stops.
  void close();

  [[nodiscard]] const sotto::Summary& summary() const { return connection_->summary(); }
  /// Says whether anything went with the first flight, taken or not.
  [[nodiscard]] bool early_data_was_sent() const { return early_data_was_sent_; }

 private:
  sotto::Result<void> say_early();
  sotto::Result<void> say_again();
  /// Reads once and takes every step that is possible.
  sotto::Result<void> take_input();
  sotto::Result<void> take_steps();
  sotto::Result<void> on_event(const sotto::Event& event);
  /// Sends what the socket takes now.
  sotto::Result<void> send_some();
  void send_the_rest(std::chrono::milliseconds limit);
  bool wait_for(short events, std::chrono::steady_clock::time_point deadline) const;
  sotto::Result<void> take_standard_input(OnInputEnd on_input_end);
  sotto::Result<void> send_typed(std::span<const std::byte> typed);
  void obey(Keyboard::Command command);
  bool write_to_output();
  /// Input waits for what is unsent, and for a renegotiation, which keeps back only so much.
  bool wants_input() const { return input_open_ && out_.empty() && !connection_->is_renegotiating(); }
  std::unexpected<Failure> failed(const sotto::Error& error) const;

  Descriptor socket_;
  std::string peer_;
  const pkcs11::Keys& token_keys_;
  std::optional<std::string> first_words_;  ///< until they are said, and not rejected
  std::optional<sotto::Connection> connection_;
  sotto::Buffer in_;
  sotto::Buffer out_;
  sotto::Buffer received_;  ///< application data for standard output
  std::optional<Keyboard> keyboard_;
  bool early_data_was_sent_ = false;
  bool said_early_ = false;  ///< and not rejected
  bool established_ = false;
  bool peer_closed_ = false;
  bool session_stored_ = false;
  bool input_open_ = true;
  int input_error_ = 0;  // why standard input cannot be read
};

}  // namespace program
