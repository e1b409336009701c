/// \file
/// The HMAC of a CBC record, over a content whose length may be a secret. RFC 5246, 6.2.3.1; RFC 2104.
#pragma once

#include <array>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/sha_chain.hpp"

namespace sotto::crypto {

using MacTag = Secret<max_mac_length>;
/// The sequence number, type, version and length that stand before the content.
using MacPrefix = std::array<std::uint8_t, 13>;

/// Says how long the authenticated content is: `secret`, which lies between `least` and the octets at hand.
struct SecretLength {
  std::size_t least;
  std::size_t secret;
};

/// Authenticates records under one key.
class RecordMac {
 public:
  /// `key`: exactly `mac_length(hash)` octets, as the suites of TLS have it; `crypto_failed` otherwise.
  static Result<RecordMac> create(MacHash hash, View key);

  [[nodiscard]] MacHash hash() const { return inner_.hash(); }
  /// Computes the tag over `prefix` and `content`.
  [[nodiscard]] MacTag compute(const MacPrefix& prefix, View content) const {
    return compute(prefix, content, {content.size(), content.size()});
  }
  /// Computes the tag over `prefix` and the first `length.secret` octets of `content`. Time and memory accesses depend
  /// on `length.least` and `content.size()`, not on the secret: each block that could be the last one is compressed,
  /// and the value behind the block that is the last one is kept. What an attacker could measure otherwise: AlFardan
  /// and Paterson, "Lucky Thirteen", 2013.
  [[nodiscard]] MacTag compute(const MacPrefix& prefix, View content, SecretLength length) const;

 private:
  RecordMac(const ShaChain& inner, const ShaChain& outer) : inner_(inner), outer_(outer) {}
  ShaChain inner_;  ///< behind the key's block with ipad
  ShaChain outer_;  ///< behind the key's block with opad
};

}  // namespace sotto::crypto
