/// \file
/// Greetings: what a server says before it is asked, in the protocols where it speaks first.
#pragma once

#include <string>
#include <string_view>

#include "starttls/lines.hpp"

namespace sotto::inline v0::starttls::detail {

/// What one line of a greeting says.
enum class GreetingVerdict : std::uint8_t { goes_on, complete, turns_away };
enum class GreetingLine : std::uint8_t { first, later };
/// Judges one line; `starttls_wrong_greeting`, `starttls_preauthenticated`.
using JudgeGreeting = Result<GreetingVerdict> (*)(std::string_view line, GreetingLine which);

/// Runs a client that is greeted, line by line, and then asks for TLS.
class GreetedClient : public LineDialogue {
 protected:
  GreetedClient(Protocol protocol, JudgeGreeting judge)
      : LineDialogue(protocol, Role::client, "waiting for the greeting"), judge_(judge) {}

  /// The greeting has come, `text` with its line ends: says the first command.
  virtual void on_greeting(std::string text) = 0;
  virtual Result<void> on_reply(const std::string& line) = 0;

 private:
  Result<void> on_line(const std::string& line) final;
  JudgeGreeting judge_;
  std::string text_;
  bool greeted_ = false;
};

/// Reads a greeting that consists of lines, and stops there.
class GreetingReader final : public GreetedClient {
 public:
  GreetingReader(Protocol protocol, JudgeGreeting judge) : GreetedClient(protocol, judge) {}

 private:
  void on_greeting(std::string text) override {
    keep_greeting(std::move(text));
    upgrade();
  }
  Result<void> on_reply(const std::string& line) override { return malformed(line); }
};

/// Returns the text of a greeting of one line behind its first word, without CR LF; `fallback` if there is none.
[[nodiscard]] std::string greeting_words(std::string_view greeting, std::string_view fallback);

}  // namespace sotto::inline v0::starttls::detail
