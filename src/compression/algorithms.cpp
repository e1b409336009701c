#include "compression/algorithms.hpp"

#include <algorithm>
#include <array>

#include "compression/codecs.hpp"

namespace sotto::compression {
namespace {

constexpr auto table = std::to_array<Algorithm>({
    {CertificateCompression::zlib, &zlib_compress, &zlib_decompress},
    {CertificateCompression::brotli, &brotli_compress, &brotli_decompress},
    {CertificateCompression::zstd, &zstd_compress, &zstd_decompress},
});

std::span<const Algorithm> more;

const Algorithm* find_in(std::span<const Algorithm> rows, CertificateCompression code) {
  const auto row = std::ranges::find(rows, code, &Algorithm::code);
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

const Algorithm* find_algorithm(CertificateCompression code) {
  const auto* row = find_in(table, code);
  return row != nullptr ? row : find_in(more, code);
}

void use_also(std::span<const Algorithm> rows) { more = rows; }

}  // namespace sotto::compression
