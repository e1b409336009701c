/// \file
/// Record protection of TLS 1.2 with CBC ciphers: one object for each direction and generation of keys. RFC
/// 5246, 6.2.3.2 (MAC, then encrypt) and RFC 7366 (encrypt, then MAC).
#pragma once

#include <cstdint>

#include <sotto/buffer.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/cbc.hpp"
#include "crypto/constant_time.hpp"
#include "crypto/record_mac.hpp"
#include "keys/prf12.hpp"
#include "record/protection.hpp"
#include "record/record.hpp"

namespace sotto::record {

/// Says what the MAC covers: the content (RFC 5246), or what is sent of it (RFC 7366, once negotiated).
enum class MacOrder : std::uint8_t { mac_then_encrypt, encrypt_then_mac };

/// Borrows what protects one direction. The keys have the lengths of their algorithms.
struct CbcKeys {
  crypto::CbcAlgorithm cipher;
  View encryption_key;
  crypto::MacHash hash;
  View mac_key;
  MacOrder order;
};

/// Returns the keys of one direction of a CBC suite.
[[nodiscard]] CbcKeys cbc_keys_of(const keys::DirectionKeys& keys);

/// Opens the records of one direction. Whatever is wrong with one (length, padding, MAC) is `bad_record_mac`, found out
/// in a time that depends on the record's length alone.
class CbcOpener {
 public:
  static Result<CbcOpener> create(const CbcKeys& keys);
  /// Opens `record` in place. Errors: `bad_record_mac`, after which the fragment is zeros, and `record_overflow`.
  [[nodiscard]] Result<Opened> open(const Record& record);

 private:
  CbcOpener(crypto::Cbc cipher, const crypto::RecordMac& mac, MacOrder order)
      : cipher_(std::move(cipher)), mac_(mac), order_(order) {}
  [[nodiscard]] Result<MutableView> remove_protection(std::uint64_t sequence, const Record& record);
  [[nodiscard]] Result<MutableView> open_mac_then_encrypt(std::uint64_t sequence, const Record& record);
  [[nodiscard]] Result<MutableView> open_encrypt_then_mac(std::uint64_t sequence, const Record& record);
  crypto::Cbc cipher_;
  crypto::RecordMac mac_;
  MacOrder order_;
  std::uint64_t used_ = 0;
};

/// Seals the records of one direction, with no more padding than a block needs and an unpredictable IV each.
class CbcSealer {
 public:
  static Result<CbcSealer> create(const CbcKeys& keys);
  /// Appends one record to `out`. `content`: at most `max_plaintext` octets.
  [[nodiscard]] Result<void> seal(ContentType type, View content, Buffer& out);
  /// Counts the records sealed with this key.
  [[nodiscard]] std::uint64_t used() const { return used_; }

 private:
  CbcSealer(crypto::Cbc cipher, const crypto::RecordMac& mac, MacOrder order)
      : cipher_(std::move(cipher)), mac_(mac), order_(order) {}
  crypto::Cbc cipher_;
  crypto::RecordMac mac_;
  MacOrder order_;
  std::uint64_t used_ = 0;
};

/// What stands before the length in a MAC's input.
struct MacSubject {
  std::uint64_t sequence;
  ContentType type;
};

/// What decrypted blocks came to. Both members are secrets until somebody decides on `authentic`.
struct Unpadded {
  crypto::constant_time::Mask authentic;  ///< all ones, or zero
  std::size_t length;                     ///< of the content; worthless if it is not authentic
};

/// Checks the padding of `plaintext` (content, `tag_length` octets that are left alone, padding), which has at least
/// `tag_length` + 1 octets. Depends on the lengths alone.
[[nodiscard]] Unpadded check_padding(View plaintext, std::size_t tag_length);
/// Checks padding and MAC of `plaintext` (content, tag, padding), which has at least a tag and one octet. Depends on
/// the lengths alone: no branch and no memory access tells padding, content or tag. Lucky Thirteen is about this
/// function.
[[nodiscard]] Unpadded check_padding_and_mac(const crypto::RecordMac& mac, const MacSubject& subject, View plaintext);

}  // namespace sotto::record
