/// \file
/// What both roles do with certificates: show a chain, take one, sign and check. RFC 8446, 4.4.2 and 4.4.3.
#pragma once

#include <string_view>

#include <sotto/credential.hpp>
#include <sotto/question.hpp>

#include "crypto/signature.hpp"
#include "handshake/channel.hpp"
#include "wire/hellos.hpp"
#include "wire/messages13.hpp"

namespace sotto::handshake {

/// Says whose CertificateVerify is meant. RFC 8446, 4.4.3: the context string tells them apart.
enum class Signer : std::uint8_t { server, client };

/// Returns a Certificate message with `chain`, which may be empty for a client. `context`: that of the
/// CertificateRequest. `staples`: extensions of the end entity's entry. The message borrows from all three.
[[nodiscard]] wire::Certificate certificate_message(View context, const CertificateChain& chain,
                                                    const wire::ExtensionList& staples);
/// Copies the chain out of a Certificate message. A raw public key stands alone. `offered`: the extensions that may be
/// in it.
[[nodiscard]] Result<CertificateChain> take_chain(const wire::Certificate& certificate, CertificateType type,
                                                  const std::vector<wire::ExtensionType>& offered = {});

/// What comes with an end entity's certificate. RFC 8446, 4.4.2.1; RFC 6962, 3.3.
struct Staples {
  std::vector<std::byte> ocsp_response;
  std::vector<std::byte> sct_list;
};
/// Copies a list of timestamps, none of which may be empty. RFC 6962, 3.3.
[[nodiscard]] Result<std::vector<std::byte>> take_sct_list(View list);
/// Returns what came with the end entity, once `take_chain` accepted it.
[[nodiscard]] Result<Staples> take_staples(const wire::Certificate& certificate);
/// Returns what the client asks for and the credential has, for a server's Certificate message.
[[nodiscard]] wire::ExtensionList staples_for(const wire::ClientHello& hello, const Credential& credential);
/// Says whether the client asks for an OCSP response, and the credential has one.
[[nodiscard]] bool has_wanted_ocsp_response(const wire::ClientHello& hello, const Credential& credential);
/// Says the same of signed certificate timestamps.
[[nodiscard]] bool has_wanted_sct_list(const wire::ClientHello& hello, const Credential& credential);
/// Says what the end entity's key is used for.
enum class KeyUse : std::uint8_t { signing, enciphering };
/// Reads the end entity's key; its keyUsage must allow `use`.
[[nodiscard]] Result<crypto::PublicKey> end_entity_key(const CertificateChain& chain, KeyUse use = KeyUse::signing);
/// Chooses the scheme: the first of the credential's that our policy and the peer both have.
[[nodiscard]] Result<SignatureScheme> choose_scheme(const Credential& credential,
                                                    const std::vector<SignatureScheme>& ours,
                                                    const std::vector<SignatureScheme>& peers);
/// Returns what is signed over `transcript`.
[[nodiscard]] std::vector<std::byte> signed_content(Signer signer, const crypto::Digest& transcript);
/// Checks the peer's CertificateVerify. `offered`: the schemes it could choose from.
[[nodiscard]] Result<void> check_certificate_verify(Signer signer, const crypto::PublicKey& key,
                                                    const std::vector<SignatureScheme>& offered,
                                                    const Received<wire::CertificateVerify>& verify);
/// Sends our CertificateVerify.
[[nodiscard]] Result<void> send_certificate_verify(Channel& channel, SignatureScheme scheme,
                                                   const Signature& signature);
/// Checks the peer's Finished against the traffic secret of its direction. RFC 8446, 4.4.4.
[[nodiscard]] Result<void> check_finished(const keys::TrafficSecret& peer, const Received<wire::Finished>& finished);
/// Sends our Finished.
[[nodiscard]] Result<void> send_finished(Channel& channel, const keys::TrafficSecret& own);

}  // namespace sotto::handshake
