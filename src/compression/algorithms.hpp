/// \file
/// The algorithms that certificates are compressed with, each one row: libraries of others behind two functions.
#pragma once

#include <cstddef>
#include <span>

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::compression {

/// Says how to compress, and how to undo it.
struct Algorithm {
  CertificateCompression code;
  Result<Bytes> (*compress)(View plain);
  /// Returns exactly `octets` octets and writes no more in any case; all of `compressed` is one stream, with nothing
  /// behind it. `Code::certificate_not_decompressed` otherwise. The caller bounds `octets`.
  Result<Bytes> (*decompress)(View compressed, std::size_t octets);
};

/// Returns the row of `code`, or null.
[[nodiscard]] const Algorithm* find_algorithm(CertificateCompression code);

/// Adds rows, for tests that bring algorithms of their own (RFC 8879, 7.3 leaves 16384 and above to private use). To be
/// called before any connection; `rows` must outlive them all.
void use_also(std::span<const Algorithm> rows);

}  // namespace sotto::compression
