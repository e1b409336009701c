/// \file
/// What both roles of TLS 1.2 do with certificates and signatures. RFC 5246, 7.4.2, 7.4.3 and 7.4.8.
#pragma once

#include <sotto/credential.hpp>
#include <sotto/question.hpp>

#include "crypto/signature.hpp"
#include "handshake/channel.hpp"
#include "keys/cipher_suites.hpp"
#include "wire/messages12.hpp"

namespace sotto::handshake {

/// Sends a Certificate message with `chain`, which may be empty for a client.
[[nodiscard]] Result<void> send_certificate12(Channel& channel, const CertificateChain& chain);
/// Copies the chain, or the raw public key, out of a Certificate message.
[[nodiscard]] Result<CertificateChain> take_chain12(const wire::Certificate12& certificate, CertificateType type);
/// Says which kind of suite a key or a credential is for.
[[nodiscard]] keys::Authentication authentication_of(crypto::KeyType type);
/// Returns the curve of an ECDSA key; none for other keys.
[[nodiscard]] std::optional<NamedGroup> curve_of(crypto::KeyType type);
/// Chooses the scheme: the first of the credential's that our policy and the peer both have.
[[nodiscard]] Result<SignatureScheme> choose_scheme12(const Credential& credential,
                                                      const std::vector<SignatureScheme>& ours,
                                                      const std::vector<SignatureScheme>& peers);
/// Checks a signature of the peer's over `message`. `offered`: the schemes it could choose from.
[[nodiscard]] Result<void> check_signature12(const crypto::PublicKey& key, const std::vector<SignatureScheme>& offered,
                                             SignatureScheme scheme, View message, View signature);
/// Returns what a ServerKeyExchange with `params` is signed over. RFC 5246, 7.4.3; RFC 8422, 5.4.
template <class Params>
[[nodiscard]] Bytes signed_params(View client_random, View server_random, const Params& params) {
  Bytes content;
  wire::Writer writer(content);
  writer.bytes(client_random);
  writer.bytes(server_random);
  wire::FieldWriter visit(writer);
  Params::fields(params, visit);
  return content;
}

}  // namespace sotto::handshake
