#include "crypto/record_mac.hpp"

#include <bit>

#include "crypto/constant_time.hpp"

namespace sotto::crypto {
namespace {

using constant_time::are_equal;
using constant_time::is_less;
using constant_time::select_octet;

using Block = Secret<max_mac_block>;

/// Compresses the key's block. RFC 2104, 2.
ShaChain keyed(MacHash hash, View key, std::uint8_t pad) {
  Block block;
  const auto octets = block.resize(mac_block(hash));
  copy(key, octets);
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(octet ^ pad);
  ShaChain chain(hash);
  chain.absorb(octets);
  return chain;
}

/// The octets of the field at the end of a message that holds its length in bits. FIPS 180-4, 5.1.
constexpr std::size_t length_field(MacHash hash) { return hash == MacHash::sha384 ? 16 : 8; }

/// Writes the bits of a message of `octets` octets behind the key's block to the last eight octets of `block`.
void add_length(MutableView block, std::size_t octets, constant_time::Mask mask) {
  const auto bits = 8 * static_cast<std::uint64_t>(block.size() + octets);
  const auto field = block.last(8);
  for (std::size_t i = 0; i < field.size(); ++i)
    field[i] = static_cast<std::uint8_t>(field[i] | (mask & (bits >> (8 * (7 - i)))));
}

/// A message in two parts, of which an end at a secret place does not count.
struct Message {
  const MacPrefix& prefix;
  View content;

  [[nodiscard]] std::size_t size() const { return prefix.size() + content.size(); }
  /// Whatever is at `index`, and 0 behind the end.
  [[nodiscard]] std::uint8_t at(std::size_t index) const {
    if (index < prefix.size()) return prefix[index];
    return index < size() ? content[index - prefix.size()] : std::uint8_t{0};
  }
};

/// Compresses `count` whole blocks, of which each octet belongs to the message.
void absorb_front(ShaChain& chain, const Message& message, std::size_t count) {
  if (count == 0) return;
  const auto size = mac_block(chain.hash());
  Block first;
  const auto octets = first.resize(size);
  copy(message.content, octets.subspan(copy(message.prefix, octets)));
  chain.absorb(octets);
  chain.absorb(message.content.subspan(size - message.prefix.size(), (count - 1) * size));
}

/// Fills `block` with the octets of the message at `begin`, the octet 0x80 behind its secret end, and zeros.
void fill_block(MutableView block, const Message& message, std::size_t begin, std::size_t end) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const auto index = begin + i;
    const auto octet = select_octet(is_less(index, end), message.at(index), 0);
    block[i] = static_cast<std::uint8_t>(octet | (are_equal(index, end) & 0x80U));
  }
}

}  // namespace

Result<RecordMac> RecordMac::create(MacHash hash, View key) {
  if (key.size() != mac_length(hash)) return fail(Code::crypto_failed, "a MAC key has a wrong length");
  return RecordMac(keyed(hash, key, 0x36), keyed(hash, key, 0x5c));
}

MacTag RecordMac::compute(const MacPrefix& prefix, View content, SecretLength length) const {
  const auto size = mac_block(hash());
  const auto field = length_field(hash());
  const Message message{prefix, content};
  const auto end = prefix.size() + length.secret;
  // Shifted, because a division takes longer for some numbers than for others.
  const auto shift = std::countr_zero(size);
  const auto last_block = (end + field) >> shift;
  const auto first = (prefix.size() + length.least) >> shift;
  const auto last = (message.size() + field) >> shift;

  auto chain = inner_;
  absorb_front(chain, message, first);
  MacTag inner;
  const auto kept = inner.resize(mac_length(hash()));
  for (auto index = first; index <= last; ++index) {
    Block block;
    const auto octets = block.resize(size);
    const auto is_last = are_equal(index, last_block);
    fill_block(octets, message, index * size, end);
    add_length(octets, end, is_last);
    chain.absorb(octets);
    MacTag value;
    const auto now = value.resize(kept.size());
    chain.write(now);
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = select_octet(is_last, now[i], kept[i]);
  }

  Block block;
  const auto octets = block.resize(size);
  octets[copy(kept, octets)] = 0x80;
  add_length(octets, kept.size(), ~constant_time::Mask{0});
  auto outer = outer_;
  outer.absorb(octets);
  MacTag tag;
  outer.write(tag.resize(kept.size()));
  return tag;
}

}  // namespace sotto::crypto
