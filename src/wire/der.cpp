#include "wire/der.hpp"

namespace sotto::wire {
namespace {

std::unexpected<Error> malformed(const char* what) { return fail(Code::certificate_malformed, what); }

struct Length {
  std::size_t octets;  ///< of the length field itself
  std::size_t value;
};

// X.690, 8.1.3 (definite form) and 10.1 ("encoded in the minimum number of octets").
Result<Length> read_length(View bytes) {
  if (bytes.empty()) return malformed("an element ends before its length");
  if (bytes[0] < 0x80) return Length{1, bytes[0]};
  const std::size_t count = bytes[0] & 0x7fU;
  if (count == 0) return malformed("an element has an indefinite length");
  if (count > 4) return malformed("an element's length is too large");
  if (bytes.size() < 1 + count) return malformed("an element ends inside its length");
  std::size_t value = 0;
  for (const auto octet : bytes.subspan(1, count)) value = value << 8 | octet;
  if (bytes[1] == 0 || value < 0x80) return malformed("an element's length is not in its shortest form");
  return Length{1 + count, value};
}

}  // namespace

Result<DerElement> DerReader::next() {
  if (rest_.empty()) return malformed("an element is missing");
  // Tag numbers above 30 occur in no certificate.
  if ((rest_[0] & 0x1fU) == 0x1f) return malformed("an element has a tag of many octets");
  const auto length = read_length(rest_.subspan(1));
  if (!length) return std::unexpected(length.error());
  const auto header = 1 + length->octets;
  if (length->value > rest_.size() - header) return malformed("an element is longer than what holds it");
  const DerElement element{static_cast<DerTag>(rest_[0]), rest_.first(header + length->value),
                           rest_.subspan(header, length->value)};
  rest_ = rest_.subspan(element.whole.size());
  return element;
}

Result<DerElement> DerReader::expect(DerTag tag) {
  if (!rest_.empty() && !is_next(tag)) return malformed("an element has an unexpected tag");
  return next();
}

Result<std::optional<DerElement>> DerReader::optional(DerTag tag) {
  if (!is_next(tag)) return std::nullopt;
  return next();
}

Result<void> DerReader::expect_end() const {
  if (!rest_.empty()) return malformed("octets are left over");
  return {};
}

Result<DerElement> read_der(View bytes, DerTag tag) {
  DerReader reader(bytes);
  auto element = reader.expect(tag);
  if (!element) return element;
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  return element;
}

Result<bool> der_boolean(View content) {
  if (content.size() != 1 || (content[0] != 0x00 && content[0] != 0xff))
    return malformed("a BOOLEAN is neither 00 nor ff");
  return content[0] == 0xff;
}

Result<View> der_unsigned(View content) {
  if (content.empty()) return malformed("an INTEGER is empty");
  if ((content[0] & 0x80U) != 0) return malformed("an INTEGER is negative");
  if (content.size() > 1 && content[0] == 0 && (content[1] & 0x80U) == 0)
    return malformed("an INTEGER is not in its shortest form");
  return content[0] == 0 ? content.subspan(1) : content;
}

Result<std::uint32_t> der_small_unsigned(View content) {
  const auto magnitude = der_unsigned(content);
  if (!magnitude) return std::unexpected(magnitude.error());
  if (magnitude->size() > 4) return malformed("an INTEGER is too large");
  std::uint32_t value = 0;
  for (const auto octet : *magnitude) value = value << 8 | octet;
  return value;
}

Result<DerBits> der_bits(View content) {
  if (content.empty() || content[0] > 7 || (content.size() == 1 && content[0] != 0))
    return malformed("a BIT STRING does not say how many bits are unused");
  const DerBits bits{content.subspan(1), content[0]};
  if (!bits.octets.empty() && (bits.octets.back() & ((1U << bits.unused) - 1)) != 0)
    return malformed("a BIT STRING has unused bits that are not zero");
  return bits;
}

}  // namespace sotto::wire
