/// \file
/// AES in CBC mode for one direction, over whole blocks: padding is the record layer's. RFC 5246, 6.2.3.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_cipher_ctx_st;

namespace sotto::crypto {

enum class CbcAlgorithm : std::uint8_t { aes_128_cbc, aes_256_cbc };
inline constexpr std::size_t cbc_block = 16;

/// Returns the key length in octets: 16 or 32.
[[nodiscard]] constexpr std::size_t cbc_key_length(CbcAlgorithm algorithm) {
  return algorithm == CbcAlgorithm::aes_128_cbc ? 16 : 32;
}

using CbcIv = std::array<std::uint8_t, cbc_block>;

/// Encrypts or decrypts, never both: the direction is fixed when keyed. Not copyable; movable.
class Cbc {
 public:
  enum class Direction : std::uint8_t { encrypt, decrypt };

  /// `key`: exactly `cbc_key_length(algorithm)` octets; `crypto_failed` otherwise.
  static Result<Cbc> create(CbcAlgorithm algorithm, Direction direction, View key);
  Cbc(Cbc&& other) noexcept;
  Cbc& operator=(Cbc&& other) noexcept;
  ~Cbc();

  /// Transforms `blocks` in place, whole blocks; `crypto_failed` otherwise. Tells nothing about what they hold.
  [[nodiscard]] Result<void> transform(const CbcIv& iv, MutableView blocks);

 private:
  explicit Cbc(evp_cipher_ctx_st* context) : context_(context) {}
  evp_cipher_ctx_st* context_ = nullptr;  // owned; freed (and wiped by libcrypto) in the destructor
};

}  // namespace sotto::crypto
