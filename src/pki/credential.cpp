#include <algorithm>
#include <memory>

#include <sotto/credential.hpp>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "pki/credential_impl.hpp"
#include "pki/end_entity.hpp"
#include "pki/file.hpp"
#include "pki/names.hpp"
#include "wire/certificate_view.hpp"

namespace sotto::inline v0 {
namespace {

constexpr std::string_view probe = "sotto: does this private key belong to this certificate?";

Result<pki::AlternativeNames> end_entity_names(const CertificateChain& chain) {
  if (chain.front().type() == CertificateType::raw_public_key) return pki::AlternativeNames();
  auto names = pki::alternative_names(as_view(chain.front().der()));
  if (!names) return pki::unusable_certificate(names.error());
  return names;
}

// A signature by the one and checked by the other is the proof that they belong together.
Result<void> check_pair(const crypto::PrivateKey& key, const crypto::PublicKey& public_key, SignatureScheme scheme) {
  if (key.type() != public_key.type()) return fail(Code::key_mismatch, "they are keys of different kinds");
  const auto signature = key.sign(scheme, as_view(probe));
  if (!signature) return std::unexpected(signature.error());
  if (!public_key.verify(scheme, as_view(probe), *signature)) return fail(Code::key_mismatch);
  return {};
}

Error in_file(Error error, const std::filesystem::path& file) {
  error.detail = error.detail.empty() ? file.string() : file.string() + ": " + error.detail;
  return error;
}

struct Parts {
  CertificateChain chain;
  crypto::PrivateKey key;
};

Result<Credential::Impl> join(Parts parts) {
  const auto end_entity = pki::read_end_entity(parts.chain.front());
  if (!end_entity) return std::unexpected(end_entity.error());
  const auto names = end_entity_names(parts.chain);
  if (!names) return std::unexpected(names.error());
  pki::Schemes schemes{parts.key.tls13_schemes(), parts.key.tls12_schemes()};
  if (schemes.tls13.empty())
    return fail(Code::unsupported_key, "the private key can make no signature that TLS 1.3 uses");
  if (auto pair = check_pair(parts.key, end_entity->key, schemes.tls13.front()); !pair)
    return std::unexpected(std::move(pair.error()));
  if (!end_entity->uses.sign) schemes = {};
  return Credential::Impl{std::move(parts.chain),
                          std::make_shared<const crypto::PrivateKey>(std::move(parts.key)),
                          std::move(schemes),
                          *names,
                          {end_entity->key.type(), end_entity->uses}};
}

std::shared_ptr<Credential::Impl> copy_of(const Credential::Impl& impl) {
  auto copy = std::make_shared<Credential::Impl>(impl);
  copy->compressed = std::make_shared<compression::Cache>();
  return copy;
}

}  // namespace

Result<Credential> Credential::from_pem_files(const std::filesystem::path& chain, const std::filesystem::path& key,
                                              PassphraseSource passphrase) {
  return contain([&]() -> Result<Credential> {
    const auto chain_text = pki::read_file(chain);
    if (!chain_text) return std::unexpected(chain_text.error());
    const auto key_text = pki::read_file(key);
    if (!key_text) return std::unexpected(key_text.error());
    auto certificates = Certificate::from_pem(as_text(chain_text->view()));
    if (!certificates) return std::unexpected(in_file(std::move(certificates.error()), chain));
    auto private_key = crypto::PrivateKey::from_pem(as_text(key_text->view()), passphrase);
    if (!private_key) return std::unexpected(in_file(std::move(private_key.error()), key));
    auto impl = join({std::move(*certificates), std::move(*private_key)});
    if (impl) return Credential(std::make_shared<const Impl>(std::move(*impl)));
    if (impl.error().code == Code::key_mismatch)
      impl.error().detail = key.string() + " is not the key of the first certificate in " + chain.string();
    else
      impl.error() = in_file(std::move(impl.error()), chain);
    return std::unexpected(std::move(impl.error()));
  });
}

Result<Credential> Credential::from_pem(std::string_view chain, std::string_view key, PassphraseSource passphrase) {
  return contain([&]() -> Result<Credential> {
    auto certificates = Certificate::from_pem(chain);
    if (!certificates) return std::unexpected(std::move(certificates.error()));
    auto private_key = crypto::PrivateKey::from_pem(key, passphrase);
    if (!private_key) return std::unexpected(std::move(private_key.error()));
    auto impl = join({std::move(*certificates), std::move(*private_key)});
    if (!impl) return std::unexpected(std::move(impl.error()));
    return Credential(std::make_shared<const Impl>(std::move(*impl)));
  });
}

Result<Credential> Credential::raw_public_key_from_pem_file(const std::filesystem::path& key,
                                                            PassphraseSource passphrase) {
  return contain([&]() -> Result<Credential> {
    const auto text = pki::read_file(key);
    if (!text) return std::unexpected(text.error());
    auto credential = raw_public_key_from_pem(as_text(text->view()), std::move(passphrase));
    if (!credential) return std::unexpected(in_file(std::move(credential.error()), key));
    return credential;
  });
}

Result<Credential> Credential::raw_public_key_from_pem(std::string_view key, PassphraseSource passphrase) {
  return contain([&]() -> Result<Credential> {
    auto private_key = crypto::PrivateKey::from_pem(key, passphrase);
    if (!private_key) return std::unexpected(std::move(private_key.error()));
    const auto public_half = private_key->subject_public_key_info();
    if (!public_half) return std::unexpected(public_half.error());
    CertificateChain chain = {Certificate(as_public(View(*public_half)), CertificateType::raw_public_key)};
    auto impl = join({std::move(chain), std::move(*private_key)});
    if (!impl) return std::unexpected(std::move(impl.error()));
    return Credential(std::make_shared<const Impl>(std::move(*impl)));
  });
}

Result<Credential> Credential::with_remote_key(CertificateChain chain, std::vector<SignatureScheme> schemes) {
  return contain([&]() -> Result<Credential> {
    if (chain.empty()) return fail(Code::invalid_configuration, "a credential needs a certificate");
    const auto end_entity = pki::read_end_entity(chain.front());
    if (!end_entity) return std::unexpected(end_entity.error());
    const auto& key = end_entity->key;
    if (schemes.empty() == end_entity->uses.sign)
      return fail(Code::unsupported_key, schemes.empty() ? "the remote key has no signature scheme"
                                                         : "the certificate's keyUsage allows no digital signatures");
    const auto names = end_entity_names(chain);
    if (!names) return std::unexpected(names.error());
    const auto usable = key.tls12_schemes();
    for (const auto scheme : schemes)
      if (std::ranges::find(usable, scheme) == usable.end())
        return fail(Code::unsupported_key, "the certificate's key cannot sign with " + to_string(scheme));
    auto tls13_schemes = schemes;
    std::erase_if(tls13_schemes, [&](SignatureScheme scheme) { return !crypto::scheme_fits(scheme, key.type()); });
    return Credential(std::make_shared<const Impl>(Impl{std::move(chain),
                                                        nullptr,
                                                        {std::move(tls13_schemes), std::move(schemes)},
                                                        *names,
                                                        {key.type(), end_entity->uses}}));
  });
}

Credential Credential::with_ocsp_response(std::vector<std::byte> response) const {
  auto stapled = copy_of(*impl_);
  stapled->ocsp_response = std::move(response);
  return Credential(std::move(stapled));
}

Credential Credential::with_sct_list(std::vector<std::byte> list) const {
  auto stapled = copy_of(*impl_);
  stapled->sct_list = std::move(list);
  return Credential(std::move(stapled));
}

std::span<const std::byte> Credential::ocsp_response() const { return impl_->ocsp_response; }

std::span<const std::byte> Credential::sct_list() const { return impl_->sct_list; }

const CertificateChain& Credential::chain() const { return impl_->chain; }

std::span<const SignatureScheme> Credential::schemes() const { return impl_->schemes; }

std::span<const SignatureScheme> Credential::tls12_schemes() const { return impl_->tls12_schemes; }

std::span<const std::string> Credential::names() const { return impl_->names; }

bool Credential::is_for(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  return impl_->alternative_names.include(pki::lower_case(name));
}

bool Credential::can_decrypt() const { return impl_->facts.uses.decrypt; }

std::optional<NamedGroup> Credential::curve() const {
  switch (impl_->facts.type) {
    case crypto::KeyType::ecdsa_p256: return NamedGroup::secp256r1;
    case crypto::KeyType::ecdsa_p384: return NamedGroup::secp384r1;
    case crypto::KeyType::ecdsa_p521: return NamedGroup::secp521r1;
    default: return std::nullopt;
  }
}

bool Credential::is_issued_by(std::span<const std::vector<std::byte>> authorities) const {
  return std::ranges::any_of(impl_->chain, [&](const Certificate& certificate) {
    const auto view = wire::parse_certificate(as_view(certificate.der()));
    return view &&
           std::ranges::any_of(authorities, [&](const auto& name) { return same(as_view(name), view->issuer); });
  });
}

bool Credential::has_local_key() const { return impl_->key != nullptr; }

Result<std::vector<std::byte>> Credential::sign(SignatureScheme scheme, std::span<const std::byte> message) const {
  return contain([&]() -> Result<std::vector<std::byte>> {
    if (!impl_->key) return fail(Code::wrong_state, "the private key of this credential is not here");
    const auto signature = impl_->key->sign(scheme, as_view(message));
    if (!signature) return std::unexpected(signature.error());
    return own_public(*signature);
  });
}

Result<std::vector<std::byte>> Credential::decrypt_premaster(std::span<const std::byte> encrypted,
                                                             ProtocolVersion client_version) const {
  return contain([&]() -> Result<std::vector<std::byte>> {
    if (!impl_->key) return fail(Code::wrong_state, "the private key of this credential is not here");
    const auto premaster = impl_->key->decrypt_premaster(as_view(encrypted), client_version);
    if (!premaster) return std::unexpected(premaster.error());
    return own_public(premaster->view());
  });
}

Result<std::vector<std::byte>> Credential::compress(CertificateCompression algorithm,
                                                    std::span<const std::byte> message) const {
  return contain([&]() -> Result<std::vector<std::byte>> {
    const auto* chosen = compression::find_algorithm(algorithm);
    if (chosen == nullptr) return fail(Code::internal_error, to_string(algorithm) + " is not there");
    const auto compressed = impl_->compressed->compress(*chosen, as_view(message));
    if (!compressed) return std::unexpected(compressed.error());
    return own_public(*compressed);
  });
}

}  // namespace sotto::inline v0
