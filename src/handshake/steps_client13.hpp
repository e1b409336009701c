/// \file
/// The steps of a TLS 1.3 client behind the hellos. RFC 8446, 4.3 and 4.4.
#pragma once

#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "handshake/compressed_certificates.hpp"
#include "keys/schedule13.hpp"
#include "wire/messages13.hpp"

namespace sotto::handshake {

/// Derives and installs the handshake keys of both directions.
[[nodiscard]] Result<keys::HandshakeStage> install_handshake_keys(Channel& channel, ClientState& state);
/// Checks EncryptedExtensions against what was offered. RFC 8446, 4.3.1.
[[nodiscard]] Result<void> accept_parameters(Channel& channel, ClientState& state,
                                             const Received<wire::EncryptedExtensions>& extensions);
/// Says that early data has ended, where it was accepted, and goes on with the handshake keys. RFC 8446, 4.5.
[[nodiscard]] Result<void> end_early_data(Channel& channel, ClientState& state);
/// Keeps a CertificateRequest, if there is one, to be answered later. RFC 8446, 4.3.2.
[[nodiscard]] Result<void> accept_certificate_request(ClientState& state,
                                                      const std::optional<Received<wire::CertificateRequest>>& request);
/// Keeps what a CertificateRequest asks for, in the handshake or after it.
[[nodiscard]] Result<void> keep_certificate_demand(ClientState& state, const wire::CertificateRequest& request);
/// Takes the server's chain and its key; `state.judge` is then the question whether it is who it should be.
[[nodiscard]] Result<void> take_server_chain(ClientState& state, const AnyCertificate& certificate);
/// Checks the server's CertificateVerify; needs the proof, so it cannot be forgotten.
[[nodiscard]] Result<void> check_server_signature(ClientState& state, const Verified& proof,
                                                  const Received<wire::CertificateVerify>& verify);
[[nodiscard]] Result<void> check_server_finished(ClientState& state, const Received<wire::Finished>& finished);
/// Derives the application secrets, whose transcript ends with the server's Finished, and installs the receiving ones.
struct ClientApplicationKeys {
  keys::ApplicationStage stage;
  keys::TrafficSecret sending;
};
[[nodiscard]] Result<ClientApplicationKeys> derive_application_keys(Channel& channel, ClientState& state,
                                                                    keys::HandshakeStage&& handshake);
/// Returns the question which certificate to show.
[[nodiscard]] Result<ChooseClientCredentialQuestion> client_credential_question(ClientState& state);
[[nodiscard]] Result<void> send_client_certificate(Channel& channel, ClientState& state,
                                                   const std::optional<Credential>& credential);
[[nodiscard]] Result<SignQuestion> client_sign_question(Channel& channel, ClientState& state,
                                                        const Credential& credential);
[[nodiscard]] Result<void> send_client_certificate_verify(Channel& channel, ClientState& state,
                                                          const Credential& credential, const Signature& signature);
/// Sends Finished, installs the sending keys and leaves the outcome.
[[nodiscard]] Result<void> finish_client(Channel& channel, ClientState& state, ClientApplicationKeys&& application);

}  // namespace sotto::handshake
