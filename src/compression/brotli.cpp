#include <brotli/decode.h>
#include <brotli/encode.h>

#include <cstdlib>
#include <memory>

#include "compression/codecs.hpp"

namespace sotto::compression {
namespace {

/// What the decoder may hold at once beside what it writes. A stream's header can ask for a window of 16 MiB whatever
/// it holds; a certificate needs no more than its own length twice, and tables.
constexpr std::size_t working_octets = std::size_t{1} << 20;

/// Gives a decoder memory up to a budget. What it gave back counts still, so that the budget bounds the work too.
struct Budget {
  std::size_t left;

  static void* allocate(void* opaque, std::size_t octets) {
    auto& budget = *static_cast<Budget*>(opaque);
    if (octets > budget.left) return nullptr;
    budget.left -= octets;
    return std::malloc(octets);
  }
  static void release(void*, void* memory) { std::free(memory); }
};

}  // namespace

Result<Bytes> brotli_compress(View plain) {
  Bytes compressed(BrotliEncoderMaxCompressedSize(plain.size()));
  auto octets = compressed.size();
  if (BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, plain.size(), plain.data(),
                            &octets, compressed.data()) != BROTLI_TRUE)
    return fail(Code::internal_error, "brotli cannot compress");
  compressed.resize(octets);
  return compressed;
}

Result<Bytes> brotli_decompress(View compressed, std::size_t octets) {
  Budget budget{working_octets + 4 * octets};
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> decoder(
      BrotliDecoderCreateInstance(&Budget::allocate, &Budget::release, &budget), &BrotliDecoderDestroyInstance);
  if (!decoder) return fail(Code::internal_error, "brotli has no memory");
  Bytes plain(octets);
  auto unread = compressed.size();
  const auto* from = compressed.data();
  auto missing = plain.size();
  auto* to = plain.data();
  const auto result = BrotliDecoderDecompressStream(decoder.get(), &unread, &from, &missing, &to, nullptr);
  if (result != BROTLI_DECODER_RESULT_SUCCESS || unread != 0 || missing != 0)
    return fail(Code::certificate_not_decompressed, "brotli");
  return plain;
}

}  // namespace sotto::compression
