/// \file
/// The steps of a server from the client's offer to what both agree on. RFC 8446, 4.1.
#pragma once

#include "handshake/channel.hpp"
#include "handshake/server_state.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

/// Reads the offer, negotiates, and looks for a session to resume.
[[nodiscard]] Result<void> accept_client_hello(Channel& channel, ServerState& state,
                                               const Received<wire::ClientHello>& received);
/// Returns the question whether the early data that could be accepted is a replay. RFC 8446, 8.
[[nodiscard]] Result<ReplayQuestion> replay_question(ServerState& state);
/// Accepts early data that comes for the first time, and expects it; rejects any other. RFC 8446, 4.2.10.
[[nodiscard]] Result<void> accept_early_data(Channel& channel, ServerState& state, FirstTime first_time);
/// Asks for a key share of the group that was chosen. RFC 8446, 4.1.4.
[[nodiscard]] Result<void> send_hello_retry_request(Channel& channel, ServerState& state);
/// Checks the second ClientHello against the first and what was asked for. RFC 8446, 4.1.2.
[[nodiscard]] Result<void> accept_second_client_hello(Channel& channel, ServerState& state,
                                                      const Received<wire::ClientHello>& received);

}  // namespace sotto::handshake
