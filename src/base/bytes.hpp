/// \file
/// The byte views used inside the library, and the way to and from the public std::byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace sotto {

using View = std::span<const std::uint8_t>;
using MutableView = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

inline View as_view(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}
inline MutableView as_view(std::span<std::byte> bytes) {
  return {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}
inline View as_view(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline std::span<const std::byte> as_public(View bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}
inline std::span<std::byte> as_public(MutableView bytes) {
  return {reinterpret_cast<std::byte*>(bytes.data()), bytes.size()};
}
inline std::string_view as_text(View bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Owns a copy of `bytes`.
inline Bytes own(View bytes) { return {bytes.begin(), bytes.end()}; }
inline std::vector<std::byte> own_public(View bytes) {
  auto view = as_public(bytes);
  return {view.begin(), view.end()};
}

/// Compares bytes that are not secret.
inline bool same(View left, View right) {
  return left.size() == right.size() && (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

/// Copies `from` to the start of `to`; as much as fits.
inline std::size_t copy(View from, MutableView to) {
  const auto count = from.size() < to.size() ? from.size() : to.size();
  if (count != 0) std::memcpy(to.data(), from.data(), count);
  return count;
}

}  // namespace sotto
