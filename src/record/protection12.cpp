#include "record/protection12.hpp"

#include <array>

namespace sotto::record {
namespace {

using Number = std::array<std::uint8_t, 8>;

Number octets_of(std::uint64_t number) {
  Number octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[octets.size() - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return octets;
}

/// additional_data = seq_num + TLSCompressed.type + TLSCompressed.version + TLSCompressed.length. RFC 5246, 6.2.3.3.
std::array<std::uint8_t, 13> additional_data(std::uint64_t sequence, ContentType type, std::size_t length) {
  std::array<std::uint8_t, 13> data{};
  MutableView rest(data);
  rest = rest.subspan(copy(octets_of(sequence), rest));
  copy(make_header(type, length), rest);
  return data;
}

}  // namespace

Numbering12::Numbering12(const keys::DirectionKeys& keys)
    : iv_(keys.iv.clone()), explicit_octets_(crypto::aead_nonce_length - keys.iv.size()) {}

Result<std::uint64_t> Numbering12::next() {
  if (used_ == ~std::uint64_t{0}) return fail(Code::key_usage_limit_reached, "the sequence number would wrap");
  return used_++;
}

crypto::AeadNonce Numbering12::nonce(std::uint64_t sequence, View explicit_nonce) const {
  crypto::AeadNonce nonce{};
  MutableView rest(nonce);
  rest = rest.subspan(copy(iv_.view(), rest));
  copy(explicit_nonce, rest);
  if (explicit_octets_ != 0) return nonce;
  // RFC 7905, 2: the sequence number is XORed into the end of the IV.
  const auto octets = octets_of(sequence);
  for (std::size_t i = 0; i < octets.size(); ++i)
    nonce[nonce.size() - octets.size() + i] =
        static_cast<std::uint8_t>(nonce[nonce.size() - octets.size() + i] ^ octets[i]);
  return nonce;
}

Result<Opener12> Opener12::create(const keys::DirectionKeys& keys) {
  auto aead = crypto::Aead::create(keys.suite->aead, crypto::Aead::Direction::open, keys.key.view());
  if (!aead) return std::unexpected(aead.error());
  return Opener12(std::move(*aead), Numbering12(keys));
}

Result<Opened> Opener12::open(const Record& record) {
  const auto sequence = numbering_.next();
  if (!sequence) return std::unexpected(sequence.error());
  const auto explicit_octets = numbering_.explicit_octets();
  if (record.fragment.size() < explicit_octets + crypto::aead_tag_length_of(aead_.algorithm()))
    return fail(Code::bad_record_mac, "a record of " + std::to_string(record.fragment.size()) + " octets");
  const auto nonce = numbering_.nonce(*sequence, record.fragment.first(explicit_octets));
  const auto sealed = record.fragment.subspan(explicit_octets);
  const auto content = aead_.open(
      nonce, additional_data(*sequence, record.type, sealed.size() - crypto::aead_tag_length_of(aead_.algorithm())),
      sealed);
  if (!content) return std::unexpected(content.error());
  if (content->size() > max_plaintext) return fail(Code::record_overflow, "after the record was opened");
  return Opened{record.type, *content, 0};
}

Result<Sealer12> Sealer12::create(const keys::DirectionKeys& keys) {
  auto aead = crypto::Aead::create(keys.suite->aead, crypto::Aead::Direction::seal, keys.key.view());
  if (!aead) return std::unexpected(aead.error());
  return Sealer12(std::move(*aead), Numbering12(keys));
}

Result<void> Sealer12::seal(ContentType type, View content, Buffer& out) {
  if (content.size() > max_plaintext) return fail(Code::internal_error, "a fragment is too long for a record");
  const auto fragment = numbering_.explicit_octets() + content.size() + crypto::aead_tag_length_of(aead_.algorithm());
  const auto header = make_header(type, fragment);
  auto room = as_view(out.prepare(header.size() + fragment));  // before a number is taken, as in TLS 1.3
  const auto sequence = numbering_.next();
  if (!sequence) return std::unexpected(sequence.error());
  const auto number = octets_of(*sequence);
  const auto explicit_nonce = View(number).first(numbering_.explicit_octets());
  room = room.subspan(copy(header, room));
  room = room.subspan(copy(explicit_nonce, room));
  if (auto sealed =
          aead_.seal(numbering_.nonce(*sequence, explicit_nonce), additional_data(*sequence, type, content.size()),
                     content, {}, room.first(content.size() + crypto::aead_tag_length_of(aead_.algorithm())));
      !sealed)
    return sealed;
  out.commit(header.size() + fragment);
  return {};
}

}  // namespace sotto::record
