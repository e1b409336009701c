#include "handshake/compressed_certificates.hpp"

#include <algorithm>

#include "compression/algorithms.hpp"
#include "handshake/certificates.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

Result<PlainCertificate> decompress(const wire::CompressedCertificate& received, const Policy& policy) {
  const auto octets = std::size_t{received.uncompressed_length};
  const auto& offered = policy.certificate_decompression;
  // RFC 8879, 4: "The algorithm MUST be one of the algorithms listed in the peer's compress_certificate extension."
  if (std::ranges::find(offered, received.algorithm) == offered.end())
    return fail(Code::wrong_certificate_compression, to_string(received.algorithm));
  // RFC 8879, 4: the length is there to "enforce limits on the message size before performing decompression".
  if (octets > policy.limits.certificate_chain)
    return fail(Code::certificate_chain_too_large,
                "a compressed Certificate that promises " + std::to_string(octets) + " octets, at most " +
                    std::to_string(policy.limits.certificate_chain) + " are allowed");
  PlainCertificate plain;
  auto storage =
      compression::find_algorithm(received.algorithm)->decompress(received.compressed_certificate_message, octets);
  if (!storage) return std::unexpected(storage.error());
  plain.storage = std::move(*storage);
  auto message = parse<wire::Certificate>(plain.storage);
  if (!message) return fail(message.error().code, "in a compressed Certificate");
  plain.message = std::move(*message);
  plain.form = CompressedForm{received.algorithm, octets, received.compressed_certificate_message.size()};
  return plain;
}

}  // namespace

Result<PlainCertificate> open_certificate(const AnyCertificate& received, const Policy& policy, Compression offered) {
  if (const auto* certificate = std::get_if<Received<wire::Certificate>>(&received))
    return PlainCertificate{{}, certificate->message, std::nullopt};
  if (offered == Compression::not_offered)
    return fail(Code::unexpected_message, "it sent CompressedCertificate, which was not offered");
  return decompress(std::get<Received<wire::CompressedCertificate>>(received).message, policy);
}

Compression offer_compression(const EncodedPolicy& encoded, ExtensionList& list) {
  CompressCertificate offer;
  offer.algorithms = encoded.certificate_decompression.view();
  if (offer.algorithms.empty()) return Compression::not_offered;
  list.add(offer);
  return Compression::offered;
}

Result<void> check_compression(const std::optional<CompressCertificate>& offered) {
  if (!offered) return {};
  std::vector<CertificateCompression> list(offered->algorithms.begin(), offered->algorithms.end());
  std::ranges::sort(list);
  if (std::ranges::adjacent_find(list) != list.end())
    return fail(Code::malformed_extension, "compress_certificate with an algorithm twice");
  return {};
}

std::optional<CertificateCompression> choose_compression(const Policy& policy,
                                                         const std::vector<CertificateCompression>& peers) {
  const auto chosen = std::ranges::find_first_of(policy.certificate_compression, peers);
  if (chosen == policy.certificate_compression.end()) return std::nullopt;
  return *chosen;
}

Result<std::optional<CompressedForm>> send_credential(Channel& channel, View context, const Credential& credential,
                                                      const ExtensionList& staples,
                                                      std::optional<CertificateCompression> algorithm) {
  Bytes raw;
  if (auto encoded = encode_message(certificate_message(context, credential.chain(), staples), raw); !encoded)
    return std::unexpected(encoded.error());
  const auto sent_plain = [&]() -> Result<std::optional<CompressedForm>> {
    if (auto sent = channel.send_encoded(raw); !sent) return std::unexpected(sent.error());
    return std::nullopt;
  };
  // A bare key has nothing to be gained from, and a context is another one each time, so that nothing could be kept.
  if (!algorithm || credential.type() == CertificateType::raw_public_key || !context.empty()) return sent_plain();
  const auto plain = body_of(raw);
  const auto compressed = credential.compress(*algorithm, as_public(plain));
  if (!compressed) return std::unexpected(compressed.error());
  wire::CompressedCertificate message;
  message.algorithm = *algorithm;
  message.uncompressed_length = static_cast<std::uint32_t>(plain.size());
  message.compressed_certificate_message = as_view(*compressed);
  if (auto sent = channel.send(message); !sent) return std::unexpected(sent.error());
  return CompressedForm{*algorithm, plain.size(), compressed->size()};
}

}  // namespace sotto::handshake
