/// \file
/// Record protection of TLS 1.2 with AEAD ciphers: one object for each direction and generation of keys. RFC
/// 5246, 6.2.3.3; RFC 5288; RFC 7905.
#pragma once

#include <cstdint>

#include <sotto/buffer.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/aead.hpp"
#include "keys/prf12.hpp"
#include "record/protection.hpp"
#include "record/record.hpp"

namespace sotto::record {

/// Makes nonces and additional data from the sequence number. AES-GCM sends eight octets of its nonce with each record,
/// here the sequence number; ChaCha20-Poly1305 sends none.
class Numbering12 {
 public:
  explicit Numbering12(const keys::DirectionKeys& keys);
  [[nodiscard]] std::size_t explicit_octets() const { return explicit_octets_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }
  /// Returns the next sequence number; `key_usage_limit_reached` rather than a wrap.
  [[nodiscard]] Result<std::uint64_t> next();
  /// Returns the nonce of a record. `explicit_nonce`: `explicit_octets()` octets from the record.
  [[nodiscard]] crypto::AeadNonce nonce(std::uint64_t sequence, View explicit_nonce) const;

 private:
  Secret<crypto::aead_nonce_length> iv_;
  std::size_t explicit_octets_;
  std::uint64_t used_ = 0;
};

class Opener12 {
 public:
  static Result<Opener12> create(const keys::DirectionKeys& keys);
  /// Opens `record` in place. Errors: `bad_record_mac`, `record_overflow`.
  [[nodiscard]] Result<Opened> open(const Record& record);

 private:
  Opener12(crypto::Aead aead, Numbering12 numbering) : aead_(std::move(aead)), numbering_(std::move(numbering)) {}
  crypto::Aead aead_;
  Numbering12 numbering_;
};

class Sealer12 {
 public:
  static Result<Sealer12> create(const keys::DirectionKeys& keys);
  /// Appends one record to `out`. `content`: at most `max_plaintext` octets.
  [[nodiscard]] Result<void> seal(ContentType type, View content, Buffer& out);
  [[nodiscard]] std::uint64_t used() const { return numbering_.used(); }

 private:
  Sealer12(crypto::Aead aead, Numbering12 numbering) : aead_(std::move(aead)), numbering_(std::move(numbering)) {}
  crypto::Aead aead_;
  Numbering12 numbering_;
};

}  // namespace sotto::record
