#include "answers.hpp"

#include <algorithm>
#include <utility>

#include "failure.hpp"

namespace sotto::bogo {
namespace {

/// Returns the list in the form that `-expect-advertised-alpn` has.
std::string encode_protocols(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += static_cast<char>(name.size()) + name;
  return list;
}

std::string hexadecimal(const std::vector<std::vector<std::byte>>& names) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += ',';
    for (const auto octet : name) {
      text += digits[std::to_integer<unsigned>(octet) >> 4];
      text += digits[std::to_integer<unsigned>(octet) & 15];
    }
  }
  return text;
}

void check_schemes(const Options& options, const std::vector<SignatureScheme>& schemes) {
  if (options.expect_peer_verify_pref.empty()) return;
  const auto number = [](SignatureScheme scheme) { return static_cast<int>(scheme); };
  expect(std::ranges::equal(options.expect_peer_verify_pref, schemes, {}, {}, number),
         "the peer's signature schemes are not those expected");
}

Error no_matching_issuer() {
  Error error;
  error.code = Code::no_matching_issuer;
  return error;
}

/// A server without certificates takes pre-shared keys alone.
Error no_credential() {
  Error error;
  error.code = Code::unknown_psk;
  return error;
}

/// What a callback of the application's says that does not want to go on.
Error refusal_of_callback(std::string token, Alert alert = Alert::internal_error) {
  Error error;
  error.code = Code::internal_error;
  error.alert = alert;
  error.detail = std::move(token);
  return error;
}

}  // namespace

Answer Answers::to(const Question& question) {
  return std::visit([this](const auto& asked) { return answer(asked); }, question.what);
}

Answer Answers::answer(const ChooseCredentialQuestion& question) {
  const auto& options = setup_.options;
  if (options.fail_early_callback) return refusal_of_callback(":CONNECTION_REJECTED:", Alert::handshake_failure);
  check_schemes(options, question.signature_schemes);
  if (!options.expect_advertised_alpn.empty())
    expect(encode_protocols(question.application_protocols) == options.expect_advertised_alpn,
           "the client's application protocols are not those expected");
  if (options.fail_cert_callback) return refusal_of_callback(":CERT_CB_ERROR:");
  if (options.use_ocsp_callback && options.fail_ocsp_callback) return refusal_of_callback(":OCSP_CB_ERROR:");
  return choose(question);
}

Answer Answers::answer(const ChooseClientCredentialQuestion& question) {
  const auto& options = setup_.options;
  check_schemes(options, question.signature_schemes);
  if (!options.expect_client_ca_list.empty())
    expect(hexadecimal(question.authorities) == options.expect_client_ca_list,
           "the names in the CertificateRequest are not those expected");
  if (options.expect_certificate_types)
    expect(std::ranges::equal(options.expect_certificate_types->bytes, question.certificate_types, {}, {},
                              [](ClientCertificateType type) { return static_cast<std::byte>(type); }),
           "the types in the CertificateRequest are not those expected");
  if (options.fail_cert_callback) return refusal_of_callback(":CERT_CB_ERROR:");
  return choose(question);
}

template <class Asked>
Answer Answers::choose(Asked question) const {
  Answer answer = NoCredential{};
  if (setup_.options.server) answer = no_credential();
  const auto authorities = std::exchange(question.authorities, {});
  for (const auto& credential : setup_.credentials) {
    auto chosen = choose_credential(question, std::span(&credential.shown, 1), setup_.policy);
    if (chosen && credential.must_match_issuer && !credential.shown.is_issued_by(authorities))
      chosen = std::unexpected(no_matching_issuer());
    if (chosen) return std::move(*chosen);
    answer = chosen.error();
  }
  return answer;
}

Answer Answers::answer(const SignQuestion& question) {
  return Signature{must(find(question.credential).key.sign(question.scheme, question.message))};
}

Answer Answers::answer(const DecryptQuestion& question) {
  return PremasterSecret{
      must(find(question.credential).key.decrypt_premaster(question.encrypted, question.client_version))};
}

Answer Answers::answer(const VerifyQuestion& question) {
  const auto& verifier = early_data_was_rejected_ ? setup_.retry_verifier : setup_.verifier;
  auto proof = verifier->verify(question.request);
  if (!proof) return proof.error();
  return std::move(*proof);
}

Answer Answers::answer(const ReplayQuestion&) { return FirstTime::yes; }

const NumberedCredential& Answers::find(const Credential& credential) {
  const auto same = [&](const NumberedCredential& each) { return &each.shown.impl() == &credential.impl(); };
  const auto found = std::ranges::find_if(setup_.credentials, same);
  expect(found != setup_.credentials.end(), "a question about a credential that was never given");
  used_credential_ = found->number;
  return *found;
}

}  // namespace sotto::bogo
