/// \file
/// Writes TLS presentation language (RFC 8446, 3). All arithmetic on lengths stands here.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "wire/reader.hpp"

namespace sotto::wire {

/// Appends to bytes that the caller owns. A vector longer than its bounds makes the writer fail, and it stays so.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u24(std::uint32_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  /// Writes `value` as `octets` (1 to 8) octets in network order.
  void number(std::uint64_t value, std::size_t octets) {
    for (auto i = octets; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void bytes(View content) { out_.insert(out_.end(), content.begin(), content.end()); }
  /// Writes a vector whose content `body(*this)` writes.
  template <class Body>
    requires std::invocable<Body, Writer&>
  void vector(Bounds bounds, Body body) {
    const auto start = out_.size();
    const auto prefix = bounds.prefix_octets();
    number(0, prefix);
    body(*this);
    const auto length = out_.size() - start - prefix;
    if (length < bounds.minimum || length > bounds.maximum) failed_ = true;
    for (std::size_t i = 0; i < prefix; ++i)
      out_[start + i] = static_cast<std::uint8_t>(length >> (8 * (prefix - 1 - i)));
  }
  void vector(Bounds bounds, View content) {
    vector(bounds, [content](Writer& writer) { writer.bytes(content); });
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  Bytes& out_;
  bool failed_ = false;
};

}  // namespace sotto::wire
