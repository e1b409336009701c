#include "pkcs11/credential.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sotto/buffer.hpp>
#include <sotto/remote_key.hpp>

namespace program::pkcs11 {

Outcome<sotto::Credential> make_credential(sotto::CertificateChain chain, Key& key, const std::string& certificate) {
  const auto mismatch =
      failure(ExitCode::configuration,
              fmt::format("'{}' is not the key of the first certificate in '{}'", key.text(), shown(certificate)));
  if (chain.empty())
    return failure(ExitCode::configuration, fmt::format("there is no certificate in '{}'", shown(certificate)));
  auto schemes = sotto::schemes_of(chain.front());
  if (!schemes) return failure(schemes.error(), fmt::format("the certificate '{}'", shown(certificate)));
  if (schemes->empty())
    return failure(
        ExitCode::configuration,
        fmt::format("the certificate '{}' is for encryption only, and a key on a token must sign to show that it "
                    "belongs to it",
                    shown(certificate)));
  if (!key.fits(schemes->front())) return mismatch;
  std::erase_if(*schemes, [&](sotto::SignatureScheme scheme) { return !key.can_make(scheme); });
  if (schemes->empty())
    return failure(ExitCode::configuration,
                   fmt::format("the token of '{}' can make no signature that TLS uses", key.text()));
  const auto probe = sotto::as_bytes("sotto: does this private key belong to this certificate?");
  const auto signature = key.sign(schemes->front(), probe);
  if (!signature) return std::unexpected(signature.error());
  if (!sotto::check_signature(chain.front(), schemes->front(), probe, *signature)) return mismatch;
  auto credential = sotto::Credential::with_remote_key(std::move(chain), *std::move(schemes));
  if (!credential) return failure(credential.error(), fmt::format("the certificate '{}'", shown(certificate)));
  return *std::move(credential);
}

}  // namespace program::pkcs11
