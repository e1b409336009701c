#include "handshake/certificates.hpp"

#include <algorithm>

#include "wire/certificate_view.hpp"

namespace sotto::handshake {

wire::Certificate certificate_message(View context, const CertificateChain& chain, const wire::ExtensionList& staples) {
  wire::Certificate message;
  message.certificate_request_context = context;
  for (const auto& certificate : chain) message.certificate_list.push_back({as_view(certificate.der()), {}});
  if (!message.certificate_list.empty())
    message.certificate_list.front().extensions = staples.view<wire::In::certificate>();
  return message;
}

Result<CertificateChain> take_chain(const wire::Certificate& certificate, CertificateType type,
                                    const std::vector<wire::ExtensionType>& offered) {
  CertificateChain chain;
  Result<void> solicited;
  for (const auto& entry : certificate.certificate_list) {
    // RFC 8446, 4.4.2: extensions "MUST correspond to ones from the ClientHello" or the CertificateRequest.
    entry.extensions.each([&](const wire::RawExtension& extension) {
      if (std::ranges::find(offered, extension.type) != offered.end()) return;
      solicited = fail(Code::unexpected_extension, name_of(extension.type) + " in a Certificate message");
    });
    if (!solicited) return std::unexpected(solicited.error());
    chain.emplace_back(as_public(entry.cert_data), type);
  }
  // RFC 8446, 4.4.2: "the certificate_list MUST contain no more than one CertificateEntry".
  if (type == CertificateType::raw_public_key && chain.size() > 1)
    return fail(Code::malformed_message, "more than one raw public key");
  return chain;
}

Result<std::vector<std::byte>> take_sct_list(View list) {
  wire::Reader timestamps(list);
  while (!timestamps.at_end()) static_cast<void>(timestamps.vector(wire::between<1, 0xffff>));
  if (timestamps.failed()) return fail(Code::malformed_extension, "a signed certificate timestamp");
  return own_public(list);
}

Result<Staples> take_staples(const wire::Certificate& certificate) {
  Staples staples;
  const auto& extensions = certificate.certificate_list.front().extensions;
  if (const auto status = extensions.find<wire::CertificateStatusEntry>()) {
    if (status->status_type != wire::CertificateStatusType::ocsp)
      return fail(Code::malformed_extension, "a certificate status that is no OCSP response");
    staples.ocsp_response = own_public(status->response);
  }
  if (const auto timestamps = extensions.find<wire::TimestampList>()) {
    auto list = take_sct_list(timestamps->sct_list);
    if (!list) return std::unexpected(list.error());
    staples.sct_list = std::move(*list);
  }
  return staples;
}

bool has_wanted_ocsp_response(const wire::ClientHello& hello, const Credential& credential) {
  const auto wanted = hello.extensions.find<wire::StatusRequest>();
  return wanted && wanted->status_type == wire::CertificateStatusType::ocsp && !credential.ocsp_response().empty();
}

bool has_wanted_sct_list(const wire::ClientHello& hello, const Credential& credential) {
  return hello.extensions.has(wire::ExtensionType::signed_certificate_timestamp) && !credential.sct_list().empty();
}

wire::ExtensionList staples_for(const wire::ClientHello& hello, const Credential& credential) {
  wire::ExtensionList staples;
  if (has_wanted_ocsp_response(hello, credential)) {
    wire::CertificateStatusEntry status;
    status.status_type = wire::CertificateStatusType::ocsp;
    status.response = as_view(credential.ocsp_response());
    staples.add(status);
  }
  if (has_wanted_sct_list(hello, credential)) {
    wire::TimestampList timestamps;
    timestamps.sct_list = as_view(credential.sct_list());
    staples.add(timestamps);
  }
  return staples;
}

Result<crypto::PublicKey> end_entity_key(const CertificateChain& chain, KeyUse use) {
  if (chain.front().type() == CertificateType::raw_public_key) {
    auto key = crypto::PublicKey::from_spki(as_view(chain.front().der()));
    if (!key && key.error().code == Code::certificate_malformed)
      return fail(Code::malformed_message, "it is no raw public key: " + key.error().detail);
    return key;
  }
  const auto view = wire::parse_certificate(as_view(chain.front().der()));
  if (!view) return std::unexpected(view.error());
  // RFC 8446, 4.4.2.2: "The digitalSignature bit MUST be set if the Key Usage extension is present."
  if (use == KeyUse::signing && !view->may_sign)
    return fail(Code::certificate_wrong_purpose, "its keyUsage does not allow digitalSignature");
  // RFC 5246, 7.4.2: for RSA key exchange "the keyEncipherment bit MUST be set if the key usage extension is present".
  if (use == KeyUse::enciphering && !view->may_encipher)
    return fail(Code::certificate_wrong_purpose, "its keyUsage does not allow keyEncipherment");
  return crypto::PublicKey::from_spki(view->subject_public_key_info);
}

Result<SignatureScheme> choose_scheme(const Credential& credential, const std::vector<SignatureScheme>& ours,
                                      const std::vector<SignatureScheme>& peers) {
  for (const auto scheme : credential.schemes())
    if (std::ranges::find(ours, scheme) != ours.end() && std::ranges::find(peers, scheme) != peers.end()) return scheme;
  std::string offered;
  for (const auto scheme : peers) offered += (offered.empty() ? "" : ", ") + to_string(scheme);
  return fail(Code::no_common_signature_scheme, "the peer accepts " + offered);
}

std::vector<std::byte> signed_content(Signer signer, const crypto::Digest& transcript) {
  const std::string_view context =
      signer == Signer::server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
  const auto text = as_public(as_view(context));
  const auto hash = as_public(transcript.view());
  std::vector<std::byte> content;
  content.reserve(64 + text.size() + 1 + hash.size());
  content.resize(64, std::byte{0x20});
  content.insert(content.end(), text.begin(), text.end());
  content.push_back(std::byte{0});
  content.insert(content.end(), hash.begin(), hash.end());
  return content;
}

Result<void> check_certificate_verify(Signer signer, const crypto::PublicKey& key,
                                      const std::vector<SignatureScheme>& offered,
                                      const Received<wire::CertificateVerify>& received) {
  const auto& verify = received.message;
  // RFC 8446, 4.4.3: the scheme MUST be one that was offered, and one that the key can make.
  if (std::ranges::find(offered, verify.algorithm) == offered.end())
    return fail(Code::wrong_signature_scheme, to_string(verify.algorithm) + " was not offered");
  if (!crypto::scheme_fits(verify.algorithm, key.type()))
    return fail(Code::wrong_signature_scheme, to_string(verify.algorithm) + " does not fit the certificate's key");
  return key.verify(verify.algorithm, as_view(signed_content(signer, received.context)), verify.signature);
}

Result<void> send_certificate_verify(Channel& channel, SignatureScheme scheme, const Signature& signature) {
  wire::CertificateVerify message;
  message.algorithm = scheme;
  message.signature = as_view(signature.bytes);
  return channel.send(message);
}

Result<void> check_finished(const keys::TrafficSecret& peer, const Received<wire::Finished>& finished) {
  const auto expected = keys::verify_data(peer, finished.context);
  if (!expected) return std::unexpected(expected.error());
  const auto& verify_data = finished.message.verify_data;
  if (verify_data.size() != expected->size())
    return fail(Code::bad_finished, "verify_data of " + std::to_string(verify_data.size()) + " octets");
  if (!equal_in_constant_time(expected->view(), verify_data)) return fail(Code::bad_finished);
  return {};
}

Result<void> send_finished(Channel& channel, const keys::TrafficSecret& own_traffic) {
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  const auto data = keys::verify_data(own_traffic, *transcript);
  if (!data) return std::unexpected(data.error());
  wire::Finished message;
  message.verify_data = data->view();
  return channel.send(message);
}

}  // namespace sotto::handshake
