/// \file
/// libcrypto's algorithms, fetched once per process: a fetch takes locks, and contends when every connection does it.
#pragma once

#include <openssl/evp.h>

#include "crypto/aead.hpp"
#include "crypto/cbc.hpp"
#include "crypto/hash.hpp"

namespace sotto::crypto {

/// Returns the fetched hash; null if libcrypto has none (a broken installation).
[[nodiscard]] const EVP_MD* md_of(HashAlgorithm hash);
/// Returns libcrypto's name of the hash.
[[nodiscard]] const char* md_name(HashAlgorithm hash);
/// Returns the fetched cipher; null if libcrypto has none.
[[nodiscard]] const EVP_CIPHER* cipher_of(AeadAlgorithm aead);
[[nodiscard]] const EVP_CIPHER* cipher_of(CbcAlgorithm cbc);

}  // namespace sotto::crypto
