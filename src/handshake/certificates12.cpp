#include "handshake/certificates12.hpp"

#include <algorithm>

namespace sotto::handshake {

Result<void> send_certificate12(Channel& channel, const CertificateChain& chain) {
  Bytes content;
  wire::Writer writer(content);
  // RFC 7250, 3: a raw public key takes the place of the list.
  if (!chain.empty() && chain.front().type() == CertificateType::raw_public_key)
    writer.bytes(as_view(chain.front().der()));
  else
    for (const auto& certificate : chain) writer.vector(wire::between<1, 0xffffff>, as_view(certificate.der()));
  if (writer.failed()) return fail(Code::internal_error, "the certificates are too large to encode");
  wire::Certificate12 message;
  message.content = content;
  return channel.send(message);
}

Result<CertificateChain> take_chain12(const wire::Certificate12& certificate, CertificateType type) {
  CertificateChain chain;
  if (type == CertificateType::raw_public_key) {
    if (!certificate.content.empty()) chain.emplace_back(as_public(certificate.content), type);
    return chain;
  }
  wire::Reader list(certificate.content);
  while (!list.at_end()) chain.emplace_back(as_public(list.vector(wire::between<1, 0xffffff>)));
  if (list.failed()) return fail(list.code(), "in the list of certificates");
  return chain;
}

keys::Authentication authentication_of(crypto::KeyType type) {
  // RFC 8422, 2: EdDSA certificates go with the ECDSA suites. RFC 8446, 4.2.3: so do RSA-PSS keys with the RSA ones.
  const bool rsa = type == crypto::KeyType::rsa || type == crypto::KeyType::rsa_pss;
  return rsa ? keys::Authentication::rsa : keys::Authentication::ecdsa;
}

std::optional<NamedGroup> curve_of(crypto::KeyType type) {
  if (type == crypto::KeyType::ecdsa_p256) return NamedGroup::secp256r1;
  if (type == crypto::KeyType::ecdsa_p384) return NamedGroup::secp384r1;
  if (type == crypto::KeyType::ecdsa_p521) return NamedGroup::secp521r1;
  return std::nullopt;
}

Result<SignatureScheme> choose_scheme12(const Credential& credential, const std::vector<SignatureScheme>& ours,
                                        const std::vector<SignatureScheme>& peers) {
  for (const auto scheme : credential.tls12_schemes())
    if (std::ranges::find(ours, scheme) != ours.end() && std::ranges::find(peers, scheme) != peers.end()) return scheme;
  std::string offered;
  for (const auto scheme : peers) offered += (offered.empty() ? "" : ", ") + to_string(scheme);
  return fail(Code::no_common_signature_scheme, "the peer accepts " + offered);
}

Result<void> check_signature12(const crypto::PublicKey& key, const std::vector<SignatureScheme>& offered,
                               SignatureScheme scheme, View message, View signature) {
  // RFC 5246, 7.4.3: the algorithm MUST be one that was offered, and one that the key can make.
  if (std::ranges::find(offered, scheme) == offered.end())
    return fail(Code::wrong_signature_scheme, to_string(scheme) + " was not offered");
  if (!crypto::scheme_fits_tls12(scheme, key.type()))
    return fail(Code::wrong_signature_scheme, to_string(scheme) + " does not fit the certificate's key");
  return key.verify(scheme, message, signature);
}

}  // namespace sotto::handshake
