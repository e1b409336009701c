/// \file
/// The steps of a TLS 1.2 client behind the hellos. RFC 5246, 7.4; RFC 8422, 5.
#pragma once

#include "handshake/agreed12.hpp"
#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "wire/messages12.hpp"

namespace sotto::handshake {

/// Checks the choices of a TLS 1.2 ServerHello. RFC 5246, 7.4.1.3.
[[nodiscard]] Result<void> accept_server_hello12(Channel& channel, ClientState& state,
                                                 const Received<wire::ServerHello>& hello);
/// Takes the server's chain and its key; `state.judge` is then the question whether it is who it should be.
[[nodiscard]] Result<void> take_server_chain12(ClientState& state, const Received<wire::Certificate12>& certificate);
/// Takes the OCSP response that goes with the server's certificate, if it came.
[[nodiscard]] Result<void> take_certificate_status(ClientState& state,
                                                   const std::optional<Received<wire::CertificateStatus>>& received);
/// Checks the server's signature over its share and agrees on the premaster secret; needs the proof.
[[nodiscard]] Result<void> check_server_key_exchange(ClientState& state, const Verified& proof,
                                                     const Received<wire::ServerKeyExchange>& exchange);
/// The same for a prime field.
[[nodiscard]] Result<void> check_server_key_exchange_dhe(ClientState& state, const Verified& proof,
                                                         const Received<wire::ServerKeyExchangeDhe>& exchange);
/// Makes a pre-master secret and encrypts it to the server's key; needs the proof. RFC 5246, 7.4.7.1.
[[nodiscard]] Result<void> encrypt_premaster_secret(ClientState& state, const Verified& proof);
/// Keeps a CertificateRequest, to be answered after ServerHelloDone.
[[nodiscard]] Result<void> accept_certificate_request12(ClientState& state,
                                                        const Received<wire::CertificateRequest12>& request);
[[nodiscard]] Result<void> send_client_certificate12(Channel& channel, ClientState& state,
                                                     const std::optional<Credential>& credential);
/// Sends our share and derives the master secret.
[[nodiscard]] Result<void> send_client_key_exchange(Channel& channel, ClientState& state);
[[nodiscard]] Result<SignQuestion> client_sign_question12(Channel& channel, ClientState& state,
                                                          const Credential& credential);
[[nodiscard]] Result<void> send_client_certificate_verify12(Channel& channel, const SignQuestion& asked,
                                                            const Signature& signature);
/// Keeps the ticket for a later session. RFC 5077, 3.3.
[[nodiscard]] Result<void> keep_ticket(ClientState& state, const Received<wire::NewSessionTicket12>& ticket);
/// Stores the session and leaves the outcome.
[[nodiscard]] Result<void> finish_client12(Channel& channel, ClientState& state);

}  // namespace sotto::handshake
