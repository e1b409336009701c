/// \file
/// The block functions of SHA-1, SHA-256 and SHA-384: what a hash over a message of secret length is built of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace sotto::crypto {

/// The hashes that authenticate the CBC cipher suites of TLS 1.2. SHA-1 serves as HMAC alone, where it is still sound.
enum class MacHash : std::uint8_t { sha1, sha256, sha384 };
inline constexpr std::size_t max_mac_length = 48;
inline constexpr std::size_t max_mac_block = 128;

/// Returns the octets of a tag, and of a key in TLS: 20, 32 or 48.
[[nodiscard]] constexpr std::size_t mac_length(MacHash hash) {
  return hash == MacHash::sha1 ? 20 : hash == MacHash::sha256 ? 32 : 48;
}
/// Returns the octets of a block: 64 or 128.
[[nodiscard]] constexpr std::size_t mac_block(MacHash hash) { return hash == MacHash::sha384 ? 128 : 64; }

/// Holds the chaining value of a hash between two blocks; wipes it when it dies. Copying is cheap.
class ShaChain {
 public:
  /// Starts with the hash's initial value.
  explicit ShaChain(MacHash hash);
  ShaChain(const ShaChain&) = default;
  ShaChain& operator=(const ShaChain&) = default;
  ~ShaChain();

  [[nodiscard]] MacHash hash() const { return hash_; }
  /// Compresses `blocks`, whole ones, into the value. Its time depends on their number alone.
  void absorb(View blocks);
  /// Writes the value, cut as the hash's output is, to `out`: `mac_length(hash())` octets.
  void write(MutableView out) const;

 private:
  MacHash hash_;
  std::array<std::uint64_t, 8> words_{};
};

}  // namespace sotto::crypto
