/// \file
/// What libcrypto must be told to make or check a signature of each scheme.
#pragma once

#include <optional>

#include <sotto/policy.hpp>

#include "crypto/handles.hpp"
#include "crypto/hash.hpp"
#include "crypto/signature.hpp"

namespace sotto::crypto {

enum class Padding : std::uint8_t { none, pkcs1, pss };

/// One row of RFC 8446, 4.2.3.
struct SchemeFacts {
  SignatureScheme scheme;
  KeyType key;  ///< in TLS 1.2 any curve stands for the one of an ECDSA scheme
  /// Absent where the signature takes the message itself (Ed25519).
  std::optional<HashAlgorithm> hash;
  Padding padding;
};

/// Returns the row of `scheme`; null if there is none.
[[nodiscard]] const SchemeFacts* facts_of(SignatureScheme scheme);

enum class SignatureUse : std::uint8_t { sign, verify };

/// Makes a context over `key` that is ready to sign or verify hashes for `scheme`, which must have a hash; null if the
/// key's own parameters (of an id-RSASSA-PSS key) forbid the scheme.
[[nodiscard]] KeyContext signature_context(EVP_PKEY* key, const SchemeFacts& scheme, SignatureUse use);

/// Checks a signature made with a key that can make `scheme`.
[[nodiscard]] Result<void> check_signature(EVP_PKEY* key, const SchemeFacts& scheme, View message, View signature);

/// Returns `schemes`, which are those of the key's type, without what the key's own parameters forbid.
[[nodiscard]] std::vector<SignatureScheme> usable_schemes(EVP_PKEY* key, KeyType type,
                                                          std::vector<SignatureScheme> schemes, SignatureUse use);

}  // namespace sotto::crypto
