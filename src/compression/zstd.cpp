#include <zstd.h>

#include "compression/codecs.hpp"

namespace sotto::compression {

Result<Bytes> zstd_compress(View plain) {
  Bytes compressed(ZSTD_compressBound(plain.size()));
  const auto octets = ZSTD_compress(compressed.data(), compressed.size(), plain.data(), plain.size(), ZSTD_maxCLevel());
  if (ZSTD_isError(octets) != 0) return fail(Code::internal_error, "zstd cannot compress");
  compressed.resize(octets);
  return compressed;
}

Result<Bytes> zstd_decompress(View compressed, std::size_t octets) {
  // Several frames in a row would be read as one; RFC 8879 promises the one that the message was compressed to.
  const auto frame = ZSTD_findFrameCompressedSize(compressed.data(), compressed.size());
  if (ZSTD_isError(frame) != 0 || frame != compressed.size()) return fail(Code::certificate_not_decompressed, "zstd");
  // Decompressing at once into the place where all belongs needs no window, whatever the frame says of it.
  Bytes plain(octets);
  const auto written = ZSTD_decompress(plain.data(), plain.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(written) != 0 || written != octets) return fail(Code::certificate_not_decompressed, "zstd");
  return plain;
}

}  // namespace sotto::compression
