/// \file
/// Ephemeral key agreement on curves. Prime fields are in ffdhe.hpp.
#pragma once

#include <memory>

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

struct evp_pkey_st;

namespace sotto::crypto {

/// Holds the shared secret of a key agreement: up to 66 octets (P-521).
using SharedSecret = Secret<66>;

/// Holds one ephemeral key pair, used once.
class KeyExchange {
 public:
  /// `crypto_failed` for a group that is no curve.
  static Result<KeyExchange> generate(NamedGroup group);
  /// Makes the pair of a given private key (32 octets for X25519, a big-endian number otherwise), for test vectors.
  static Result<KeyExchange> from_private_key(NamedGroup group, View private_key);
  KeyExchange(KeyExchange&& other) noexcept;
  KeyExchange& operator=(KeyExchange&& other) noexcept;
  ~KeyExchange();

  [[nodiscard]] NamedGroup group() const { return group_; }
  /// Returns the public value in TLS form: 32 octets for X25519, the uncompressed point otherwise. RFC 8446, 4.2.8.2.
  [[nodiscard]] View public_value() const { return public_value_; }
  /// Agrees with `peer_public_value`. `Code::bad_key_share` for a wrong length, a compressed point, a point that is not
  /// on the curve, or an all-zero X25519 result. RFC 8446, 7.4.2.
  [[nodiscard]] Result<SharedSecret> agree(View peer_public_value) const;

 private:
  KeyExchange(NamedGroup group, evp_pkey_st* key, Bytes public_value)
      : group_(group), key_(key), public_value_(std::move(public_value)) {}
  NamedGroup group_;
  evp_pkey_st* key_ = nullptr;  // owned; freed in the destructor
  Bytes public_value_;
};

}  // namespace sotto::crypto
