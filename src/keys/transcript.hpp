/// \file
/// The transcript hash. RFC 8446, 4.4.1.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace sotto::keys {

/// Absorbs the handshake messages of both sides in order. Until the hash is known it keeps their bytes, afterwards only
/// the running hash.
class Transcript {
 public:
  /// Takes a framed message.
  [[nodiscard]] Result<void> absorb(View message);
  /// Fixes the hash. Choosing it again is an error unless it is the same one. `retention`: a CertificateVerify of
  /// TLS 1.2 covers the messages themselves, so they are kept until `forget_messages`.
  enum class Retention : std::uint8_t { hash_only, messages };
  [[nodiscard]] Result<void> select(crypto::HashAlgorithm hash, Retention retention = Retention::hash_only);
  /// Returns the messages so far, where they are kept.
  [[nodiscard]] View messages() const { return kept_; }
  void forget_messages();
  [[nodiscard]] bool is_selected() const { return hash_.has_value(); }
  /// Returns the hash of all messages so far; `wrong_state` before `select`.
  [[nodiscard]] Result<crypto::Digest> current() const;
  /// Returns the hash of all messages so far and `more`, which is not absorbed. With `hash`, works before `select` too.
  [[nodiscard]] Result<crypto::Digest> with(crypto::HashAlgorithm hash, View more) const;
  /// Returns an independent copy, which goes on by itself.
  [[nodiscard]] Result<Transcript> clone() const;
  /// Replaces all so far, which is the first ClientHello, by the message_hash of RFC 8446, 4.4.1.
  [[nodiscard]] Result<void> replace_by_message_hash();

 private:
  Bytes kept_;
  bool retains_ = true;
  std::optional<crypto::Hash> hash_;
};

}  // namespace sotto::keys
