#include "record/protection.hpp"

#include <algorithm>

namespace sotto::record {
namespace {

/// Returns how many zero octets to send behind the content type.
std::size_t padding_for(std::size_t content, const Padding& padding) {
  if (padding.to == 0) return 0;
  const auto inner = content + 1;
  const auto padded = std::min((inner + padding.to - 1) / padding.to * padding.to, padding.most + 1);
  return std::max(padded, inner) - inner;
}

Result<crypto::Aead> make_aead(const keys::TrafficSecret& secret, const keys::TrafficKeys& keys,
                               crypto::Aead::Direction direction) {
  return crypto::Aead::create(secret.suite->aead, direction, keys.key.view());
}

}  // namespace

Result<crypto::AeadNonce> NonceSequence::next() {
  if (used_ == ~std::uint64_t{0}) return fail(Code::key_usage_limit_reached, "the sequence number would wrap");
  auto nonce = iv_;
  for (std::size_t i = 0; i < sizeof used_; ++i)
    nonce[nonce.size() - 1 - i] = static_cast<std::uint8_t>(nonce[nonce.size() - 1 - i] ^ (used_ >> (8 * i)));
  ++used_;
  return nonce;
}

Result<Opener> Opener::create(const keys::TrafficSecret& secret) {
  const auto keys = keys::derive_traffic_keys(secret);
  if (!keys) return std::unexpected(keys.error());
  auto aead = make_aead(secret, *keys, crypto::Aead::Direction::open);
  if (!aead) return std::unexpected(aead.error());
  return Opener(std::move(*aead), keys->iv);
}

Result<Opened> Opener::open(const Record& record) {
  // RFC 8446, 5.2: opaque_type is application_data for every protected record.
  if (record.type != ContentType::application_data)
    return fail(Code::unexpected_record, "a record that is not protected, where all have to be");
  const auto nonce = nonces_.next();
  if (!nonce) return std::unexpected(nonce.error());
  auto inner = aead_.open(*nonce, record.header, record.fragment);
  if (!inner) {
    nonces_.give_back();
    return std::unexpected(inner.error());
  }
  if (inner->size() > max_plaintext + 1) return fail(Code::record_overflow, "after the record was opened");

  // RFC 8446, 5.4: the content type is the last octet that is not zero.
  auto length = inner->size();
  while (length > 0 && (*inner)[length - 1] == 0) --length;
  if (length == 0) return fail(Code::unexpected_record, "a protected record without a content type");
  const auto type = static_cast<ContentType>((*inner)[length - 1]);
  return Opened{type, inner->first(length - 1), inner->size() - length};
}

Result<Sealer> Sealer::create(const keys::TrafficSecret& secret) {
  const auto keys = keys::derive_traffic_keys(secret);
  if (!keys) return std::unexpected(keys.error());
  auto aead = make_aead(secret, *keys, crypto::Aead::Direction::seal);
  if (!aead) return std::unexpected(aead.error());
  return Sealer(std::move(*aead), keys->iv);
}

Result<void> Sealer::seal(ContentType type, View content, const Padding& padding, Buffer& out) {
  if (content.size() > max_plaintext) return fail(Code::internal_error, "a fragment is too long for a record");

  // TLSInnerPlaintext: content, type, zeros. Only padded records need a trailer longer than the type.
  static thread_local std::array<std::uint8_t, max_plaintext + 1> trailer{};
  const auto trailer_octets = 1 + padding_for(content.size(), padding);
  trailer[0] = static_cast<std::uint8_t>(type);

  const auto fragment = content.size() + trailer_octets + crypto::aead_tag_length;
  const auto header = make_header(ContentType::application_data, fragment);
  // Before a number is taken: one that no record has would make the alert unreadable that follows a lack of memory.
  const auto room = as_view(out.prepare(header.size() + fragment));
  const auto nonce = nonces_.next();
  if (!nonce) return std::unexpected(nonce.error());
  copy(header, room);
  if (auto sealed = aead_.seal(*nonce, header, content, View(trailer).first(trailer_octets),
                               room.subspan(header.size(), fragment));
      !sealed)
    return sealed;
  out.commit(header.size() + fragment);
  return {};
}

}  // namespace sotto::record
