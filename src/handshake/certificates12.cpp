#include "handshake/certificates12.hpp"

#include <algorithm>

namespace sotto::handshake {

Result<void> send_certificate12(Channel& channel, const CertificateChain& chain) {
  wire::Certificate12 message;
  for (const auto& certificate : chain) message.certificate_list.push_back({as_view(certificate.der())});
  return channel.send(message);
}

CertificateChain take_chain12(const wire::Certificate12& certificate) {
  CertificateChain chain;
  for (const auto& entry : certificate.certificate_list) chain.emplace_back(as_public(entry.cert_data));
  return chain;
}

keys::Authentication authentication_of(crypto::KeyType type) {
  // RFC 8422, 2: EdDSA certificates go with the ECDSA suites. RFC 8446, 4.2.3: so do RSA-PSS keys with the RSA ones.
  const bool rsa = type == crypto::KeyType::rsa || type == crypto::KeyType::rsa_pss;
  return rsa ? keys::Authentication::rsa : keys::Authentication::ecdsa;
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
