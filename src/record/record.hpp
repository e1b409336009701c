/// \file
/// The record layer's framing. RFC 8446, 5.1 and 5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/registries.hpp"

namespace sotto::record {

using wire::ContentType;

inline constexpr std::size_t header_octets = 5;
inline constexpr std::size_t max_plaintext = 16384;
inline constexpr std::size_t max_ciphertext = max_plaintext + 256;
/// RFC 5246, 6.2.3.
inline constexpr std::size_t max_ciphertext12 = max_plaintext + 2048;
/// RFC 6066, 4, for the cipher suites that there are: an IV, padding and a MAC.
inline constexpr std::size_t max_expansion12 = 16 + 256 + 48;
inline constexpr std::uint16_t legacy_record_version = 0x0303;

/// Borrows one record from the input.
struct Record {
  ContentType type = ContentType::invalid;
  View header;           ///< the five octets, which are the additional data of a protected record
  MutableView fragment;  ///< the content, protected or not
  /// Counts the octets of the whole record.
  [[nodiscard]] std::size_t octets() const { return header.size() + fragment.size(); }
};

/// Holds what the front of the input is: a record, or how many octets it takes to know more.
struct Deframed {
  std::optional<Record> record;
  std::size_t needed = header_octets;
};

/// Says whether records are protected, which decides how long they may be.
enum class Protection : std::uint8_t { none, aead, aead12 };

/// Looks for a record at the front of `input`, of at most `limit` octets of content. Errors: `record_overflow`,
/// `not_tls`, and `http_request` or `obsolete_version` where the first octets tell what the peer speaks instead.
[[nodiscard]] Result<Deframed> deframe(MutableView input, Protection protection, std::size_t limit = max_plaintext);

/// Returns the header of a record.
[[nodiscard]] std::array<std::uint8_t, header_octets> make_header(ContentType type, std::size_t length,
                                                                  std::uint16_t version = legacy_record_version);

}  // namespace sotto::record
