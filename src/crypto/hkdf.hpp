/// \file
/// HMAC (RFC 2104) and HKDF (RFC 5869), hand-built over reused hash contexts: the cheapest pattern libcrypto 3.0
/// offers.
#pragma once

#include <initializer_list>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/hash.hpp"

namespace sotto::crypto {

/// Holds one output of a hash-sized key derivation.
using HashSecret = Secret<max_hash_length>;

/// Computes HMAC over the concatenation of `parts`. `key`: any length. The result is `hash_length(hash)` octets.
[[nodiscard]] Result<HashSecret> hmac(HashAlgorithm hash, View key, std::initializer_list<View> parts);

/// HKDF-Extract. `salt`: empty means `hash_length(hash)` zero octets. RFC 5869, 2.2.
[[nodiscard]] Result<HashSecret> hkdf_extract(HashAlgorithm hash, View salt, View input_key_material);

/// HKDF-Expand: fills all of `out`, at most 255 * `hash_length(hash)` octets. RFC 5869, 2.3.
[[nodiscard]] Result<void> hkdf_expand(HashAlgorithm hash, View pseudo_random_key, View info, MutableView out);

}  // namespace sotto::crypto
