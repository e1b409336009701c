#include "handshake/flows.hpp"
#include "handshake/steps_client12.hpp"

namespace sotto::handshake {

using keys::KeyAgreement;
using wire::Certificate12;
using wire::CertificateRequest12;
using wire::CertificateStatus;
using wire::ChangeCipherSpec;
using wire::Finished;
using wire::NewSessionTicket12;
using wire::ServerHelloDone;
using wire::ServerKeyExchange;
using wire::ServerKeyExchangeDhe;

Flow client12(Channel& channel, ClientState& state) {  // RFC 5246, 7.3, figure 1
  auto certificate = co_await channel.expect<Certificate12>();
  co_await take_server_chain12(state, certificate);
  if (state.status_promised) {
    auto status = co_await channel.expect_optional<CertificateStatus>();
    co_await take_certificate_status(state, status);
  }
  auto proof = co_await channel.ask(state.judge);
  if (state.suite->key_agreement == KeyAgreement::ecdhe) {
    auto exchange = co_await channel.expect<ServerKeyExchange>();
    co_await check_server_key_exchange(state, proof, exchange);
  } else if (state.suite->key_agreement == KeyAgreement::dhe) {
    auto exchange = co_await channel.expect<ServerKeyExchangeDhe>();
    co_await check_server_key_exchange_dhe(state, proof, exchange);
  } else {
    co_await encrypt_premaster_secret(state, proof);
  }
  auto next = co_await channel.expect<CertificateRequest12, ServerHelloDone>();
  if (auto* request = std::get_if<Received<CertificateRequest12>>(&next)) {
    co_await accept_certificate_request12(state, *request);
    auto done = co_await channel.expect<ServerHelloDone>();
    next = std::move(done);
  }

  if (!state.certificate_demand) {
    co_await send_client_key_exchange(channel, state);
  } else {
    auto credential = co_await channel.ask(state.certificate_demand->question);
    co_await send_client_certificate12(channel, state, credential);
    co_await send_client_key_exchange(channel, state);
    if (credential) {
      auto sign = co_await client_sign_question12(channel, state, *credential);
      auto signature = co_await channel.ask(sign);
      co_await send_client_certificate_verify12(channel, sign, signature);
    }
  }
  co_await send_finished12(channel, state.agreed12, End::client);

  if (state.agreed12.ticket_promised) {
    auto ticket = co_await channel.expect<NewSessionTicket12>();
    co_await keep_ticket(state, ticket);
  }
  co_await channel.expect<ChangeCipherSpec>();
  co_await accept_change_cipher_spec(channel, state.agreed12, End::server);
  auto finished = co_await channel.expect<Finished>();
  co_await check_finished12(state.agreed12, End::server, finished);
  co_await finish_client12(channel, state);
  co_return {};
}

Flow client12_resuming(Channel& channel, ClientState& state) {  // RFC 5246, 7.3, figure 2; RFC 5077, 3.1, figure 2
  co_await derive_keys12(channel, state.agreed12);
  if (state.agreed12.ticket_promised) {
    auto ticket = co_await channel.expect<NewSessionTicket12>();
    co_await keep_ticket(state, ticket);
  }
  co_await channel.expect<ChangeCipherSpec>();
  co_await accept_change_cipher_spec(channel, state.agreed12, End::server);
  auto finished = co_await channel.expect<Finished>();
  co_await check_finished12(state.agreed12, End::server, finished);
  co_await send_finished12(channel, state.agreed12, End::client);
  co_await finish_client12(channel, state);
  co_return {};
}

}  // namespace sotto::handshake
