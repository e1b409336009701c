/// \file
/// One connection over its transport: octets and questions go to and fro until something happens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sotto/connection.hpp>

#include "answers.hpp"
#include "transport.hpp"

namespace sotto::bogo {

class Conversation {
 public:
  Conversation(const Setup& setup, Transport& transport);

  /// Runs until the handshake is done or, at a server, until early data comes: it may be answered at once.
  void shake_hands();
  /// Runs until that message of the peer's handshake has been received.
  void shake_hands_up_to(int message);
  /// Sends early data.
  void write_early(std::string_view data);
  /// Returns what comes next of the peer's data, `most` octets at the most; nothing at the end, clean or not.
  [[nodiscard]] std::optional<std::string> read(std::size_t most);
  /// Returns what `read` will, and leaves it there.
  [[nodiscard]] std::optional<std::string> peek(std::size_t most);
  void write(std::string_view data);
  /// Says close_notify.
  void close();
  /// Waits for the peer's close_notify, which must come without data before it.
  void expect_close();
  void abort(Alert alert);
  void update_keys();

  [[nodiscard]] bool is_done() const { return done_; }
  [[nodiscard]] Connection& connection() { return connection_; }
  [[nodiscard]] const Connection& connection() const { return connection_; }
  [[nodiscard]] const Answers& answers() const { return answers_; }

 private:
  [[noreturn]] void fail_at_end();
  /// Takes one step; false where it needs input that the transport has no more of.
  bool step();
  void note(const Event& event);
  [[nodiscard]] bool fetch(std::size_t at_least);
  /// Answers whether a session may be offered, before anything is sent.
  void answer_early_question();
  [[noreturn]] void give_up(const Error& error);

  Transport& transport_;
  const Watcher& watcher_;
  bool octet_by_octet_;
  Buffer arrived_;  // from the transport, not yet given to the connection
  Buffer in_;
  Buffer out_;
  Answers answers_;
  Connection connection_;
  std::string data_;  // received, not yet read
  bool done_ = false;
  bool early_data_came_ = false;
};

}  // namespace sotto::bogo
