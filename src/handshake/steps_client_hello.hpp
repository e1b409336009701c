/// \file
/// The steps of a client from its offer to the server's choice. RFC 8446, 4.1.
#pragma once

#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

/// Looks for a session to resume. Returns the question whether its server would be accepted today, where the settings
/// want to know.
[[nodiscard]] Result<std::unique_ptr<ReverifyQuestion>> look_for_session(ClientState& state);
/// Drops the session unless its server was accepted again.
[[nodiscard]] Result<void> accept_session(ClientState& state, const std::optional<Verified>& proof);
/// Draws the random and the key shares.
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
