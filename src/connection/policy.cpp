#include <sotto/policy.hpp>

#include <algorithm>
#include <set>

#include "base/contain.hpp"
#include "base/result.hpp"
#include "compression/algorithms.hpp"
#include "crypto/ffdhe.hpp"
#include "handshake/record_limits.hpp"
#include "keys/cipher_suites.hpp"
#include "record/record.hpp"

namespace sotto {
namespace {

template <class T>
bool contains(const std::vector<T>& list, T item) {
  return std::ranges::find(list, item) != list.end();
}

bool is_pkcs1(SignatureScheme scheme) {
  return scheme == SignatureScheme::rsa_pkcs1_sha256 || scheme == SignatureScheme::rsa_pkcs1_sha384 ||
         scheme == SignatureScheme::rsa_pkcs1_sha512;
}

/// Appends the suites of the table that `wanted` says and the policy does not have yet, AEADs before CBC.
template <class Wanted>
void append_suites(Policy& policy, Wanted wanted) {
  for (const bool cbc : {false, true})
    for (const auto& row : keys::suite_table)
      if (row.cbc.has_value() == cbc && wanted(row) && !contains(policy.cipher_suites, row.suite))
        policy.cipher_suites.push_back(row.suite);
}

std::unexpected<Error> refuse(std::string detail) { return fail(Code::invalid_policy, std::move(detail)); }

}  // namespace

Policy Policy::modern_2026() {
  using enum SignatureScheme;
  Policy policy;
  policy.name = "modern_2026";
  policy.versions = {ProtocolVersion::tls13, ProtocolVersion::tls12};
  policy.cipher_suites = {CipherSuite::TLS_AES_128_GCM_SHA256,
                          CipherSuite::TLS_AES_256_GCM_SHA384,
                          CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
                          CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                          CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                          CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                          CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                          CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                          CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256};
  policy.groups = {NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1};
  policy.key_shares = {NamedGroup::x25519};
  policy.signature_schemes = {ecdsa_secp256r1_sha256, ed25519,
                              ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512,
                              rsa_pss_rsae_sha256,    rsa_pss_rsae_sha384,
                              rsa_pss_rsae_sha512,    rsa_pss_pss_sha256,
                              rsa_pss_pss_sha384,     rsa_pss_pss_sha512};
  // In TLS 1.2 also for handshakes; in TLS 1.3 for certificates only (RFC 8446, 4.2.3).
  for (const auto scheme : {rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512})
    policy.signature_schemes.push_back(scheme);
  policy.certificate_signature_schemes = policy.signature_schemes;
  policy.certificate_compression = {CertificateCompression::brotli, CertificateCompression::zstd,
                                    CertificateCompression::zlib};
  policy.certificate_decompression = policy.certificate_compression;
  return policy;
}

Policy Policy::compatible_2026() {
  auto policy = modern_2026();
  policy.name = "compatible_2026";
  append_suites(policy, [](const keys::SuiteParameters& row) {
    return row.cbc && row.key_agreement == keys::KeyAgreement::ecdhe;
  });
  return policy;
}

Policy Policy::legacy_2026() {
  auto policy = compatible_2026();
  policy.name = "legacy_2026";
  policy.renegotiation = Renegotiation::allowed;
  // Forward secrecy first.
  for (const auto agreement : {keys::KeyAgreement::ecdhe, keys::KeyAgreement::dhe, keys::KeyAgreement::rsa_transport})
    append_suites(policy, [=](const keys::SuiteParameters& row) { return row.key_agreement == agreement; });
  return policy;
}

Policy Policy::fips_like_2026() {
  auto policy = modern_2026();
  policy.name = "fips-like_2026";
  // SP 800-52 revision 2, 3.3 and appendix D; SP 800-186.
  std::erase_if(policy.cipher_suites, [](CipherSuite suite) {
    return keys::find_suite(suite)->aead == crypto::AeadAlgorithm::chacha20_poly1305;
  });
  policy.groups = {NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1};
  policy.key_shares = {NamedGroup::secp256r1};
  std::erase(policy.signature_schemes, SignatureScheme::ed25519);
  std::erase(policy.certificate_signature_schemes, SignatureScheme::ed25519);
  // FIPS 140-3 implementation guidance, D.Q.
  policy.require_extended_master_secret = true;
  return policy;
}

Result<Policy> Policy::named(std::string_view name) {
  return contain([&]() -> Result<Policy> {
    for (const auto& policy : {modern_2026(), compatible_2026(), legacy_2026(), fips_like_2026()})
      if (name == policy.name || policy.name == std::string(name) + "_2026") return policy;
    return refuse("there is no policy \"" + std::string(name) +
                  "\"; known are modern, compatible, legacy and fips-like, each also with its year: modern_2026");
  });
}

void Policy::drop_unusable() {
  const auto version_of = [](CipherSuite suite) {
    const auto* row = keys::find_suite(suite);
    return row == nullptr ? ProtocolVersion::ssl3 : row->version;
  };
  std::erase_if(cipher_suites, [&](CipherSuite suite) { return !contains(versions, version_of(suite)); });
  std::erase_if(versions, [&](ProtocolVersion version) {
    return std::ranges::find(cipher_suites, version, version_of) == cipher_suites.end();
  });
  // RFC 8446, 4.2.3: beside TLS 1.3 alone RSASSA-PKCS1-v1_5 is for signatures in certificates only.
  if (contains(versions, ProtocolVersion::tls12)) return;
  std::erase_if(signature_schemes, is_pkcs1);
  std::erase_if(signing_schemes, is_pkcs1);
}

Result<void> Policy::check() const {
  return contain([&]() -> Result<void> {
    const bool newer = contains(versions, ProtocolVersion::tls13);
    const bool older = contains(versions, ProtocolVersion::tls12);
    if (versions.empty() || versions.size() != std::size_t{newer} + std::size_t{older})
      return refuse("versions must be TLS 1.3, TLS 1.2 or both");
    if (cipher_suites.empty()) return refuse("it has no cipher suite");
    for (const auto suite : cipher_suites)
      if (keys::find_suite(suite) == nullptr) return refuse("there is no cipher suite " + to_string(suite));
    auto usable = *this;
    usable.drop_unusable();
    if (usable.versions.empty()) return refuse("it has no cipher suite for any of its versions");
    if (usable.signature_schemes.empty()) return refuse("it has no signature scheme for any of its versions");
    if (groups.empty()) return refuse("it has no group");
    if (peer_certificate_types.empty()) return refuse("it takes no kind of identity");
    for (const auto group : groups)
      if (crypto::is_ffdhe(group))
        return refuse(to_string(group) + " is no group for key shares; with DHE it is used without being listed");
    for (const auto group : key_shares)
      if (!contains(groups, group)) return refuse("the key share " + to_string(group) + " is not among its groups");
    if (signature_schemes.empty() || certificate_signature_schemes.empty()) return refuse("it has no signature scheme");
    for (const auto& list : {certificate_compression, certificate_decompression}) {
      for (const auto algorithm : list)
        if (compression::find_algorithm(algorithm) == nullptr)
          return refuse("certificates cannot be compressed with " + to_string(algorithm));
      if (std::set(list.begin(), list.end()).size() != list.size())
        return refuse("a way to compress certificates is listed twice");
    }
    if (fragment_size < 1 || fragment_size > record::max_plaintext)
      return refuse("fragment_size must be from 1 to 16384");
    // RFC 8449, 4: "Endpoints MUST NOT send a "record_size_limit" extension with a value smaller than 64."
    if (record_size_limit != 0 && (record_size_limit < 64 || record_size_limit > record::max_plaintext + 1))
      return refuse("record_size_limit must be from 64 to 16385, or 0");
    if (max_fragment_length != 0 && !handshake::code_of_fragment_length(max_fragment_length))
      return refuse("max_fragment_length must be 512, 1024, 2048 or 4096, or 0");
    if (pad_records_to > record::max_plaintext) return refuse("pad_records_to must be at most 16384");
    // RFC 8446, 4.6.1: "Servers MUST NOT use any value greater than 604800 seconds (7 days)."
    if (ticket_lifetime > std::chrono::days(7) || ticket_lifetime < std::chrono::seconds(1))
      return refuse("ticket_lifetime must be from one second to seven days");
    if (tickets > 255) return refuse("tickets must be at most 255");
    if (limits.gcm_records_per_key < 1 || limits.gcm_records_per_key > keys::gcm_records)
      return refuse("gcm_records_per_key must be from 1 to 2^24");
    return {};
  });
}

}  // namespace sotto
