/// \file
/// Record protection of TLS 1.3: one object for each direction and generation of keys. RFC 8446, 5.2 to 5.5.
#pragma once

#include <cstdint>

#include <sotto/buffer.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/aead.hpp"
#include "keys/schedule13.hpp"
#include "record/record.hpp"

namespace sotto::record {

/// Octets that a protected record without padding has more than its content.
inline constexpr std::size_t overhead = header_octets + 1 + crypto::aead_tag_length;

/// Counts records and makes the nonce of each. RFC 8446, 5.3.
class NonceSequence {
 public:
  explicit NonceSequence(const crypto::AeadNonce& iv) : iv_(iv) {}
  /// Returns the nonce of the next record; `key_usage_limit_reached` rather than a wrap.
  [[nodiscard]] Result<crypto::AeadNonce> next();
  /// Gives the last nonce back: the record that it was for did not open, and does not count.
  void give_back() { --used_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }

 private:
  crypto::AeadNonce iv_;
  std::uint64_t used_ = 0;
};

/// What a protected record held.
struct Opened {
  ContentType type = ContentType::invalid;
  MutableView content;
  std::size_t padding = 0;  ///< octets of padding behind it, in TLS 1.3
};

/// Opens the records of one direction.
class Opener {
 public:
  static Result<Opener> create(const keys::TrafficSecret& secret);
  /// Opens `record` in place. Errors: `bad_record_mac`, `record_overflow`, `unexpected_record` (no content type).
  [[nodiscard]] Result<Opened> open(const Record& record);

 private:
  Opener(crypto::Aead aead, const crypto::AeadNonce& iv) : aead_(std::move(aead)), nonces_(iv) {}
  crypto::Aead aead_;
  NonceSequence nonces_;
};

/// Says how records are padded: to a multiple of `to` octets of inner plaintext (0: not at all), as far as `most`
/// octets of content and padding have room.
struct Padding {
  std::size_t to = 0;
  std::size_t most = max_plaintext;
};

/// Seals the records of one direction.
class Sealer {
 public:
  static Result<Sealer> create(const keys::TrafficSecret& secret);
  /// Appends one record to `out`. `content`: at most `max_plaintext` octets.
  [[nodiscard]] Result<void> seal(ContentType type, View content, const Padding& padding, Buffer& out);
  /// Counts the records sealed with this key.
  [[nodiscard]] std::uint64_t used() const { return nonces_.used(); }

 private:
  Sealer(crypto::Aead aead, const crypto::AeadNonce& iv) : aead_(std::move(aead)), nonces_(iv) {}
  crypto::Aead aead_;
  NonceSequence nonces_;
};

}  // namespace sotto::record
