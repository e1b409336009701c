#include "connection/resolver.hpp"

#include <algorithm>

#include "wire/certificate_view.hpp"

namespace sotto {
namespace {

bool can_sign_for(const Credential& credential, ProtocolVersion version, const std::vector<SignatureScheme>& ours,
                  const std::vector<SignatureScheme>& peers) {
  const auto schemes = version == ProtocolVersion::tls12 ? credential.tls12_schemes() : credential.schemes();
  return std::ranges::any_of(schemes, [&](SignatureScheme scheme) {
    return std::ranges::find(ours, scheme) != ours.end() && std::ranges::find(peers, scheme) != peers.end();
  });
}

/// Says whether some certificate of the chain was issued by one of `authorities`. RFC 8446, 4.2.4.
bool is_issued_by(const Credential& credential, const std::vector<std::vector<std::byte>>& authorities) {
  if (authorities.empty()) return true;
  return std::ranges::any_of(credential.chain(), [&](const Certificate& certificate) {
    const auto view = wire::parse_certificate(as_view(certificate.der()));
    return view &&
           std::ranges::any_of(authorities, [&](const auto& name) { return same(as_view(name), view->issuer); });
  });
}

std::optional<Answer> sign(Ask ask, const SignQuestion& question) {
  if (includes(ask, Ask::signature) || !question.credential.has_local_key()) return std::nullopt;
  auto signature = question.credential.sign(question.scheme, question.message);
  if (!signature) return signature.error();
  return Signature{std::move(*signature)};
}

std::optional<Answer> decrypt(Ask ask, const DecryptQuestion& question) {
  if (includes(ask, Ask::decryption) || !question.credential.has_local_key()) return std::nullopt;
  auto premaster = question.credential.decrypt_premaster(question.encrypted, question.client_version);
  if (!premaster) return premaster.error();
  return PremasterSecret{std::move(*premaster)};
}

std::optional<Answer> verify(Ask ask, const std::shared_ptr<const Verifier>& verifier, const VerifyQuestion& question) {
  if (includes(ask, Ask::verification)) return std::nullopt;
  auto proof = verifier->verify(question.request);
  if (!proof) return proof.error();
  return std::move(*proof);
}

std::optional<Answer> choose(const ClientConfig::Impl& settings, const ChooseClientCredentialQuestion& question) {
  if (includes(settings.ask, Ask::credential)) return std::nullopt;
  for (const auto& credential : settings.credentials)
    if (can_sign_for(credential, question.version, settings.policy.signature_schemes, question.signature_schemes) &&
        is_issued_by(credential, question.authorities))
      return credential;
  return NoCredential{};
}

/// Says whether the client can make do with the credential's key, by signature or for RSA key exchange.
bool suits(const Credential& credential, const Policy& policy, const ChooseCredentialQuestion& question) {
  const auto curve = credential.curve();
  const auto& groups = question.groups;
  // RFC 8422, 5.1: a TLS 1.2 server must not use a key on a curve that the client does not list.
  if (curve && !groups.empty() && std::ranges::find(groups, *curve) == groups.end()) return false;
  return (question.rsa_key_exchange && credential.can_decrypt()) ||
         can_sign_for(credential, question.version, policy.signature_schemes, question.signature_schemes);
}

std::optional<Answer> choose(const ServerConfig::Impl& settings, const ChooseCredentialQuestion& question) {
  if (includes(settings.ask, Ask::credential)) return std::nullopt;
  if (settings.credentials.empty()) return make_error(Code::unknown_psk);
  const Credential* fallback = nullptr;
  for (const auto& credential : settings.credentials) {
    if (!suits(credential, settings.policy, question)) continue;
    if (!question.server_name.empty() && credential.is_for(question.server_name)) return credential;
    if (fallback == nullptr) fallback = &credential;
  }
  if (fallback != nullptr) return *fallback;
  std::string accepted;
  for (const auto scheme : question.signature_schemes) accepted += (accepted.empty() ? "" : ", ") + to_string(scheme);
  return make_error(Code::no_common_signature_scheme,
                    "the client accepts " + (accepted.empty() ? "RSA key exchange alone" : accepted));
}

std::optional<Answer> look_for_replay(const ServerConfig::Impl& settings, const ReplayQuestion& question) {
  if (includes(settings.ask, Ask::replay)) return std::nullopt;
  return settings.replay_guard->is_first(question.attempt) ? FirstTime::yes : FirstTime::no;
}

}  // namespace

std::optional<Answer> resolve(const ClientConfig::Impl& settings, const handshake::QuestionVariant& question) {
  if (const auto* asked = std::get_if<VerifyQuestion>(&question))
    return verify(settings.ask, settings.verifier, *asked);
  if (const auto* asked = std::get_if<SignQuestion>(&question)) return sign(settings.ask, *asked);
  if (const auto* asked = std::get_if<ChooseClientCredentialQuestion>(&question)) return choose(settings, *asked);
  return std::nullopt;
}

std::optional<Answer> resolve(const ServerConfig::Impl& settings, const handshake::QuestionVariant& question) {
  if (const auto* asked = std::get_if<VerifyQuestion>(&question))
    return verify(settings.ask, settings.client_verifier, *asked);
  if (const auto* asked = std::get_if<SignQuestion>(&question)) return sign(settings.ask, *asked);
  if (const auto* asked = std::get_if<DecryptQuestion>(&question)) return decrypt(settings.ask, *asked);
  if (const auto* asked = std::get_if<ChooseCredentialQuestion>(&question)) return choose(settings, *asked);
  if (const auto* asked = std::get_if<ReplayQuestion>(&question)) return look_for_replay(settings, *asked);
  return std::nullopt;
}

}  // namespace sotto
