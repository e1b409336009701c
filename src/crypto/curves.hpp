/// \file
/// The NIST curves that TLS 1.3 uses, for key agreement and signatures alike.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/handles.hpp"

namespace sotto::crypto {

enum class Curve : std::uint8_t { p256, p384, p521 };
inline constexpr std::size_t curve_count = 3;

/// Returns libcrypto's name of the curve.
[[nodiscard]] const char* curve_name(Curve curve);
/// Returns the octets of one coordinate: 32, 48 or 66.
[[nodiscard]] constexpr std::size_t field_length(Curve curve) {
  return curve == Curve::p256 ? 32 : curve == Curve::p384 ? 48 : 66;
}
/// Returns the octets of an uncompressed point.
[[nodiscard]] constexpr std::size_t point_length(Curve curve) { return 1 + 2 * field_length(curve); }
/// Returns a new key object that has the curve's parameters and no key yet; null on failure. Copying a template is the
/// cheapest way to one.
[[nodiscard]] Key empty_key(Curve curve);
/// Returns the key pair of a private key, a big-endian number; null on failure.
[[nodiscard]] Key key_of(Curve curve, View private_key);

}  // namespace sotto::crypto
