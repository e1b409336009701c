/// \file
/// The keys of certificates: private keys that sign and decrypt, public keys that verify and encrypt.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sotto/credential.hpp>
#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/premaster.hpp"

struct evp_pkey_st;

namespace sotto::crypto {

/// Says what kind of key a SubjectPublicKeyInfo holds, as far as TLS distinguishes them.
enum class KeyType : std::uint8_t { ecdsa_p256, ecdsa_p384, ecdsa_p521, ed25519, rsa, rsa_pss };

/// Lists the schemes for CertificateVerify in TLS 1.3 that a key of this type can use, most preferred first. For RSA,
/// only those whose hash fits `key_bits`. RFC 8446, 4.2.3.
[[nodiscard]] std::vector<SignatureScheme> tls13_schemes_of(KeyType type, std::size_t key_bits);
/// Says whether `scheme` is one that a key of `type` makes in TLS 1.3, where a scheme binds the curve.
[[nodiscard]] bool scheme_fits(SignatureScheme scheme, KeyType type);
/// Lists the schemes that a key of this type can use in TLS 1.2, most preferred first: those of TLS 1.3, then the
/// hashes of the other curves for ECDSA, then PKCS#1 for RSA. RFC 5246, 7.4.1.4.1; RFC 8422, 5.1.1; RFC 8446, 4.2.3.
[[nodiscard]] std::vector<SignatureScheme> tls12_schemes_of(KeyType type, std::size_t key_bits);
/// Says whether `scheme` is one that a key of `type` makes in TLS 1.2. There ecdsa_secp256r1_sha256 means ECDSA with
/// SHA-256 on any curve, and PKCS#1 signs the handshake. Whatever fits in TLS 1.3 fits here.
[[nodiscard]] bool scheme_fits_tls12(SignatureScheme scheme, KeyType type);

/// Verifies signatures of one peer, and encrypts to it.
class PublicKey {
 public:
  /// Reads a DER SubjectPublicKeyInfo by our own reader and imports the raw key, which avoids libcrypto's slow decoder.
  /// `certificate_malformed` or `certificate_unsupported_key`. RSA keys of 1024 to 8192 bits are read; whether one is
  /// strong enough is the verifier's decision.
  static Result<PublicKey> from_spki(View subject_public_key_info);
  PublicKey(PublicKey&& other) noexcept;
  PublicKey& operator=(PublicKey&& other) noexcept;
  ~PublicKey();

  [[nodiscard]] KeyType type() const { return type_; }
  /// Returns the size of the modulus or of the curve's order in bits.
  [[nodiscard]] std::size_t bits() const { return bits_; }
  /// Lists the schemes this key can verify in TLS 1.3: those of its type, without what its own parameters forbid.
  [[nodiscard]] std::vector<SignatureScheme> tls13_schemes() const;
  /// Lists the schemes this key can verify in TLS 1.2.
  [[nodiscard]] std::vector<SignatureScheme> tls12_schemes() const;
  /// Checks `signature` over `message`; `Code::bad_signature` if it is wrong, `Code::wrong_signature_scheme` if the key
  /// cannot have made it. Takes every scheme of `scheme_fits_tls12`, which is wider than TLS 1.3 allows for a
  /// handshake: a caller for TLS 1.3 asks `scheme_fits` first.
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, View message, View signature) const;
  /// Encrypts a pre-master secret of 48 octets by PKCS#1 v1.5. `certificate_unsupported_key` unless the key is RSA; an
  /// RSA-PSS key signs only. RFC 5246, 7.4.7.1.
  [[nodiscard]] Result<Bytes> encrypt_premaster(View premaster) const;

 private:
  PublicKey(KeyType type, std::size_t bits, evp_pkey_st* key) : type_(type), bits_(bits), key_(key) {}
  KeyType type_;
  std::size_t bits_;
  evp_pkey_st* key_ = nullptr;  // owned; freed in the destructor
};

/// Signs and decrypts. Immutable after loading and safe to use from several threads at once.
class PrivateKey {
 public:
  /// Reads a PEM private key. `malformed_pem`, `wrong_passphrase`, `unsupported_key` (RSA below 2048 bits too).
  static Result<PrivateKey> from_pem(std::string_view pem, const PassphraseSource& passphrase);
  PrivateKey(PrivateKey&& other) noexcept;
  PrivateKey& operator=(PrivateKey&& other) noexcept;
  ~PrivateKey();

  [[nodiscard]] KeyType type() const { return type_; }
  [[nodiscard]] std::size_t bits() const { return bits_; }
  /// Lists the schemes this key can sign with in TLS 1.3, most preferred first.
  [[nodiscard]] std::vector<SignatureScheme> tls13_schemes() const;
  /// Lists the schemes this key can sign with in TLS 1.2, most preferred first.
  [[nodiscard]] std::vector<SignatureScheme> tls12_schemes() const;
  /// Returns the DER SubjectPublicKeyInfo of the public half, to compare it with a certificate's.
  [[nodiscard]] Result<Bytes> subject_public_key_info() const;
  /// Signs `message` with any scheme of `scheme_fits_tls12`; which of them the version allows is the caller's choice
  /// from the lists above. An RSA signature is verified before it is returned, so that a fault cannot leak the key.
  [[nodiscard]] Result<Bytes> sign(SignatureScheme scheme, View message) const;
  /// Decrypts what a client encrypted to this RSA key. Whatever is wrong with it (length, padding, version), the result
  /// is a random secret, found out in constant time, and never an error: the handshake goes on and fails at Finished.
  /// `client_hello_version`: what the ClientHello said, not what was negotiated. `crypto_failed` if the key is not RSA.
  /// RFC 5246, 7.4.7.1.
  [[nodiscard]] Result<PremasterSecret> decrypt_premaster(View encrypted, ProtocolVersion client_hello_version) const;

 private:
  PrivateKey(KeyType type, std::size_t bits, evp_pkey_st* key) : type_(type), bits_(bits), key_(key) {}
  KeyType type_;
  std::size_t bits_;
  evp_pkey_st* key_ = nullptr;  // owned; freed in the destructor
};

}  // namespace sotto::crypto
