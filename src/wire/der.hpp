/// \file
/// A strict reader of DER: definite and minimal lengths, no octet outside its element. Source: X.690, 8.1 and 10.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::wire {

/// Names the identifier octets that certificates use.
enum class DerTag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  null = 0x05,
  object_identifier = 0x06,
  utf8_string = 0x0c,
  utc_time = 0x17,
  generalized_time = 0x18,
  sequence = 0x30,
  set = 0x31,
};

/// Returns the identifier octet of `[number]` in the context class.
[[nodiscard]] constexpr DerTag context_tag(unsigned number) { return static_cast<DerTag>(0x80U | number); }
/// Returns the same for a constructed encoding, as EXPLICIT tags and implicit SEQUENCEs have.
[[nodiscard]] constexpr DerTag constructed_context_tag(unsigned number) { return static_cast<DerTag>(0xa0U | number); }

/// Borrows one element.
struct DerElement {
  DerTag tag;
  View whole;    ///< identifier, length and content
  View content;  ///< what is inside
};

/// Reads the elements of `bytes` in order. Every failure is `Code::certificate_malformed`: DER comes to us in
/// certificates.
class DerReader {
 public:
  explicit DerReader(View bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  /// Says whether the next element has this tag.
  [[nodiscard]] bool is_next(DerTag tag) const { return !rest_.empty() && rest_[0] == static_cast<std::uint8_t>(tag); }

  /// Takes the next element, whatever its tag.
  [[nodiscard]] Result<DerElement> next();
  /// Takes the next element, which must have this tag.
  [[nodiscard]] Result<DerElement> expect(DerTag tag);
  /// Takes the next element if it has this tag.
  [[nodiscard]] Result<std::optional<DerElement>> optional(DerTag tag);
  /// Fails if anything is left.
  [[nodiscard]] Result<void> expect_end() const;

 private:
  View rest_;
};

/// Reads `bytes` as exactly one element of this tag.
[[nodiscard]] Result<DerElement> read_der(View bytes, DerTag tag);

/// Reads a BOOLEAN's content: one octet, 0x00 or 0xff. X.690, 11.1.
[[nodiscard]] Result<bool> der_boolean(View content);
/// Checks an INTEGER's content for the shortest form (X.690, 8.3.2) and returns the magnitude without leading zeros;
/// a negative number is refused.
[[nodiscard]] Result<View> der_unsigned(View content);
/// Reads an INTEGER's content as a small number.
[[nodiscard]] Result<std::uint32_t> der_small_unsigned(View content);

/// Borrows a BIT STRING's bits. X.690, 8.6 and 11.2.
struct DerBits {
  View octets;
  unsigned unused = 0;  ///< bits at the end of the last octet that do not count; they are zero

  /// Says whether the bit is set; bits past the end are not. Bit 0 is the first.
  [[nodiscard]] bool is_set(std::size_t bit) const {
    return bit / 8 < octets.size() && (octets[bit / 8] & (0x80U >> (bit % 8))) != 0;
  }
};
[[nodiscard]] Result<DerBits> der_bits(View content);

}  // namespace sotto::wire
