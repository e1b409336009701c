/// \file
/// The steps of a client from its offer to the server's choice. RFC 8446, 4.1.
#pragma once

#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

/// Draws the random and the key shares, and looks for a session to resume.
[[nodiscard]] Result<void> prepare_offer(ClientState& state);
/// Sends the first ClientHello, or the second one if a retry was demanded.
[[nodiscard]] Result<void> send_client_hello(Channel& channel, ClientState& state);
/// Checks a HelloRetryRequest and makes ready what it demands. RFC 8446, 4.1.4.
[[nodiscard]] Result<void> accept_retry_request(Channel& channel, ClientState& state,
                                                const Received<wire::HelloRetryRequest>& retry);
/// Checks a ServerHello and agrees on the handshake secret. RFC 8446, 4.1.3.
[[nodiscard]] Result<void> accept_server_hello(Channel& channel, ClientState& state,
                                               const Received<wire::ServerHello>& hello);

}  // namespace sotto::handshake
