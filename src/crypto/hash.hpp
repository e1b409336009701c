/// \file
/// Hash functions over libcrypto; algorithms are fetched once per process, contexts reused per thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_md_ctx_st;

namespace sotto::crypto {

enum class HashAlgorithm : std::uint8_t { sha256, sha384, sha512 };
inline constexpr std::size_t max_hash_length = 64;

/// Returns the output length in octets: 32, 48 or 64.
[[nodiscard]] constexpr std::size_t hash_length(HashAlgorithm hash) {
  return hash == HashAlgorithm::sha256 ? 32 : hash == HashAlgorithm::sha384 ? 48 : 64;
}

/// Holds a hash value that is not a secret, such as a transcript hash.
class Digest {
 public:
  Digest() = default;
  explicit Digest(View bytes) : size_(static_cast<std::uint8_t>(copy(bytes, bytes_))) {}
  [[nodiscard]] View view() const { return View(bytes_).first(size_); }
  [[nodiscard]] MutableView resize(std::size_t size) {
    size_ = static_cast<std::uint8_t>(size < bytes_.size() ? size : bytes_.size());
    return MutableView(bytes_).first(size_);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::array<std::uint8_t, max_hash_length> bytes_{};
  std::uint8_t size_ = 0;
};

/// Hashes incrementally. `snapshot` leaves the running hash as it is.
class Hash {
 public:
  static Result<Hash> create(HashAlgorithm algorithm);
  Hash(Hash&& other) noexcept;
  Hash& operator=(Hash&& other) noexcept;
  ~Hash();

  [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] Result<void> update(View bytes);
  /// Returns the hash of everything so far.
  [[nodiscard]] Result<Digest> snapshot() const;
  /// Forgets everything so far.
  [[nodiscard]] Result<void> restart();
  /// Returns an independent copy of the running hash.
  [[nodiscard]] Result<Hash> clone() const;

 private:
  Hash(HashAlgorithm algorithm, evp_md_ctx_st* context) : algorithm_(algorithm), context_(context) {}
  HashAlgorithm algorithm_;
  evp_md_ctx_st* context_ = nullptr;  // owned; freed in the destructor
};

/// Hashes `bytes` at once.
[[nodiscard]] Result<Digest> digest(HashAlgorithm algorithm, View bytes);

}  // namespace sotto::crypto
