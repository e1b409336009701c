/// \file
/// The steps of a TLS 1.2 server behind the ClientHello. RFC 5246, 7.4; RFC 8422, 5.
#pragma once

#include <optional>

#include "handshake/agreed12.hpp"
#include "handshake/channel.hpp"
#include "handshake/server_state.hpp"
#include "wire/messages12.hpp"

namespace sotto::handshake {

/// Checks what only a TLS 1.2 offer has, and looks for a session to resume.
[[nodiscard]] Result<void> accept_client_hello12(Channel& channel, ServerState& state);
/// Returns the question which credential to show.
[[nodiscard]] Result<std::unique_ptr<ChooseCredentialQuestion>> credential_question12(ServerState& state);
/// Keeps the credential and chooses the suite that goes with it.
[[nodiscard]] Result<void> take_credential12(ServerState& state, const Credential& credential);
[[nodiscard]] Result<void> send_server_hello12(Channel& channel, ServerState& state);
[[nodiscard]] Result<void> send_server_certificate12(Channel& channel, ServerState& state);
/// Sends the OCSP response, if the client asked for one and there is one. RFC 6066, 8.
[[nodiscard]] Result<void> send_certificate_status12(Channel& channel, ServerState& state);
/// Makes our share and returns the question for its signature.
[[nodiscard]] Result<SignQuestion> key_exchange_sign_question(ServerState& state);
[[nodiscard]] Result<void> send_server_key_exchange(Channel& channel, ServerState& state, const SignQuestion& asked,
                                                    const Signature& signature);
/// Sends a CertificateRequest if the settings ask for one.
[[nodiscard]] Result<void> send_certificate_request12(Channel& channel, ServerState& state);
[[nodiscard]] Result<void> send_server_hello_done(Channel& channel);
/// Takes the client's chain; `state.judge` is then the question whether to accept it, unless it showed none and need
/// not.
[[nodiscard]] Result<void> take_client_chain12(ServerState& state, const Received<wire::Certificate12>& certificate);
/// Notes how the client was authenticated; its signature is checked later.
[[nodiscard]] Result<void> note_client(ServerState& state, const Verified& proof);
/// Agrees on the premaster secret and derives the master secret.
[[nodiscard]] Result<void> accept_client_key_exchange(Channel& channel, ServerState& state,
                                                      const Received<wire::ClientKeyExchange>& exchange);
/// The same for a prime field.
[[nodiscard]] Result<void> accept_client_key_exchange_dhe(Channel& channel, ServerState& state,
                                                          const Received<wire::ClientKeyExchangeClassic>& exchange);
/// Returns the question what the encrypted pre-master secret is.
[[nodiscard]] Result<DecryptQuestion> decrypt_question(ServerState& state,
                                                       const Received<wire::ClientKeyExchangeClassic>& exchange);
/// Derives the master secret from the answer, right or not: only Finished may tell. RFC 5246, 7.4.7.1.
[[nodiscard]] Result<void> take_premaster_secret(Channel& channel, ServerState& state,
                                                 const PremasterSecret& premaster);
[[nodiscard]] Result<void> check_client_signature12(Channel& channel, ServerState& state,
                                                    const Received<wire::CertificateVerify12>& verify);
/// Sends the ticket that ServerHello promised, if it did. RFC 5077, 3.3.
[[nodiscard]] Result<void> send_ticket12(Channel& channel, ServerState& state);
[[nodiscard]] Result<void> finish_server12(Channel& channel, ServerState& state);

}  // namespace sotto::handshake
