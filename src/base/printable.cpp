#include "base/printable.hpp"

#include <cstddef>
#include <cstdint>

namespace sotto {
namespace {

struct Character {
  std::size_t octets = 1;
  bool visible = false;
};

bool is_visible(std::uint32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0)) return false;
  // Marks and overrides of the writing direction, line and paragraph separators, the byte order mark.
  if (code_point == 0x061c || (code_point >= 0x200b && code_point <= 0x200f)) return false;
  if (code_point >= 0x2028 && code_point <= 0x202e) return false;
  if (code_point >= 0x2060 && code_point <= 0x206f) return false;
  return code_point != 0xfeff;
}

// RFC 3629, 3 and 4: the shortest form only, no surrogates, at most U+10FFFF.
Character next_character(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = octet(0);
  if (first < 0x80) return {1, is_visible(first)};
  const std::size_t octets = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < octets) return {};
  std::uint32_t code_point = first & (0xffu >> (octets + 1));
  for (std::size_t i = 1; i < octets; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return {};
    code_point = code_point << 6 | (octet(i) & 0x3fu);
  }
  const bool shortest = octets == 2 || code_point >= (octets == 3 ? 0x800u : 0x10000u);
  if (!shortest || code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) return {};
  return {octets, is_visible(code_point)};
}

void append_escaped(std::string& out, std::string_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : octets) {
    const auto octet = static_cast<std::uint8_t>(c);
    out.append("\\x").append(1, digits[octet >> 4]).append(1, digits[octet & 0x0f]);
  }
}

void append_marks(std::string& out, std::string_view octets) { out.append(octets.size(), '?'); }

std::string replace_invisible(std::string_view text, void (*replace)(std::string& out, std::string_view octets)) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [octets, visible] = next_character(text);
    if (visible) {
      out.append(text.substr(0, octets));
    } else {
      replace(out, text.substr(0, octets));
    }
    text.remove_prefix(octets);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return replace_invisible(text, append_escaped); }

std::string with_marks_for_unprintable(std::string_view text) { return replace_invisible(text, append_marks); }

}  // namespace sotto
