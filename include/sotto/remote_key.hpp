/// \file
/// What somebody needs who answers a `SignQuestion` or a `DecryptQuestion` with a key that is elsewhere: on a token, in
/// a service, in another process.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <sotto/certificate.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>
#include <sotto/question.hpp>

namespace sotto::inline v0 {

/// Lists the schemes that the key of `certificate` can sign with, in any version, most preferred first: what
/// `Credential::with_remote_key` takes at most; none for a certificate for encryption only. `unsupported_key` or
/// `malformed_pem` for a certificate of no use to TLS.
[[nodiscard]] SOTTO_API Result<std::vector<SignatureScheme>> schemes_of(const Certificate& certificate);

/// Hashes `message` as `scheme` demands, for keys that sign digests: 32, 48 or 64 octets, which is the length of the
/// salt for RSA-PSS too. `unsupported_key` for Ed25519, which signs the message itself. Source: RFC 8446, 4.2.3.
[[nodiscard]] SOTTO_API Result<std::vector<std::byte>> digest_for(SignatureScheme scheme,
                                                                  std::span<const std::byte> message);

/// Turns an ECDSA signature of the form r || s, each half as long, into the DER form that TLS uses. `crypto_failed` for
/// an odd or an impossible length. Source: RFC 8446, 4.2.3; RFC 3279, 2.2.3.
[[nodiscard]] SOTTO_API Result<std::vector<std::byte>> ecdsa_signature_from_halves(std::span<const std::byte> r_and_s);

/// Checks that the key of `certificate` made `signature` over `message`; `key_mismatch` if it did not. Sign some text
/// when the key is loaded, and find out that it is another one before a peer does.
[[nodiscard]] SOTTO_API Result<void> check_signature(const Certificate& certificate, SignatureScheme scheme,
                                                     std::span<const std::byte> message,
                                                     std::span<const std::byte> signature);

/// Makes the answer to `question` from what a key elsewhere made of it by PKCS#1 v1.5: `octets` are the first 48 octets
/// of the plaintext, whatever they hold, and `length` is how many the plaintext has, or 0 if decryption failed.
/// Whatever is wrong with them (the length, the version), the answer is 48 random octets, and neither the time nor any
/// memory access tells. Do not branch on the outcome of the decryption before you call this. Source: RFC 5246, 7.4.7.1.
[[nodiscard]] SOTTO_API Result<PremasterSecret> premaster_secret_from(const DecryptQuestion& question,
                                                                      std::span<const std::byte, 48> octets,
                                                                      std::size_t length);

}  // namespace sotto::inline v0
