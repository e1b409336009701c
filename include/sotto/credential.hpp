/// \file
/// Credentials: a certificate chain and the private key that belongs to it, here or elsewhere.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/certificate.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>

namespace sotto::inline v0 {

/// Returns the passphrase of an encrypted private key; called only when the key is encrypted.
using PassphraseSource = std::function<Result<std::string>()>;

/// Proves who we are: a certificate chain with its private key. Cheap to copy; immutable, safe to share between
/// threads.
class SOTTO_API Credential {
 public:
  /// Loads a PEM chain (end entity first) and a PEM private key (PKCS#8, SEC 1 or PKCS#1; encrypted or not).
  /// Errors name the file: `unreadable_file`, `malformed_pem`, `wrong_passphrase`, `key_mismatch`, `unsupported_key`.
  static Result<Credential> from_pem_files(const std::filesystem::path& chain, const std::filesystem::path& key,
                                           PassphraseSource passphrase = {});
  /// Loads the same from memory.
  static Result<Credential> from_pem(std::string_view chain, std::string_view key, PassphraseSource passphrase = {});
  /// Loads a PEM private key and shows its public half alone, without a certificate, to peers that take such. Errors as
  /// above. Source: RFC 7250.
  static Result<Credential> raw_public_key_from_pem_file(const std::filesystem::path& key,
                                                         PassphraseSource passphrase = {});
  /// Loads the same from memory.
  static Result<Credential> raw_public_key_from_pem(std::string_view key, PassphraseSource passphrase = {});
  /// Makes a credential whose key is not here: each signature is asked for with a `SignQuestion`
  /// (sotto/connection.hpp). `schemes`: what the remote key can sign, most preferred first; schemes that do not fit the
  /// end entity's key are `Code::unsupported_key`; those that fit it in TLS 1.2 alone (PKCS#1, or the hash of another
  /// curve) serve there. A certificate that is for encryption only has no schemes.
  static Result<Credential> with_remote_key(CertificateChain chain, std::vector<SignatureScheme> schemes);

  /// Returns this credential with an OCSP response for its end entity, in DER, that is shown to clients that ask for
  /// one. Nothing is checked; renew it in time by a new configuration. RFC 6066, 8; RFC 8446, 4.4.2.1.
  [[nodiscard]] Credential with_ocsp_response(std::vector<std::byte> response) const;
  /// Returns this credential with signed certificate timestamps, each behind its length of two octets as RFC 6962, 3.3
  /// has them in `sct_list`, that are shown to clients that ask for them. Nothing is checked.
  [[nodiscard]] Credential with_sct_list(std::vector<std::byte> list) const;
  /// Returns what was attached; empty if nothing.
  [[nodiscard]] std::span<const std::byte> ocsp_response() const;
  [[nodiscard]] std::span<const std::byte> sct_list() const;

  [[nodiscard]] const CertificateChain& chain() const;
  [[nodiscard]] CertificateType type() const { return chain().front().type(); }
  /// Lists the schemes that this key can sign with in TLS 1.3, most preferred first. Empty for one that serves in TLS
  /// 1.2 alone, by what a remote key can do or because its certificate is for encryption only (keyUsage).
  [[nodiscard]] std::span<const SignatureScheme> schemes() const;
  /// Lists the schemes that this key can sign with in TLS 1.2, most preferred first. It is the longer list: RSA keys
  /// sign by PKCS#1 too, and an ECDSA scheme names a hash but no curve. Source: RFC 5246, 7.4.1.4.1; RFC 8422, 5.1.1.
  [[nodiscard]] std::span<const SignatureScheme> tls12_schemes() const;
  /// Lists the DNS names and IP addresses of the end entity's certificate.
  [[nodiscard]] std::span<const std::string> names() const;
  /// Says whether the end entity's certificate is for the DNS name or IP address `name`. Source: RFC 9525, 6.3.
  [[nodiscard]] bool is_for(std::string_view name) const;
  /// Says whether a certificate of the chain was issued by one of `authorities`, which are DER Names.
  /// Source: RFC 8446, 4.2.4.
  [[nodiscard]] bool is_issued_by(std::span<const std::vector<std::byte>> authorities) const;
  [[nodiscard]] bool has_local_key() const;
  /// Says whether this is an RSA key whose certificate lets it decrypt, for RSA key exchange. RFC 5246, 7.4.2.
  [[nodiscard]] bool can_decrypt() const;
  /// Returns the curve of an ECDSA key; nothing for others.
  [[nodiscard]] std::optional<NamedGroup> curve() const;

  /// Signs `message` with the local key. `Code::wrong_state` without one.
  [[nodiscard]] Result<std::vector<std::byte>> sign(SignatureScheme scheme, std::span<const std::byte> message) const;

  /// Decrypts the pre-master secret of RSA key exchange with the local key: 48 octets, random ones if anything is wrong
  /// with `encrypted`, in a time that does not tell. `Code::wrong_state` without a local RSA key. RFC 5246, 7.4.7.1.
  [[nodiscard]] Result<std::vector<std::byte>> decrypt_premaster(std::span<const std::byte> encrypted,
                                                                 ProtocolVersion client_version) const;

  /// Compresses a Certificate message with this chain. The work is done once for each message and algorithm, and kept
  /// with the credential. `Code::internal_error` for an algorithm that is not there. RFC 8879, 4.
  [[nodiscard]] Result<std::vector<std::byte>> compress(CertificateCompression algorithm,
                                                        std::span<const std::byte> message) const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit Credential(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace sotto::inline v0
