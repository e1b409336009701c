#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"
#include "pki/names.hpp"
#include "pki/refusal.hpp"
#include "pki/trust_store_impl.hpp"
#include "wire/certificate_view.hpp"

namespace sotto::inline v0 {
namespace {

CertificateChain chain_of(const std::vector<Bytes>& path) {
  CertificateChain chain;
  for (const auto& der : path) chain.emplace_back(as_public(View(der)));
  return chain;
}

// RFC 9525, 6: the name must be in subjectAltName; the subject's common name counts for nothing.
Result<void> check_name(const ServerName& name, const pki::AlternativeNames& names) {
  if (auto usable = name.check(); !usable) return usable;
  if (names.include(name.text())) return {};
  return fail(Code::certificate_wrong_name, pki::wrong_name(name.text(), names));
}

// What libcrypto lets through and must not pass.
Result<void> check_path(const std::vector<Bytes>& path, const pki::AlternativeNames& names) {
  const auto leaf = wire::parse_certificate(path.front());
  if (!leaf) return std::unexpected(leaf.error());
  // An authority's certificate authenticates no peer, unless it is trusted for itself.
  if (leaf->is_authority && path.size() > 1)
    return fail(Code::certificate_wrong_purpose, pki::subject_of(path.front()) + " is the certificate of an authority");
  for (const auto& authority : std::span(path).subspan(1)) {
    const auto evades = pki::wildcard_evades(names, authority);
    if (!evades) return std::unexpected(evades.error());
    if (*evades)
      return fail(Code::certificate_refused, pki::subject_of(path.front()) + " has a wildcard for names that " +
                                                 pki::subject_of(authority) + " must not issue");
  }
  return {};
}

class DefaultVerifier final : public Verifier {
 public:
  explicit DefaultVerifier(TrustStore roots) : roots_(std::move(roots)) {}

 private:
  Result<Judgement> judge(const VerifyRequest& request) const override {
    if (request.chain.front().type() == CertificateType::raw_public_key)
      return fail(Code::certificate_untrusted, "it is a raw public key, and certificates alone are trusted here");
    std::vector<View> chain;
    for (const auto& certificate : request.chain) chain.push_back(as_view(certificate.der()));
    const auto names = pki::alternative_names(chain.front());
    if (!names) return std::unexpected(names.error());
    auto verdict = crypto::validate_path(roots_.impl().anchors, chain, request.purpose, request.time);
    if (!verdict) return std::unexpected(std::move(verdict.error()));
    if (verdict->fault != crypto::PathFault::none) return std::unexpected(pki::refusal(*verdict, request));
    if (auto path = check_path(verdict->path, *names); !path) return std::unexpected(std::move(path.error()));
    if (request.name)
      if (auto name = check_name(*request.name, *names); !name) return std::unexpected(std::move(name.error()));
    return Judgement{chain_of(verdict->path), how(verdict->path), true};
  }

  static std::string how(const std::vector<Bytes>& path) {
    if (path.size() == 1) return "by its own certificate, which is trusted itself";
    return "by the root \"" + pki::subject_of(path.back()) + "\"";
  }

  TrustStore roots_;
};

class AcceptAny final : public Verifier {
  Result<Judgement> judge(const VerifyRequest& request) const override {
    return Judgement{request.chain, "not authenticated", false};
  }
};

}  // namespace

Result<Verified> Verifier::verify(const VerifyRequest& request) const {
  return contain([&]() -> Result<Verified> {
    if (request.chain.empty()) return fail(Code::certificate_missing);
    auto judgement = judge(request);
    if (!judgement) return std::unexpected(std::move(judgement.error()));
    // The proof is about the certificate that the peer showed, whatever an implementation returns.
    if (judgement->path.empty() || judgement->path.front() != request.chain.front())
      return fail(Code::internal_error, "the verifier judged another certificate than the peer's");
    return Verified(std::move(judgement->path), std::move(judgement->how), judgement->authenticated);
  });
}

std::shared_ptr<const Verifier> make_verifier(TrustStore roots) {
  return std::make_shared<DefaultVerifier>(std::move(roots));
}

namespace danger {
std::shared_ptr<const Verifier> accept_any_certificate() { return std::make_shared<AcceptAny>(); }
}  // namespace danger

}  // namespace sotto::inline v0
