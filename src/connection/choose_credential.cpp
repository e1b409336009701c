#include <algorithm>

#include <sotto/question.hpp>

#include "base/contain.hpp"
#include "base/result.hpp"
#include "handshake/certificates12.hpp"
#include "keys/cipher_suites.hpp"
#include "pki/credential_impl.hpp"

namespace sotto::inline v0 {
namespace {

using Schemes = std::vector<SignatureScheme>;

template <class List, class Item>
bool contains(const List& list, const Item& item) {
  return std::ranges::find(list, item) != list.end();
}

Result<void> check_schemes(const Credential& credential, ProtocolVersion version, const Schemes& ours,
                           const Schemes& peers) {
  const auto schemes = version == ProtocolVersion::tls12 ? credential.tls12_schemes() : credential.schemes();
  const auto is_common = [&](SignatureScheme scheme) { return contains(ours, scheme) && contains(peers, scheme); };
  if (std::ranges::any_of(schemes, is_common)) return {};
  std::string accepted;
  for (const auto scheme : peers) accepted += (accepted.empty() ? "" : ", ") + to_string(scheme);
  return fail(Code::no_common_signature_scheme, "the peer accepts " + (accepted.empty() ? "nothing" : accepted));
}

/// RFC 5246, 7.4.2: the certificate's key must go with a suite, and RFC 8422, 5.1: its curve be one that the client
/// knows. Only RSA key exchange does without a signature.
Result<void> check_tls12(const Credential& credential, const ChooseCredentialQuestion& question, const Schemes& ours) {
  const auto type = credential.impl().facts.type;
  bool fits = false;
  bool enciphers = false;
  for (const auto suite : question.cipher_suites) {
    const auto* row = keys::find_suite(suite);
    if (row == nullptr || row->authentication != handshake::authentication_of(type)) continue;
    fits = true;
    enciphers |= row->key_agreement == keys::KeyAgreement::rsa_transport && credential.can_decrypt();
  }
  if (!fits) return fail(Code::no_common_cipher_suite, "that goes with the key of any certificate at hand");
  const auto curve = credential.curve();
  if (curve && !question.groups.empty() && !contains(question.groups, *curve))
    return fail(Code::no_common_group,
                "the client does not know " + to_string(*curve) + ", the curve of the certificate");
  if (enciphers) return {};
  return check_schemes(credential, question.version, ours, question.signature_schemes);
}

Result<void> check(const Credential& credential, const ChooseCredentialQuestion& question, const Policy& policy) {
  if (!contains(question.types, credential.type())) return fail(Code::no_matching_certificate_type);
  if (question.version == ProtocolVersion::tls12)
    return check_tls12(credential, question, policy.own_signing_schemes());
  return check_schemes(credential, question.version, policy.own_signing_schemes(), question.signature_schemes);
}

/// RFC 5246, 7.4.4 and 7.4.6; RFC 8422, 5.5: EdDSA keys go under ecdsa_sign.
Result<void> check_type(const Credential& credential, const ChooseClientCredentialQuestion& question) {
  const bool rsa = handshake::authentication_of(credential.impl().facts.type) == keys::Authentication::rsa;
  const auto type = rsa ? ClientCertificateType::rsa_sign : ClientCertificateType::ecdsa_sign;
  if (question.certificate_types.empty() || contains(question.certificate_types, type)) return {};
  return fail(Code::no_matching_certificate_type);
}

Result<void> check(const Credential& credential, const ChooseClientCredentialQuestion& question, const Policy& policy) {
  if (credential.type() != question.type) return fail(Code::no_matching_certificate_type);
  if (auto checked = check_type(credential, question); !checked) return checked;
  if (auto checked =
          check_schemes(credential, question.version, policy.own_signing_schemes(), question.signature_schemes);
      !checked)
    return checked;
  const bool has_issuer = credential.type() == CertificateType::x509;
  if (has_issuer && !question.authorities.empty() && !credential.is_issued_by(question.authorities))
    return fail(Code::no_matching_issuer);
  return {};
}

/// Says how well a credential that will do suits the client: the name counts less than the issuer, without which the
/// client cannot verify anything.
int rank(const Credential& credential, const ChooseCredentialQuestion& question) {
  const bool issuer = credential.is_issued_by(question.authorities);
  const bool name = !question.server_name.empty() && credential.is_for(question.server_name);
  return (issuer ? 2 : 0) + (name ? 1 : 0);
}

}  // namespace

Result<Credential> choose_credential(const ChooseCredentialQuestion& question, std::span<const Credential> credentials,
                                     const Policy& policy) {
  return contain([&]() -> Result<Credential> {
    const Credential* best = nullptr;
    int best_rank = -1;
    auto lacking = make_error(Code::no_common_signature_scheme, "there is no certificate");
    for (const auto& credential : credentials) {
      if (auto checked = check(credential, question, policy); !checked) {
        lacking = std::move(checked.error());
        continue;
      }
      const int its_rank = rank(credential, question);
      if (its_rank <= best_rank) continue;
      best = &credential;
      best_rank = its_rank;
    }
    if (best == nullptr) return std::unexpected(std::move(lacking));
    return *best;
  });
}

Result<Credential> choose_credential(const ChooseClientCredentialQuestion& question,
                                     std::span<const Credential> credentials, const Policy& policy) {
  return contain([&]() -> Result<Credential> {
    auto lacking = make_error(Code::no_common_signature_scheme, "there is no certificate");
    for (const auto& credential : credentials) {
      auto checked = check(credential, question, policy);
      if (checked) return credential;
      lacking = std::move(checked.error());
    }
    return std::unexpected(std::move(lacking));
  });
}

}  // namespace sotto::inline v0
