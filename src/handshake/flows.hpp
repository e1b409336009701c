/// \file
/// The flows: each states the order of messages of one handshake, as the RFC's figure does.
#pragma once

#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "handshake/flow.hpp"
#include "handshake/server_state.hpp"

namespace sotto::handshake {

/// ClientHello to ServerHello, by way of HelloRetryRequest; decides the version. RFC 8446, 4.1. `state` outlives the
/// flow.
[[nodiscard]] Flow client_hello(Channel& channel, ClientState& state);
/// The rest of a TLS 1.3 handshake. RFC 8446, 2, figure 1. `state` outlives the flow.
[[nodiscard]] Flow client13(Channel& channel, ClientState& state);
/// The rest of a TLS 1.2 handshake, full or resuming a session. RFC 5246, 7.3, figures 1 and 2.
[[nodiscard]] Flow client12(Channel& channel, ClientState& state);
[[nodiscard]] Flow client12_resuming(Channel& channel, ClientState& state);

/// Answers a request for a certificate on an open TLS 1.3 connection. RFC 8446, 4.6.2.
[[nodiscard]] Flow client13_authentication(Channel& channel, ClientState& state);
/// Asks for a certificate on an open TLS 1.3 connection, and takes the answer.
[[nodiscard]] Flow server13_authentication(Channel& channel, ServerState& state);

/// Takes a ClientHello, asks for another one if need be; decides the version. `state` outlives the flow.
[[nodiscard]] Flow server_hello(Channel& channel, ServerState& state);
/// The rest of a TLS 1.3 handshake. `state` outlives the flow.
[[nodiscard]] Flow server13(Channel& channel, ServerState& state);
/// The rest of a TLS 1.2 handshake, full or resuming a session. `state` outlives the flow.
[[nodiscard]] Flow server12(Channel& channel, ServerState& state);
[[nodiscard]] Flow server12_resuming(Channel& channel, ServerState& state);

}  // namespace sotto::handshake
