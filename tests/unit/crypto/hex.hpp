/// \file
/// Hexadecimal text in tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace sotto {

inline Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline std::string to_hex(View bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto octet : bytes) {
    text += digits[octet >> 4];
    text += digits[octet & 15U];
  }
  return text;
}

}  // namespace sotto
