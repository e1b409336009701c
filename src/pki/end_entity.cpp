#include "pki/end_entity.hpp"

#include "base/bytes.hpp"
#include "wire/certificate_view.hpp"

namespace sotto::pki {

std::unexpected<Error> unusable_certificate(const Error& error) {
  const auto code = error.code == Code::certificate_unsupported_key ? Code::unsupported_key : Code::malformed_pem;
  return fail(code, "the end entity's certificate: " + error.detail);
}

Result<EndEntity> read_end_entity(const Certificate& certificate) {
  if (certificate.type() == CertificateType::raw_public_key) {
    auto key = crypto::PublicKey::from_spki(as_view(certificate.der()));
    if (!key) return unusable_certificate(key.error());
    const KeyUses uses{true, key->type() == crypto::KeyType::rsa};
    return EndEntity{std::move(*key), uses};
  }
  const auto view = wire::parse_certificate(as_view(certificate.der()));
  if (!view) return unusable_certificate(view.error());
  auto key = crypto::PublicKey::from_spki(view->subject_public_key_info);
  if (!key) return unusable_certificate(key.error());
  // RFC 8446, 4.4.2.2: "the digitalSignature bit MUST be set if the Key Usage extension is present"; RFC 5246, 7.4.2:
  // for RSA key exchange it is keyEncipherment.
  const KeyUses uses{view->may_sign, view->may_encipher && key->type() == crypto::KeyType::rsa};
  if (!uses.sign && !uses.decrypt)
    return fail(Code::unsupported_key, "the certificate's keyUsage allows no digital signatures, which TLS needs");
  return EndEntity{std::move(*key), uses};
}

}  // namespace sotto::pki
