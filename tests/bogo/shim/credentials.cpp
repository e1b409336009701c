#include "credentials.hpp"

#include <algorithm>

#include "failure.hpp"

namespace sotto::bogo {
namespace {

bool contains(std::span<const SignatureScheme> schemes, SignatureScheme scheme) {
  return std::ranges::find(schemes, scheme) != schemes.end();
}

Credential restrict(const Credential& credential, const std::vector<int>& preferences) {
  std::vector<SignatureScheme> schemes;
  for (const auto preference : preferences) {
    const auto scheme = static_cast<SignatureScheme>(preference);
    if (contains(credential.schemes(), scheme) || contains(credential.tls12_schemes(), scheme))
      schemes.push_back(scheme);
  }
  if (schemes.empty()) throw Unimplemented("none of the schemes to sign with is there");
  return must(Credential::with_remote_key(credential.chain(), std::move(schemes)));
}

/// Attaches what is stapled to the certificate. The runner puts the length of the list in front of its timestamps.
Credential staple(Credential credential, const CredentialOptions& options) {
  if (options.ocsp_response) credential = credential.with_ocsp_response(options.ocsp_response->bytes);
  if (!options.signed_cert_timestamps) return credential;
  const auto& list = options.signed_cert_timestamps->bytes;
  return credential.with_sct_list({list.begin() + 2, list.end()});
}

NumberedCredential load(const CredentialOptions& options, int number) {
  auto credential = options.raw_public_key ? Credential::raw_public_key_from_pem_file(options.key_file)
                                           : Credential::from_pem_files(options.cert_file, options.key_file);
  // A key that cannot be read is of a kind that libcrypto does not know, such as ML-DSA.
  if (!credential &&
      (credential.error().code == Code::unsupported_key || credential.error().code == Code::malformed_pem))
    throw Unimplemented(credential.error().message());
  auto key = must(std::move(credential));
  auto shown = options.signing_prefs.empty() ? key : restrict(key, options.signing_prefs);
  shown = staple(std::move(shown), options);
  return {number, std::move(shown), std::move(key), options.must_match_issuer};
}

}  // namespace

std::vector<NumberedCredential> load_credentials(const Options& options) {
  std::vector<NumberedCredential> loaded;
  for (int number = 0; const auto& each : options.credentials) {
    if (!each.psk_importer_key) loaded.push_back(load(each, number));
    ++number;
  }
  auto own = options.credential;
  // A server that declines in its callback has nothing stapled.
  if (options.use_ocsp_callback && options.decline_ocsp_callback) own.ocsp_response.reset();
  if (!own.key_file.empty()) loaded.push_back(load(own, -1));
  return loaded;
}

std::vector<NumberedPsk> load_psks(const Options& options) {
  const auto role = options.server ? PskRole::server : PskRole::client;
  const auto text = [](const std::optional<Octets>& octets) {
    const auto& bytes = octets.value_or(Octets{}).bytes;
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  std::vector<NumberedPsk> psks;
  for (int number = 0; const auto& each : options.credentials) {
    const auto hash = each.psk_importer_sha384 ? PskHash::sha384 : PskHash::sha256;
    if (each.psk_importer_key)
      psks.push_back(
          {number, must(ExternalPsk::imported(role, text(each.psk_importer_identity), each.psk_importer_key->bytes,
                                              text(each.psk_importer_context), hash))});
    ++number;
  }
  return psks;
}

}  // namespace sotto::bogo
