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

enum class AeadAlgorithm : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };
inline constexpr std::size_t aead_nonce_length = 12;
inline constexpr std::size_t aead_tag_length = 16;

/// Returns the key length in octets: 16 or 32.
[[nodiscard]] constexpr std::size_t aead_key_length(AeadAlgorithm aead) {
  return aead == AeadAlgorithm::aes_128_gcm ? 16 : 32;
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
  /// `plaintext.size() + trailer.size() + aead_tag_length` octets; it may start where `plaintext` starts, and may not
  /// overlap it otherwise. Each octet of `plaintext` is touched once.
  [[nodiscard]] Result<void> seal(const AeadNonce& nonce, View additional_data, View plaintext, View trailer,
                                  MutableView out);
  /// Decrypts `sealed` (ciphertext and tag) in place; returns the plaintext, a view of its front.
  /// `Code::bad_record_mac` if it is not authentic; the buffer's content is then worthless.
  [[nodiscard]] Result<MutableView> open(const AeadNonce& nonce, View additional_data, MutableView sealed);

 private:
  Aead(AeadAlgorithm algorithm, evp_cipher_ctx_st* context) : algorithm_(algorithm), context_(context) {}
  AeadAlgorithm algorithm_;
  evp_cipher_ctx_st* context_ = nullptr;  // owned; freed (and wiped by libcrypto) in the destructor
};

}  // namespace sotto::crypto
