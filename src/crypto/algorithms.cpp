#include "crypto/algorithms.hpp"

#include <array>

namespace sotto::crypto {

// The fetched objects live until the process ends: freeing them from a static destructor would race with libcrypto's
// own cleanup.

const EVP_MD* md_of(HashAlgorithm hash) {
  static const std::array fetched{EVP_MD_fetch(nullptr, "SHA2-256", nullptr),
                                  EVP_MD_fetch(nullptr, "SHA2-384", nullptr),
                                  EVP_MD_fetch(nullptr, "SHA2-512", nullptr)};
  return fetched.at(static_cast<std::size_t>(hash));
}

const char* md_name(HashAlgorithm hash) {
  static constexpr std::array names{"SHA2-256", "SHA2-384", "SHA2-512"};
  return names.at(static_cast<std::size_t>(hash));
}

const EVP_CIPHER* cipher_of(AeadAlgorithm aead) {
  static const std::array fetched{
      EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr), EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr),
      EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr), EVP_CIPHER_fetch(nullptr, "AES-128-CCM", nullptr),
      EVP_CIPHER_fetch(nullptr, "AES-256-CCM", nullptr)};
  // The CCM_8 algorithms are the CCM ones with a shorter tag.
  if (aead == AeadAlgorithm::aes_128_ccm_8) return cipher_of(AeadAlgorithm::aes_128_ccm);
  if (aead == AeadAlgorithm::aes_256_ccm_8) return cipher_of(AeadAlgorithm::aes_256_ccm);
  return fetched.at(static_cast<std::size_t>(aead));
}

const EVP_CIPHER* cipher_of(CbcAlgorithm cbc) {
  static const std::array fetched{EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr),
                                  EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};
  return fetched.at(static_cast<std::size_t>(cbc));
}

}  // namespace sotto::crypto
