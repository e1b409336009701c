/// \file
/// Arithmetic on secrets without branches and without memory accesses that depend on them. Decisions are masks: all
/// ones for yes, zero for no.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace sotto::crypto::constant_time {

using Mask = std::uint64_t;

/// Returns `value` in a way that the compiler cannot see through: what it knows to be 0 or all ones it may turn into a
/// branch, and a difference of a counter and a secret into a part of an address.
[[nodiscard]] inline std::uint64_t hidden(std::uint64_t value) {
  __asm__("" : "+r"(value));
  return value;
}

/// Spreads the highest bit over the whole word.
[[nodiscard]] inline Mask spread_top_bit(std::uint64_t value) { return hidden(std::uint64_t{0} - (value >> 63)); }
[[nodiscard]] inline Mask is_zero(std::uint64_t value) { return spread_top_bit(~value & (value - 1)); }
[[nodiscard]] inline Mask are_equal(std::uint64_t left, std::uint64_t right) {
  return is_zero(hidden(left) ^ hidden(right));
}
[[nodiscard]] inline Mask is_less(std::uint64_t left, std::uint64_t right) {
  left = hidden(left);
  right = hidden(right);
  return spread_top_bit(left ^ ((left ^ right) | ((left - right) ^ right)));
}
[[nodiscard]] inline Mask is_at_least(std::uint64_t left, std::uint64_t right) { return ~is_less(left, right); }
[[nodiscard]] inline std::uint64_t select(Mask mask, std::uint64_t if_ones, std::uint64_t if_zero) {
  return (mask & if_ones) | (~mask & if_zero);
}
[[nodiscard]] inline std::uint8_t select_octet(Mask mask, std::uint8_t if_ones, std::uint8_t if_zero) {
  return static_cast<std::uint8_t>(select(mask, if_ones, if_zero));
}

/// Compares octets; the lengths are no secret.
[[nodiscard]] inline Mask are_same(View left, View right) {
  std::uint64_t difference = left.size() ^ right.size();
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i)
    difference |= static_cast<std::uint64_t>(left[i] ^ right[i]);
  return is_zero(difference);
}

/// Puts `substitute` into `secret`, which is as long, unless `keep` is all ones.
inline void replace_unless(Mask keep, View substitute, MutableView secret) {
  for (std::size_t i = 0; i < secret.size() && i < substitute.size(); ++i)
    secret[i] = select_octet(keep, secret[i], substitute[i]);
}

}  // namespace sotto::crypto::constant_time
