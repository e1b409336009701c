/// \file
/// The cipher suites: what each is made of and how often its keys may be used. One table.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <sotto/policy.hpp>

#include "crypto/aead.hpp"
#include "crypto/cbc.hpp"
#include "crypto/hash.hpp"
#include "crypto/sha_chain.hpp"

namespace sotto::keys {

/// Says how the two sides agree on a secret; `any` in TLS 1.3, which negotiates it apart from the suite.
enum class KeyAgreement : std::uint8_t {
  any,
  ecdhe,
  dhe,
  rsa_transport  ///< the client encrypts the pre-master secret to the server's key
};
/// Says how a server proves itself; `any` in TLS 1.3.
enum class Authentication : std::uint8_t { any, ecdsa, rsa };

/// Holds the parameters of a CBC suite. RFC 5246, 6.2.3.2.
struct CbcParameters {
  crypto::CbcAlgorithm cipher;
  crypto::MacHash mac;
};

/// Holds the parameters of one cipher suite. RFC 8446, B.4 and 5.5; RFC 5289; RFC 7905.
struct SuiteParameters {
  CipherSuite suite;
  ProtocolVersion version;
  KeyAgreement key_agreement;
  Authentication authentication;
  crypto::AeadAlgorithm aead;
  /// Present where CBC and HMAC stand in for the AEAD, which then says nothing.
  std::optional<CbcParameters> cbc;
  /// The hash of the key schedule (TLS 1.3) or the PRF (TLS 1.2), and of the transcript.
  crypto::HashAlgorithm hash;
  /// Records that one key may protect; for AES-GCM the policy sets a lower limit. ChaCha20-Poly1305 outlasts the
  /// sequence number.
  std::uint64_t records_per_key;
};

inline constexpr std::uint64_t unlimited_records = std::numeric_limits<std::uint64_t>::max() / 2;
inline constexpr std::uint64_t gcm_records = std::uint64_t{1} << 24;

constexpr SuiteParameters suite_row(CipherSuite suite, ProtocolVersion version, KeyAgreement agreement,
                                    Authentication authentication, crypto::AeadAlgorithm aead,
                                    crypto::HashAlgorithm hash) {
  const bool gcm = aead != crypto::AeadAlgorithm::chacha20_poly1305;
  return {suite, version, agreement, authentication, aead, {}, hash, gcm ? gcm_records : unlimited_records};
}
constexpr SuiteParameters cbc_row(CipherSuite suite, KeyAgreement agreement, Authentication authentication,
                                  crypto::CbcAlgorithm cipher, crypto::MacHash mac, crypto::HashAlgorithm hash) {
  return {suite, ProtocolVersion::tls12, agreement, authentication, {}, CbcParameters{cipher, mac}, hash, gcm_records};
}

inline constexpr auto suite_table = [] {
  using enum CipherSuite;
  using enum ProtocolVersion;
  using enum crypto::AeadAlgorithm;
  using enum crypto::CbcAlgorithm;
  using crypto::MacHash;
  using enum crypto::HashAlgorithm;
  constexpr auto any = KeyAgreement::any;
  constexpr auto ecdhe = KeyAgreement::ecdhe;
  constexpr auto dhe = KeyAgreement::dhe;
  constexpr auto rsa_transport = KeyAgreement::rsa_transport;
  constexpr auto anyone = Authentication::any;
  constexpr auto ecdsa = Authentication::ecdsa;
  constexpr auto rsa = Authentication::rsa;
  return std::to_array<SuiteParameters>({
      suite_row(TLS_AES_128_GCM_SHA256, tls13, any, anyone, aes_128_gcm, sha256),
      suite_row(TLS_AES_256_GCM_SHA384, tls13, any, anyone, aes_256_gcm, sha384),
      suite_row(TLS_CHACHA20_POLY1305_SHA256, tls13, any, anyone, chacha20_poly1305, sha256),
      suite_row(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls12, ecdhe, ecdsa, aes_128_gcm, sha256),
      suite_row(TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls12, ecdhe, ecdsa, aes_256_gcm, sha384),
      suite_row(TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls12, ecdhe, ecdsa, chacha20_poly1305, sha256),
      suite_row(TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls12, ecdhe, rsa, aes_128_gcm, sha256),
      suite_row(TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls12, ecdhe, rsa, aes_256_gcm, sha384),
      suite_row(TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls12, ecdhe, rsa, chacha20_poly1305, sha256),
      cbc_row(TLS_RSA_WITH_AES_128_CBC_SHA, rsa_transport, rsa, aes_128_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_DHE_RSA_WITH_AES_128_CBC_SHA, dhe, rsa, aes_128_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_RSA_WITH_AES_256_CBC_SHA, rsa_transport, rsa, aes_256_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_DHE_RSA_WITH_AES_256_CBC_SHA, dhe, rsa, aes_256_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_RSA_WITH_AES_128_CBC_SHA256, rsa_transport, rsa, aes_128_cbc, MacHash::sha256, sha256),
      cbc_row(TLS_RSA_WITH_AES_256_CBC_SHA256, rsa_transport, rsa, aes_256_cbc, MacHash::sha256, sha256),
      cbc_row(TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, dhe, rsa, aes_128_cbc, MacHash::sha256, sha256),
      cbc_row(TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, dhe, rsa, aes_256_cbc, MacHash::sha256, sha256),
      suite_row(TLS_RSA_WITH_AES_128_GCM_SHA256, tls12, rsa_transport, rsa, aes_128_gcm, sha256),
      suite_row(TLS_RSA_WITH_AES_256_GCM_SHA384, tls12, rsa_transport, rsa, aes_256_gcm, sha384),
      suite_row(TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, tls12, dhe, rsa, aes_128_gcm, sha256),
      suite_row(TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, tls12, dhe, rsa, aes_256_gcm, sha384),
      cbc_row(TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, ecdhe, ecdsa, aes_128_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, ecdhe, ecdsa, aes_256_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, ecdhe, rsa, aes_128_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, ecdhe, rsa, aes_256_cbc, MacHash::sha1, sha256),
      cbc_row(TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, ecdhe, ecdsa, aes_128_cbc, MacHash::sha256, sha256),
      cbc_row(TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, ecdhe, ecdsa, aes_256_cbc, MacHash::sha384, sha384),
      cbc_row(TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, ecdhe, rsa, aes_128_cbc, MacHash::sha256, sha256),
      cbc_row(TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, ecdhe, rsa, aes_256_cbc, MacHash::sha384, sha384),
      suite_row(TLS_RSA_WITH_AES_128_CCM, tls12, rsa_transport, rsa, aes_128_ccm, sha256),
      suite_row(TLS_RSA_WITH_AES_256_CCM, tls12, rsa_transport, rsa, aes_256_ccm, sha256),
      suite_row(TLS_DHE_RSA_WITH_AES_128_CCM, tls12, dhe, rsa, aes_128_ccm, sha256),
      suite_row(TLS_DHE_RSA_WITH_AES_256_CCM, tls12, dhe, rsa, aes_256_ccm, sha256),
      suite_row(TLS_RSA_WITH_AES_128_CCM_8, tls12, rsa_transport, rsa, aes_128_ccm_8, sha256),
      suite_row(TLS_RSA_WITH_AES_256_CCM_8, tls12, rsa_transport, rsa, aes_256_ccm_8, sha256),
      suite_row(TLS_DHE_RSA_WITH_AES_128_CCM_8, tls12, dhe, rsa, aes_128_ccm_8, sha256),
      suite_row(TLS_DHE_RSA_WITH_AES_256_CCM_8, tls12, dhe, rsa, aes_256_ccm_8, sha256),
      suite_row(TLS_ECDHE_ECDSA_WITH_AES_128_CCM, tls12, ecdhe, ecdsa, aes_128_ccm, sha256),
      suite_row(TLS_ECDHE_ECDSA_WITH_AES_256_CCM, tls12, ecdhe, ecdsa, aes_256_ccm, sha256),
      suite_row(TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, tls12, ecdhe, ecdsa, aes_128_ccm_8, sha256),
      suite_row(TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8, tls12, ecdhe, ecdsa, aes_256_ccm_8, sha256),
      suite_row(TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls12, dhe, rsa, chacha20_poly1305, sha256),
  });
}();

/// Returns the parameters of `suite`, or null for a suite that this library does not have.
[[nodiscard]] constexpr const SuiteParameters* find_suite(CipherSuite suite) {
  for (const auto& row : suite_table)
    if (row.suite == suite) return &row;
  return nullptr;
}

}  // namespace sotto::keys
