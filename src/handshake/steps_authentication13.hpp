/// \file
/// The steps of authenticating a client on an open TLS 1.3 connection, as far as they differ from those of the
/// handshake. RFC 8446, 4.6.2.
#pragma once

#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "handshake/server_state.hpp"
#include "wire/messages13.hpp"

namespace sotto::handshake {

/// Keeps a CertificateRequest, of which the context is sent back.
[[nodiscard]] Result<void> accept_later_request(ClientState& state, const Received<wire::CertificateRequest>& request);
/// Sends Finished under the present application keys. RFC 8446, 4.4: the base key is
/// client_application_traffic_secret_N.
[[nodiscard]] Result<void> finish_authentication(Channel& channel);

/// Asks for a certificate, under a context that was never used on this connection.
[[nodiscard]] Result<void> send_later_request(Channel& channel, ServerState& state);
/// Checks the client's Finished.
[[nodiscard]] Result<void> check_authentication_finished(Channel& channel, const Received<wire::Finished>& finished);

}  // namespace sotto::handshake
