#include "connection/resolver.hpp"

namespace sotto {
namespace {

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
  auto chosen = choose_credential(question, settings.credentials, settings.policy);
  // A client without a certificate that fits may go on without one; a failure of ours must not look like that.
  if (!chosen && chosen.error().origin == Origin::ours) return chosen.error();
  if (!chosen) return NoCredential{};
  return std::move(*chosen);
}

std::optional<Answer> choose(const ServerConfig::Impl& settings, const ChooseCredentialQuestion& question) {
  if (includes(settings.ask, Ask::credential)) return std::nullopt;
  if (settings.credentials.empty()) return make_error(Code::unknown_psk);
  auto chosen = choose_credential(question, settings.credentials, settings.policy);
  if (!chosen) return chosen.error();
  return std::move(*chosen);
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
