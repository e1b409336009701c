#include "text.hpp"

#include <charconv>
#include <cstdint>
#include <ctime>
#include <optional>

#include <fmt/format.h>

namespace program {
namespace {

struct Character {
  char32_t value;
  std::size_t octets;
};

// RFC 3629, 3: the shortest form only, and no surrogates.
std::optional<Character> decode_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = at(0);
  if (first < 0x80) return Character{first, 1};
  const std::size_t octets = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < octets) return std::nullopt;
  char32_t value = first & (0x7fu >> octets);
  for (std::size_t i = 1; i < octets; ++i) {
    if ((at(i) & 0xc0) != 0x80) return std::nullopt;
    value = (value << 6) | (at(i) & 0x3fu);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[octets] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
  return Character{value, octets};
}

bool is_harmless(char32_t value) {
  const bool control = value < 0x20 || (value >= 0x7f && value <= 0x9f);
  const bool line_break = value == 0x2028 || value == 0x2029;
  const bool direction = value == 0x200e || value == 0x200f || value == 0x061c ||
                         (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
  return !control && !line_break && !direction;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto character = decode_utf8(text);
    const auto octets = character ? character->octets : 1;
    if (character && is_harmless(character->value)) {
      result += text.substr(0, octets);
    } else {
      for (const char octet : text.substr(0, octets))
        result += fmt::format("\\x{:02x}", static_cast<unsigned char>(octet));
    }
    text.remove_prefix(octets);
  }
  return result;
}

Outcome<std::chrono::milliseconds> parse_duration(std::string_view text, const std::string& name) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::int64_t milliseconds = unit == "ms"                  ? 1
                                    : unit == "s" || unit.empty() ? 1000
                                    : unit == "m"                 ? 60'000
                                    : unit == "h"                 ? 3'600'000
                                                                  : 0;
  if (error != std::errc() || milliseconds == 0)
    return failure(ExitCode::usage,
                   fmt::format("{}: '{}' is not a duration such as 500ms, 30s, 10m or 1h", name, printable(text)));
  return std::chrono::milliseconds(count * milliseconds);
}

Outcome<std::chrono::milliseconds> parse_timeout(std::string_view text, const std::string& name) {
  auto time = parse_duration(text, name);
  if (time && time->count() == 0) return failure(ExitCode::usage, fmt::format("{} must be more than 0", name));
  return time;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    if (const auto part = trimmed(text.substr(0, comma)); !part.empty()) parts.emplace_back(part);
    if (comma == text.npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> split_lists(const std::vector<std::string>& texts) { return split_list(join(texts, ",")); }

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string result;
  for (const auto& part : parts) {
    if (!result.empty()) result += between;
    result += part;
  }
  return result;
}

std::string format_time(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "an unknown time";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace program
