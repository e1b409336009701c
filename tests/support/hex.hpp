/// \file
/// Hexadecimal text to bytes and back, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::test {

inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

template <class Range>
std::string to_hex(const Range& bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    const auto octet = static_cast<unsigned>(byte) & 0xff;
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

}  // namespace sotto::test
