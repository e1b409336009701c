/// \file
/// Dialogues that consist of lines, and the small grammar that such protocols share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "starttls/dialogue.hpp"

namespace sotto::inline v0::starttls::detail {

/// Collects lines that end in CR LF out of pieces. A bare CR, LF or NUL is an error: what one side takes for the end of
/// a line and the other does not is how commands are smuggled.
class LineReader {
 public:
  explicit LineReader(std::size_t longest) : longest_(longest) {}
  /// Takes octets up to and including the end of the line, and returns how many. `starttls_line_too_long`,
  /// `starttls_malformed`.
  Result<std::size_t> take(View in);
  [[nodiscard]] bool has_line() const { return complete_; }
  /// Returns the line without CR LF, and begins the next one.
  [[nodiscard]] std::string next();

 private:
  std::size_t longest_;
  std::string line_;
  bool after_cr_ = false;
  bool complete_ = false;
};

/// Runs a dialogue that consists of lines.
class LineDialogue : public Dialogue {
 protected:
  /// Says whether the other side speaks only when asked, so that more than the answer is an injection.
  enum class Turns : std::uint8_t { strict, free };
  LineDialogue(Protocol protocol, Role role, std::string_view first_step, Turns turns = Turns::strict);

  virtual Result<void> on_line(const std::string& line) = 0;

 private:
  Result<std::size_t> take(View in) final;
  LineReader reader_;
  Turns turns_;
};

/// Compares ASCII text without regard to case.
[[nodiscard]] bool same_text(std::string_view left, std::string_view right);
[[nodiscard]] bool starts_with_text(std::string_view text, std::string_view start);
/// Says whether `word` is among the words of `text`, which blanks separate, without regard to case.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);
/// Takes the first word off `text`, and the blanks behind it.
std::string_view take_word(std::string_view& text);

/// One line of a numeric reply, as SMTP and FTP have them. RFC 5321, 4.2; RFC 959, 4.2.
struct ReplyLine {
  int code = 0;
  bool is_last = true;
  std::string_view text;
};
/// Reads "250-text", "250 text" or "250"; nothing if it is none.
[[nodiscard]] std::optional<ReplyLine> parse_reply(std::string_view line);

/// Returns the error of a line that is none of the protocol's, with the line in its detail.
[[nodiscard]] std::unexpected<Error> malformed(std::string_view line);
[[nodiscard]] std::unexpected<Error> wrong_greeting(std::string_view line);

}  // namespace sotto::inline v0::starttls::detail
