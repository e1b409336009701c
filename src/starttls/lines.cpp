#include "starttls/lines.hpp"

#include <algorithm>
#include <utility>

namespace sotto::inline v0::starttls::detail {
namespace {

/// RFC 9051 advises 8192 octets for IMAP; the other protocols allow less, and say less.
constexpr std::size_t longest_line = 8192;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<std::size_t> LineReader::take(View in) {
  std::size_t used = 0;
  while (used < in.size() && !complete_) {
    const auto octet = static_cast<char>(in[used++]);
    if (after_cr_ && octet != '\n') return fail(Code::starttls_malformed, "a CR without LF");
    if (!after_cr_ && octet == '\n') return fail(Code::starttls_malformed, "a LF without CR");
    if (octet == '\0') return fail(Code::starttls_malformed, "a NUL character");
    complete_ = after_cr_;
    after_cr_ = octet == '\r';
    if (!after_cr_ && !complete_) line_ += octet;
    if (line_.size() > longest_)
      return fail(Code::starttls_line_too_long, "more than " + std::to_string(longest_) + " octets");
  }
  return used;
}

std::string LineReader::next() {
  complete_ = after_cr_ = false;
  return std::exchange(line_, {});
}

LineDialogue::LineDialogue(Protocol protocol, Role role, std::string_view first_step, Turns turns)
    : Dialogue(protocol, role, first_step), reader_(longest_line), turns_(turns) {}

Result<std::size_t> LineDialogue::take(View in) {
  std::size_t used = 0;
  while (used < in.size() && is_talking()) {
    const auto taken = reader_.take(in.subspan(used));
    if (!taken) return taken;
    used += *taken;
    if (!reader_.has_line()) break;
    if (auto counted = count_message(); !counted) return std::unexpected(counted.error());
    const bool owed_nothing = output().empty();
    if (auto read = on_line(reader_.next()); !read) return std::unexpected(read.error());
    // A reply that is there before its command was sent answers something else.
    const bool asked_now = owed_nothing && !output().empty();
    if (role() == Role::client && turns_ == Turns::strict && asked_now && used < in.size()) return injected();
  }
  return used;
}

bool same_text(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

bool starts_with_text(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && same_text(text.substr(0, start.size()), start);
}

bool has_word(std::string_view text, std::string_view word) {
  while (!text.empty())
    if (same_text(take_word(text), word)) return true;
  return false;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

std::optional<ReplyLine> parse_reply(std::string_view line) {
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return std::nullopt;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (line.size() == 3) return ReplyLine{code, true, {}};
  if (line[3] != ' ' && line[3] != '-') return std::nullopt;
  return ReplyLine{code, line[3] == ' ', line.substr(4)};
}

std::unexpected<Error> malformed(std::string_view line) {
  return fail(Code::starttls_malformed, '"' + words(line) + '"');
}

std::unexpected<Error> wrong_greeting(std::string_view line) {
  return fail(Code::starttls_wrong_greeting, '"' + words(line) + '"');
}

}  // namespace sotto::inline v0::starttls::detail
