/// \file
/// The functions of the table, one file for each library.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::compression {

[[nodiscard]] Result<Bytes> zlib_compress(View plain);
[[nodiscard]] Result<Bytes> zlib_decompress(View compressed, std::size_t octets);

[[nodiscard]] Result<Bytes> brotli_compress(View plain);
[[nodiscard]] Result<Bytes> brotli_decompress(View compressed, std::size_t octets);

[[nodiscard]] Result<Bytes> zstd_compress(View plain);
[[nodiscard]] Result<Bytes> zstd_decompress(View compressed, std::size_t octets);

}  // namespace sotto::compression
