#include "handshake/psk.hpp"

#include <algorithm>

#include "session/external_psk_impl.hpp"
#include "wire/fields.hpp"

namespace sotto::handshake {
namespace {

using Kind = ExternalPsk::Impl::Kind;

/// RFC 9258, 10: the registry "TLS KDF Identifiers".
enum class Kdf : std::uint16_t { hkdf_sha256 = 1, hkdf_sha384 = 2 };

struct ImportedIdentity {  // RFC 9258, 5.1
  View external_identity;
  View context;
  ProtocolVersion target_protocol = ProtocolVersion::tls13;
  Kdf target_kdf = Kdf::hkdf_sha256;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("external_identity", self.external_identity, wire::between<1, 0xffff>);
    visit("context", self.context, wire::between<0, 0xffff>);
    visit("target_protocol", self.target_protocol);
    visit("target_kdf", self.target_kdf);
  }
};

Kdf kdf_of(crypto::HashAlgorithm hash) {
  return hash == crypto::HashAlgorithm::sha384 ? Kdf::hkdf_sha384 : Kdf::hkdf_sha256;
}

/// Derives the key for one target. RFC 9258, 5.1: the hash of the derivation is the external key's own.
Result<SecretBytes> import_key(const ExternalPsk::Impl& psk, View identity, crypto::HashAlgorithm target) {
  const auto extracted = crypto::hkdf_extract(psk.hash, {}, psk.key.view());
  if (!extracted) return std::unexpected(extracted.error());
  const auto hashed = crypto::digest(psk.hash, identity);
  if (!hashed) return std::unexpected(hashed.error());
  crypto::HashSecret derived;
  if (auto done = keys::expand_label(psk.hash, extracted->view(), "derived psk", hashed->view(),
                                     derived.resize(crypto::hash_length(target)));
      !done)
    return std::unexpected(done.error());
  return SecretBytes(derived.view());
}

Result<std::optional<Psk>> import(const ExternalPsk::Impl& psk, crypto::HashAlgorithm hash) {
  ImportedIdentity target;
  target.external_identity = as_view(std::string_view(psk.identity));
  target.context = as_view(std::string_view(psk.context));
  target.target_kdf = kdf_of(hash);
  Psk imported;
  wire::Writer writer(imported.identity);
  wire::FieldWriter visit(writer);
  ImportedIdentity::fields(target, visit);
  auto key = import_key(psk, imported.identity, hash);
  if (!key) return std::unexpected(key.error());
  imported.kind = PskKind::imported;
  imported.hash = hash;
  imported.key = std::move(*key);
  imported.name = psk.identity;
  return imported;
}

/// Any suite will do, since only its hash counts.
const keys::SuiteParameters* suite_of(crypto::HashAlgorithm hash) {
  return keys::find_suite(hash == crypto::HashAlgorithm::sha384 ? CipherSuite::TLS_AES_256_GCM_SHA384
                                                                : CipherSuite::TLS_AES_128_GCM_SHA256);
}

}  // namespace

Result<keys::HashSecret> binder_for(PskKind kind, crypto::HashAlgorithm hash, View key,
                                    const keys::Digest& transcript) {
  const auto early = keys::EarlyStage::start(suite_of(hash), key);
  if (!early) return std::unexpected(early.error());
  const auto binder_key = kind == PskKind::session ? early->resumption_binder_key()
                          : kind == PskKind::plain ? early->external_binder_key()
                                                   : early->imported_binder_key();
  if (!binder_key) return std::unexpected(binder_key.error());
  return keys::verify_data(*binder_key, transcript);
}

Result<std::optional<Psk>> psk_for(const ExternalPsk& psk, crypto::HashAlgorithm hash) {
  const auto& given = psk.impl();
  if (given.kind == Kind::imported) return import(given, hash);
  if (given.hash != hash) return std::nullopt;
  Psk plain;
  plain.kind = PskKind::plain;
  plain.hash = hash;
  plain.key = SecretBytes(given.key.view());
  plain.identity = own(as_view(std::string_view(given.identity)));
  plain.name = given.identity;
  return plain;
}

Result<std::optional<Psk>> find_psk(const FindPsk& find, View identity, crypto::HashAlgorithm hash) {
  if (!find) return std::nullopt;
  // An imported identity names the external one inside; all the rest of it must be what we would have sent.
  std::optional<ExternalPsk> found;
  if (const auto parsed = wire::parse<ImportedIdentity>(identity)) found = find(as_text(parsed->external_identity));
  if (!found || found->impl().kind != Kind::imported) {
    found = find(as_text(identity));
    if (found && found->impl().kind != Kind::plain) found.reset();
  }
  if (!found || found->role() != PskRole::server) return std::nullopt;
  auto psk = psk_for(*found, hash);
  if (!psk || !*psk || same((*psk)->identity, identity)) return psk;
  return std::nullopt;
}

std::string authenticated_by(const Psk& psk) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~' && c != '"'; };
  if (std::ranges::all_of(psk.name, printable)) return "by the pre-shared key \"" + psk.name + "\"";
  return "by a pre-shared key whose name has " + std::to_string(psk.name.size()) + " octets";
}

}  // namespace sotto::handshake
