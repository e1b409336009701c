/// \file
/// Reads TLS presentation language (RFC 8446, 3) from borrowed bytes. All arithmetic on lengths stands here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::wire {

/// Bounds of a vector `<Minimum..Maximum>` in octets, as the RFC states them; the length prefix follows from the
/// maximum.
struct Bounds {
  std::size_t minimum;
  std::size_t maximum;
  [[nodiscard]] constexpr std::size_t prefix_octets() const { return maximum <= 0xff ? 1 : maximum <= 0xffff ? 2 : 3; }
};
template <std::size_t Minimum, std::size_t Maximum>
inline constexpr Bounds between{Minimum, Maximum};

/// Reads from the front. The first failure sticks: from then on everything reads as zero or empty, so a sequence of
/// reads needs one check at its end. Nothing is ever read outside the given bytes.
class Reader {
 public:
  explicit Reader(View bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  [[nodiscard]] std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  [[nodiscard]] std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t u64() { return number(8); }
  /// Reads an unsigned number of `octets` (1 to 8) octets in network order.
  [[nodiscard]] std::uint64_t number(std::size_t octets) {
    std::uint64_t value = 0;
    for (const auto octet : bytes(octets)) value = value << 8 | octet;
    return value;
  }
  /// Reads exactly `count` octets.
  [[nodiscard]] View bytes(std::size_t count) {
    if (count > rest_.size()) {
      fail(Code::malformed_message);
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  /// Reads a vector with its length prefix; its content must keep the bounds.
  [[nodiscard]] View vector(Bounds bounds) {
    const auto length = number(bounds.prefix_octets());
    const auto content = bytes(static_cast<std::size_t>(length));
    if (!failed_ && (length < bounds.minimum || length > bounds.maximum)) {
      fail(Code::malformed_message);
      return {};
    }
    return content;
  }
  /// Reads all that is left.
  [[nodiscard]] View rest() { return bytes(rest_.size()); }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Code code() const { return code_; }
  /// Records the first failure.
  void fail(Code code) {
    if (!failed_) code_ = code;
    failed_ = true;
    rest_ = {};
  }

 private:
  View rest_;
  bool failed_ = false;
  Code code_ = Code::malformed_message;
};

}  // namespace sotto::wire
