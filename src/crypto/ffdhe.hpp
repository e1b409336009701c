/// \file
/// Ephemeral Diffie-Hellman over prime fields, as TLS 1.2 has it. RFC 5246, 7.4.3 and 8.1.2; RFC 7919.
#pragma once

#include <optional>

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

struct evp_pkey_st;

namespace sotto::crypto {

/// Says whether `group` is a prime field. `KeyExchange` has the curves.
[[nodiscard]] constexpr bool is_ffdhe(NamedGroup group) {
  return group == NamedGroup::ffdhe2048 || group == NamedGroup::ffdhe3072 || group == NamedGroup::ffdhe4096;
}

/// Holds one ephemeral key pair, used once: a secret that is stripped of leading zeros must not depend on a key that
/// lasts, or its length tells about it.
class FfdheExchange {
 public:
  /// Makes a server's key pair. `crypto_failed` for a curve.
  static Result<FfdheExchange> generate(NamedGroup group);
  /// Makes a client's key pair in the server's group. Accepted are the groups of RFC 7919 and of RFC 3526, of 2048 to
  /// 8192 bits, each with its generator 2: their primes are known to be safe, and nobody can choose them. All others
  /// are `weak_dhe_group`, custom ones too, for a client cannot tell a good one from a trap. RFC 7919, 3 and 9.
  static Result<FfdheExchange> from_parameters(View prime, View generator);
  FfdheExchange(FfdheExchange&& other) noexcept;
  FfdheExchange& operator=(FfdheExchange&& other) noexcept;
  ~FfdheExchange();

  /// Returns dh_p, big endian.
  [[nodiscard]] View prime() const { return prime_; }
  /// Returns dh_g: the one octet 2.
  [[nodiscard]] View generator() const;
  /// Returns dh_Ys or dh_Yc, as long as the prime.
  [[nodiscard]] View public_value() const { return public_value_; }
  /// Returns the group's name, if it is one of `NamedGroup`.
  [[nodiscard]] std::optional<NamedGroup> group() const { return group_; }
  /// Returns the size of the prime in bits.
  [[nodiscard]] std::size_t bits() const { return prime_.size() * 8; }
  /// Agrees with `peer_public_value`, a big-endian number. The secret has no leading zeros: that is how TLS 1.2 makes a
  /// pre-master secret of it (RFC 5246, 8.1.2). `bad_key_share` unless the value is between 2 and p - 2.
  [[nodiscard]] Result<SecretBytes> agree(View peer_public_value) const;

 private:
  FfdheExchange(evp_pkey_st* key, std::optional<NamedGroup> group, View prime, Bytes public_value)
      : key_(key), group_(group), prime_(prime), public_value_(std::move(public_value)) {}
  static Result<FfdheExchange> in_group(std::size_t index);
  evp_pkey_st* key_ = nullptr;  // owned; freed in the destructor
  std::optional<NamedGroup> group_;
  View prime_;  // of a table that lives until the process ends
  Bytes public_value_;
};

}  // namespace sotto::crypto
