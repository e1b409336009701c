/// \file
/// The steps of a TLS 1.3 server behind the ClientHello. RFC 8446, 4.1.3 to 4.6.1.
#pragma once

#include <optional>

#include "handshake/channel.hpp"
#include "handshake/compressed_certificates.hpp"
#include "handshake/server_state.hpp"
#include "keys/schedule13.hpp"
#include "wire/messages13.hpp"

namespace sotto::handshake {

/// Returns the question which credential to show.
[[nodiscard]] Result<std::unique_ptr<ChooseCredentialQuestion>> credential_question(ServerState& state);
/// Keeps the credential; it must have a scheme in common with the client.
[[nodiscard]] Result<void> take_credential(ServerState& state, const Credential& credential);
/// Agrees on a secret, sends ServerHello, and installs the handshake keys.
[[nodiscard]] Result<keys::HandshakeStage> send_server_hello(Channel& channel, ServerState& state);
[[nodiscard]] Result<void> send_encrypted_extensions(Channel& channel, ServerState& state);
/// Sends a CertificateRequest if the settings ask for one.
[[nodiscard]] Result<void> send_certificate_request(Channel& channel, ServerState& state);
[[nodiscard]] Result<void> send_server_certificate(Channel& channel, ServerState& state);
[[nodiscard]] Result<SignQuestion> server_sign_question(Channel& channel, ServerState& state);
[[nodiscard]] Result<void> send_server_certificate_verify(Channel& channel, ServerState& state,
                                                          const Signature& signature);

/// The application secrets: the client's is used once its Finished was checked.
struct ServerApplicationKeys {
  keys::ApplicationStage stage;
  keys::TrafficSecret receiving;
};
/// Sends Finished and installs the sending keys for application data.
[[nodiscard]] Result<ServerApplicationKeys> send_server_finished(Channel& channel, ServerState& state,
                                                                 keys::HandshakeStage&& handshake);
/// Expects the rest of the handshake under its own keys, now that early data has ended. RFC 8446, 4.5.
[[nodiscard]] Result<void> end_early_data(Channel& channel, ServerState& state,
                                          const Received<wire::EndOfEarlyData>& end);
/// Takes the client's chain; returns the question whether to accept it, or nothing if it showed none and need not.
[[nodiscard]] Result<std::optional<VerifyQuestion>> take_client_chain(ServerState& state,
                                                                      const AnyCertificate& certificate);
[[nodiscard]] Result<void> check_client_signature(ServerState& state, const Verified& proof,
                                                  const Received<wire::CertificateVerify>& verify);
[[nodiscard]] Result<void> check_client_finished(ServerState& state, const Received<wire::Finished>& finished);
/// Installs the receiving keys, sends tickets and leaves the outcome.
[[nodiscard]] Result<void> finish_server(Channel& channel, ServerState& state, ServerApplicationKeys&& application);

}  // namespace sotto::handshake
