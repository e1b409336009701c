#include "starttls/greeting.hpp"

#include <utility>

namespace sotto::inline v0::starttls::detail {

Result<void> GreetedClient::on_line(const std::string& line) {
  if (greeted_) return on_reply(line);
  const auto verdict = judge_(line, text_.empty() ? GreetingLine::first : GreetingLine::later);
  if (!verdict) return std::unexpected(verdict.error());
  text_ += line + "\r\n";
  if (*verdict == GreetingVerdict::turns_away) refuse(line);
  if (*verdict != GreetingVerdict::complete) return {};
  greeted_ = true;
  on_greeting(std::exchange(text_, {}));
  return {};
}

std::string greeting_words(std::string_view greeting, std::string_view fallback) {
  greeting = greeting.substr(0, greeting.find('\r'));
  take_word(greeting);
  return words(greeting.empty() ? fallback : greeting);
}

}  // namespace sotto::inline v0::starttls::detail
