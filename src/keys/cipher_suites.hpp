/// \file
/// The cipher suites: what each is made of and how often its keys may be used. One table.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <sotto/policy.hpp>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"

namespace sotto::keys {

/// Holds the parameters of one cipher suite. RFC 8446, B.4 and 5.5.
struct SuiteParameters {
  CipherSuite suite;
  crypto::AeadAlgorithm aead;
  crypto::HashAlgorithm hash;
  /// Records that one key may protect; for AES-GCM the policy sets a lower limit. ChaCha20-Poly1305 outlasts the
  /// sequence number.
  std::uint64_t records_per_key;
};

inline constexpr std::uint64_t unlimited_records = std::numeric_limits<std::uint64_t>::max() / 2;
inline constexpr std::uint64_t gcm_records = std::uint64_t{1} << 24;

inline constexpr auto suite_table = std::to_array<SuiteParameters>({
    {CipherSuite::TLS_AES_128_GCM_SHA256, crypto::AeadAlgorithm::aes_128_gcm, crypto::HashAlgorithm::sha256,
     gcm_records},
    {CipherSuite::TLS_AES_256_GCM_SHA384, crypto::AeadAlgorithm::aes_256_gcm, crypto::HashAlgorithm::sha384,
     gcm_records},
    {CipherSuite::TLS_CHACHA20_POLY1305_SHA256, crypto::AeadAlgorithm::chacha20_poly1305, crypto::HashAlgorithm::sha256,
     unlimited_records},
});

/// Returns the parameters of `suite`, or null for a suite that this library does not have.
[[nodiscard]] constexpr const SuiteParameters* find_suite(CipherSuite suite) {
  for (const auto& row : suite_table)
    if (row.suite == suite) return &row;
  return nullptr;
}

}  // namespace sotto::keys
