#include "handshake/steps_authentication13.hpp"

#include "crypto/random.hpp"
#include "handshake/certificates.hpp"
#include "handshake/steps_client13.hpp"
#include "handshake/steps_server13.hpp"

namespace sotto::handshake {

Result<void> accept_later_request(ClientState& state, const Received<wire::CertificateRequest>& request) {
  return keep_certificate_demand(state, request.message);
}

Result<void> finish_authentication(Channel& channel) {
  const auto secret = channel.outside().sending_secret();
  return send_finished(channel, secret);
}

Result<void> send_later_request(Channel& channel, ServerState& state) {
  state.request_context.resize(16);
  if (auto filled = crypto::fill_random(state.request_context); !filled) return filled;
  return send_certificate_request(channel, state);
}

Result<void> check_authentication_finished(Channel& channel, const Received<wire::Finished>& finished) {
  const auto secret = channel.outside().receiving_secret();
  return check_finished(secret, finished);
}

}  // namespace sotto::handshake
