#include <zlib.h>

#include "compression/codecs.hpp"

namespace sotto::compression {

Result<Bytes> zlib_compress(View plain) {
  Bytes compressed(compressBound(plain.size()));
  uLongf octets = compressed.size();
  if (compress2(compressed.data(), &octets, plain.data(), plain.size(), Z_BEST_COMPRESSION) != Z_OK)
    return fail(Code::internal_error, "zlib cannot compress");
  compressed.resize(octets);
  return compressed;
}

Result<Bytes> zlib_decompress(View compressed, std::size_t octets) {
  Bytes plain(octets);
  uLongf written = plain.size();
  uLong read = compressed.size();
  const auto status = uncompress2(plain.data(), &written, compressed.data(), &read);
  if (status == Z_MEM_ERROR) return fail(Code::internal_error, "zlib has no memory");
  // Z_OK says that the stream is complete, its checksum included.
  if (status != Z_OK || written != octets || read != compressed.size())
    return fail(Code::certificate_not_decompressed, "zlib");
  return plain;
}

}  // namespace sotto::compression
