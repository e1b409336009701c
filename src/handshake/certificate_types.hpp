/// \file
/// Which kind of identity each side shows: an X.509 certificate or a raw public key. RFC 7250, 4.
#pragma once

#include <vector>

#include <sotto/certificate.hpp>

#include "handshake/client_state.hpp"
#include "handshake/server_state.hpp"

namespace sotto::handshake {

/// Returns the kinds that this client can show.
[[nodiscard]] std::vector<CertificateType> own_types(const ClientConfig::Impl& settings);

/// Takes the server's choice of its own kind and of ours; without one, it is X.509. `no_common_certificate_type` if it
/// was not offered. A resumed connection shows nothing, nor does one with an external pre-shared key.
template <wire::In Message>
[[nodiscard]] Result<void> accept_certificate_types(ClientState& state, const wire::Extensions<Message>& extensions) {
  const auto of_server = extensions.template find<wire::ServerCertificateTypeChoice>();
  const auto of_client = extensions.template find<wire::ClientCertificateTypeChoice>();
  if (of_server) state.server_type = of_server->certificate_type;
  if (of_client) state.own_type = of_client->certificate_type;
  const auto& taken = state.settings().policy.peer_certificate_types;
  const bool shown_now = !state.resumed && !state.psk;
  if (shown_now && std::ranges::find(taken, state.server_type) == taken.end())
    return fail(Code::no_common_certificate_type, "of the server");
  const auto shown = own_types(state.settings());
  if (of_client && std::ranges::find(shown, state.own_type) == shown.end())
    return fail(Code::no_common_certificate_type, "of the client");
  return {};
}

/// Reads what the client takes and can show, and chooses what it shall show if it is asked. `wrong_certificate_types`,
/// `no_common_certificate_type`.
[[nodiscard]] Result<void> accept_certificate_types(ServerState& state);
/// Returns how this server shows itself, or showed itself when the session began.
[[nodiscard]] CertificateType server_type_of(const ServerState& state);
/// Says whether the server's answer names the kind of identity that the client shall show; without one it is X.509.
[[nodiscard]] bool answers_client_type(const ServerState& state);
/// Adds the answers; that about the server on resumption too, where it can only be that of the session.
void answer_certificate_types(const ServerState& state, wire::ExtensionList& extensions);

}  // namespace sotto::handshake
