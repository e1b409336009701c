// Any octets as a CompressedCertificate: it gives a Certificate message of the length it promised, within the limit, or
// an error. Input: the message without its header.
#include "compression/algorithms.hpp"
#include "fuzz/fuzz.hpp"
#include "handshake/compressed_certificates.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  static const auto policy = Policy::modern();
  const auto message = wire::parse<wire::CompressedCertificate>(View(data, size));
  if (!message) return 0;
  // Each algorithm gets the input, whichever it names.
  for (auto algorithm : policy.certificate_decompression) {
    auto received = *message;
    received.algorithm = algorithm;
    const auto opened = handshake::open_certificate(handshake::Received<wire::CompressedCertificate>{received, {}},
                                                    policy, handshake::Compression::offered);
    if (!opened) {
      fuzz::promise(opened.error().code != Code::internal_error, "what a peer sends is the peer's fault");
      continue;
    }
    fuzz::promise(opened->storage.size() == received.uncompressed_length, "it is as long as was promised");
    fuzz::promise(opened->storage.size() <= policy.limits.certificate_chain, "nothing exceeds the limit");
    const auto again = compression::find_algorithm(algorithm)->compress(opened->storage);
    fuzz::promise(again.has_value(), "what was taken can be compressed again");
    const auto back = compression::find_algorithm(algorithm)->decompress(*again, opened->storage.size());
    fuzz::promise(back && *back == opened->storage, "what is compressed comes back");
  }
  return 0;
}
