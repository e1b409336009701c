#include <sotto/remote_key.hpp>

#include <string>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"
#include "crypto/premaster.hpp"
#include "crypto/random.hpp"
#include "crypto/scheme_digest.hpp"
#include "crypto/signature.hpp"
#include "pki/end_entity.hpp"
#include "wire/der.hpp"

namespace sotto {
namespace {

using crypto::constant_time::are_equal;

/// Appends a positive INTEGER in its shortest form. X.690, 8.3.
void append_der_integer(std::vector<std::byte>& out, std::span<const std::byte> magnitude) {
  while (magnitude.size() > 1 && magnitude.front() == std::byte{0}) magnitude = magnitude.subspan(1);
  const bool would_be_negative = (magnitude.front() & std::byte{0x80}) != std::byte{0};
  out.push_back(static_cast<std::byte>(wire::DerTag::integer));
  out.push_back(static_cast<std::byte>(magnitude.size() + (would_be_negative ? 1 : 0)));
  if (would_be_negative) out.push_back(std::byte{0});
  out.insert(out.end(), magnitude.begin(), magnitude.end());
}

}  // namespace

inline namespace v0 {

Result<std::vector<SignatureScheme>> schemes_of(const Certificate& certificate) {
  return contain([&]() -> Result<std::vector<SignatureScheme>> {
    const auto end_entity = pki::read_end_entity(certificate);
    if (!end_entity) return std::unexpected(end_entity.error());
    return end_entity->uses.sign ? end_entity->key.tls12_schemes() : std::vector<SignatureScheme>();
  });
}

Result<std::vector<std::byte>> digest_for(SignatureScheme scheme, std::span<const std::byte> message) {
  return contain([&]() -> Result<std::vector<std::byte>> {
    const auto digest = crypto::digest_for(scheme, as_view(message));
    if (!digest) return std::unexpected(digest.error());
    return own_public(digest->view());
  });
}

Result<std::vector<std::byte>> ecdsa_signature_from_halves(std::span<const std::byte> r_and_s) {
  return contain([&]() -> Result<std::vector<std::byte>> {
    const auto half = r_and_s.size() / 2;
    // P-521 has halves of 66 octets, and so each INTEGER a length of one octet.
    if (half == 0 || half > 66 || r_and_s.size() != 2 * half)
      return fail(Code::crypto_failed, "an ECDSA signature of " + std::to_string(r_and_s.size()) + " octets");
    std::vector<std::byte> integers;
    append_der_integer(integers, r_and_s.first(half));
    append_der_integer(integers, r_and_s.last(half));
    std::vector<std::byte> signature{static_cast<std::byte>(wire::DerTag::sequence)};
    if (integers.size() > 127) signature.push_back(std::byte{0x81});
    signature.push_back(static_cast<std::byte>(integers.size()));
    signature.insert(signature.end(), integers.begin(), integers.end());
    return signature;
  });
}

Result<void> check_signature(const Certificate& certificate, SignatureScheme scheme, std::span<const std::byte> message,
                             std::span<const std::byte> signature) {
  return contain([&]() -> Result<void> {
    const auto end_entity = pki::read_end_entity(certificate);
    if (!end_entity) return std::unexpected(end_entity.error());
    if (!end_entity->key.verify(scheme, as_view(message), as_view(signature))) return fail(Code::key_mismatch);
    return {};
  });
}

Result<PremasterSecret> premaster_secret_from(const DecryptQuestion& question, std::span<const std::byte, 48> octets,
                                              std::size_t length) {
  return contain([&]() -> Result<PremasterSecret> {
    crypto::PremasterSecret substitute;
    if (auto drawn = crypto::fill_random(substitute.resize(crypto::premaster_length)); !drawn)
      return std::unexpected(std::move(drawn.error()));
    PremasterSecret answer{{octets.begin(), octets.end()}};
    crypto::keep_or_replace(are_equal(length, crypto::premaster_length), question.client_version, substitute.view(),
                            as_view(std::span(answer.bytes)));
    return answer;
  });
}

}  // namespace v0
}  // namespace sotto
