/// \file
/// Authenticated encryption for one direction: keyed once, one context, only the nonce changes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_cipher_ctx_st;

namespace sotto::crypto {

/// The first three serve TLS 1.3 and 1.2, the others TLS 1.2 alone (RFC 6655).
enum class AeadAlgorithm : std::uint8_t {
  aes_128_gcm,
  aes_256_gcm,
  chacha20_poly1305,
  aes_128_ccm,
  aes_256_ccm,
  aes_128_ccm_8,
  aes_256_ccm_8
};
inline constexpr std::size_t aead_nonce_length = 12;
/// The tag of every algorithm of TLS 1.3, which is the longest there is.
inline constexpr std::size_t aead_tag_length = 16;

/// Returns the key length in octets: 16 or 32.
[[nodiscard]] constexpr std::size_t aead_key_length(AeadAlgorithm aead) {
  return aead == AeadAlgorithm::aes_128_gcm || aead == AeadAlgorithm::aes_128_ccm ||
                 aead == AeadAlgorithm::aes_128_ccm_8
             ? 16
             : 32;
}
/// Returns the length of the tag in octets: 8 for the CCM_8 algorithms, 16 for all others.
[[nodiscard]] constexpr std::size_t aead_tag_length_of(AeadAlgorithm aead) {
  return aead == AeadAlgorithm::aes_128_ccm_8 || aead == AeadAlgorithm::aes_256_ccm_8 ? 8 : aead_tag_length;
}

using AeadNonce = std::array<std::uint8_t, aead_nonce_length>;

/// Seals or opens, never both: the direction is fixed when keyed. Not copyable; movable.
class Aead {
 public:
  enum class Direction : std::uint8_t { seal, open };

  /// `key`: exactly `aead_key_length(algorithm)` octets; `crypto_failed` otherwise.
  static Result<Aead> create(AeadAlgorithm algorithm, Direction direction, View key);
  Aead(Aead&& other) noexcept;
  Aead& operator=(Aead&& other) noexcept;
  ~Aead();

  [[nodiscard]] AeadAlgorithm algorithm() const { return algorithm_; }
  /// Encrypts `plaintext` followed by `trailer` into `out`, then writes the tag. `out`: exactly
  /// `plaintext.size() + trailer.size() + aead_tag_length_of(algorithm())` octets; it may start where `plaintext`
  /// starts, and may not overlap it otherwise. Each octet of `plaintext` is touched once.
  [[nodiscard]] Result<void> seal(const AeadNonce& nonce, View additional_data, View plaintext, View trailer,
                                  MutableView out);
  /// Decrypts `sealed` (ciphertext and tag) in place; returns the plaintext, a view of its front.
  /// `Code::bad_record_mac` if it is not authentic; what was decrypted is then zeros.
  [[nodiscard]] Result<MutableView> open(const AeadNonce& nonce, View additional_data, MutableView sealed);

 private:
  Aead(AeadAlgorithm algorithm, evp_cipher_ctx_st* context) : algorithm_(algorithm), context_(context) {}
  [[nodiscard]] Result<void> seal_ccm(const AeadNonce& nonce, View additional_data, View plaintext, View trailer,
                                      MutableView out);
  [[nodiscard]] Result<MutableView> open_ccm(const AeadNonce& nonce, View additional_data, MutableView body,
                                             MutableView tag);
  AeadAlgorithm algorithm_;
  evp_cipher_ctx_st* context_ = nullptr;  // owned; freed (and wiped by libcrypto) in the destructor
};

}  // namespace sotto::crypto
