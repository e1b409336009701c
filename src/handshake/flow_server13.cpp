#include "handshake/flows.hpp"
#include "handshake/steps_server13.hpp"

namespace sotto::handshake {

using wire::Certificate;
using wire::CertificateVerify;
using wire::CompressedCertificate;
using wire::EndOfEarlyData;
using wire::Finished;

Flow server13(Channel& channel, ServerState& state) {  // RFC 8446, 2, figure 1
  if (!state.psk) {
    auto choose = co_await credential_question(state);
    auto chosen = co_await channel.ask(*choose);
    co_await take_credential(state, chosen);
  }
  auto handshake = co_await send_server_hello(channel, state);
  co_await send_encrypted_extensions(channel, state);

  if (!state.psk) {
    co_await send_certificate_request(channel, state);
    co_await send_server_certificate(channel, state);
    auto sign = co_await server_sign_question(channel, state);
    auto signature = co_await channel.ask(sign);
    co_await send_server_certificate_verify(channel, state, signature);
  }
  auto application = co_await send_server_finished(channel, state, std::move(handshake));

  if (state.early_data_accepted) {
    auto end = co_await channel.expect<EndOfEarlyData>();
    co_await end_early_data(channel, state, end);
  }
  if (state.certificate_requested) {
    auto certificate = co_await channel.expect<Certificate, CompressedCertificate>();
    auto judge = co_await take_client_chain(state, certificate);
    if (judge) {
      auto proof = co_await channel.ask(*judge);
      auto verify = co_await channel.expect<CertificateVerify>();
      co_await check_client_signature(state, proof, verify);
    }
  }

  auto finished = co_await channel.expect<Finished>();
  co_await check_client_finished(state, finished);
  co_await finish_server(channel, state, std::move(application));
  co_return {};
}

}  // namespace sotto::handshake
