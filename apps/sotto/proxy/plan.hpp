// The steps from a new client to an established connection, by what FROM and TO are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <sotto/starttls.hpp>

#include "net/endpoint.hpp"

namespace program {

enum class Step : std::uint8_t {
  shake_client,   ///< the client's TLS handshake
  talk_client,    ///< the server's part of the dialogue before it
  take_login,     ///< MySQL without TLS towards the client: greets, and reads the login
  connect,        ///< to the backend
  talk_backend,   ///< the client's part of the dialogue with the backend
  read_greeting,  ///< the backend's greeting, which the client gets
  forward_login,  ///< MySQL: asks the backend for TLS with the flags of the client's login
  shake_backend,  ///< the backend's TLS handshake
  relay,          ///< moves data from here on
};

/// Returns the steps in order; `relay` is the last. The backend comes first where its greeting is what the client gets
/// before TLS; otherwise the client proves itself first.
std::vector<Step> plan_of(const Endpoint& from, const Endpoint& to);

/// Returns the protocol in which a dialogue is spoken on either side, if any.
std::optional<sotto::starttls::Protocol> starttls_protocol(const Endpoint& from, const Endpoint& to);

/// What stands between both sides once data moves.
struct Screening {
  sotto::starttls::Protocol protocol;
  sotto::starttls::Screen::Tls tls;
};
/// Returns it where only one side has gone through a dialogue, and where a plain server stands behind TLS of a known
/// protocol: it would offer STARTTLS inside TLS.
std::optional<Screening> screening_of(const Endpoint& from, const Endpoint& to);

}  // namespace program
