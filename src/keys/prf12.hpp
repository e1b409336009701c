/// \file
/// The pseudo-random function of TLS 1.2 and what is derived with it. RFC 5246, 5, 6.3, 7.4.9 and 8.1; RFC 7627.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "keys/cipher_suites.hpp"

namespace sotto::keys {

/// PRF(secret, label, seed): fills all of `out`. The seed is the concatenation of `first` and `second`. RFC 5246, 5.
[[nodiscard]] Result<void> prf(crypto::HashAlgorithm hash, View secret, std::string_view label, View first, View second,
                               MutableView out);

/// Holds the secret that both sides of a TLS 1.2 session share.
inline constexpr std::size_t master_secret_octets = 48;
using MasterSecret = Secret<master_secret_octets>;

/// Derives it from the premaster secret and the session hash. RFC 7627, 4.
[[nodiscard]] Result<MasterSecret> extended_master_secret(crypto::HashAlgorithm hash, View premaster_secret,
                                                          const crypto::Digest& session_hash);
/// Derives it from the premaster secret and both randoms. RFC 5246, 8.1.
[[nodiscard]] Result<MasterSecret> master_secret(crypto::HashAlgorithm hash, View premaster_secret, View client_random,
                                                 View server_random);

/// Holds what protects one direction of a TLS 1.2 connection.
struct DirectionKeys {
  const SuiteParameters* suite = nullptr;
  Secret<32> key;
  /// The implicit part of the nonce: 4 octets for AES-GCM and CCM, 12 for ChaCha20-Poly1305, none for CBC.
  Secret<crypto::aead_nonce_length> iv;
  /// Of CBC suites alone.
  Secret<crypto::max_mac_length> mac_key;
  bool encrypt_then_mac = false;
};
struct KeyBlock {
  DirectionKeys client;
  DirectionKeys server;
};
/// Derives the keys of both directions. RFC 5246, 6.3.
[[nodiscard]] Result<KeyBlock> derive_key_block(const SuiteParameters* suite, const MasterSecret& master,
                                                View client_random, View server_random);

inline constexpr std::size_t verify_data12_octets = 12;
using VerifyData12 = std::array<std::uint8_t, verify_data12_octets>;
/// Computes the verify_data of a Finished message. `label`: "client finished" or "server finished". RFC 5246, 7.4.9.
[[nodiscard]] Result<VerifyData12> verify_data12(crypto::HashAlgorithm hash, const MasterSecret& master,
                                                 std::string_view label, const crypto::Digest& transcript);

/// Fills `out` with exported key material. RFC 5705, 4.
[[nodiscard]] Result<void> export_keying_material12(crypto::HashAlgorithm hash, const MasterSecret& master,
                                                    View client_random, View server_random, std::string_view label,
                                                    std::optional<View> context, MutableView out);

}  // namespace sotto::keys
