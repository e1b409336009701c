#include "handshake/flows.hpp"
#include "handshake/steps_server12.hpp"

namespace sotto::handshake {

using keys::KeyAgreement;
using wire::Certificate12;
using wire::CertificateVerify12;
using wire::ChangeCipherSpec;
using wire::ClientKeyExchange;
using wire::ClientKeyExchangeClassic;
using wire::Finished;

Flow server12(Channel& channel, ServerState& state) {  // RFC 5246, 7.3, figure 1
  auto choose = co_await credential_question12(state);
  auto chosen = co_await channel.ask(*choose);
  co_await take_credential12(state, chosen);
  co_await send_server_hello12(channel, state);
  co_await send_server_certificate12(channel, state);
  co_await send_certificate_status12(channel, state);
  if (state.agreed.suite->key_agreement != KeyAgreement::rsa_transport) {
    auto sign = co_await key_exchange_sign_question(state);
    auto signature = co_await channel.ask(sign);
    co_await send_server_key_exchange(channel, state, sign, signature);
  }
  co_await send_certificate_request12(channel, state);
  co_await send_server_hello_done(channel);

  if (state.certificate_requested) {
    auto certificate = co_await channel.expect<Certificate12>();
    co_await take_client_chain12(state, certificate);
    if (state.judge) {
      auto proof = co_await channel.ask(*state.judge);
      co_await note_client(state, proof);
    }
  }
  if (state.agreed.suite->key_agreement == KeyAgreement::ecdhe) {
    auto exchange = co_await channel.expect<ClientKeyExchange>();
    co_await accept_client_key_exchange(channel, state, exchange);
  } else {
    auto exchange = co_await channel.expect<ClientKeyExchangeClassic>();
    if (state.agreed.suite->key_agreement == KeyAgreement::dhe) {
      co_await accept_client_key_exchange_dhe(channel, state, exchange);
    } else {
      auto decrypt = co_await decrypt_question(state, exchange);
      auto premaster = co_await channel.ask(decrypt);
      co_await take_premaster_secret(channel, state, premaster);
    }
  }
  if (state.client_key) {
    auto verify = co_await channel.expect<CertificateVerify12>();
    co_await check_client_signature12(channel, state, verify);
  }
  co_await channel.expect<ChangeCipherSpec>();
  co_await accept_change_cipher_spec(channel, state.agreed12, End::client);
  auto finished = co_await channel.expect<Finished>();
  co_await check_finished12(state.agreed12, End::client, finished);

  co_await send_ticket12(channel, state);
  co_await send_finished12(channel, state.agreed12, End::server);
  co_await finish_server12(channel, state);
  co_return {};
}

Flow server12_resuming(Channel& channel, ServerState& state) {  // RFC 5246, 7.3, figure 2; RFC 5077, 3.1, figure 2
  co_await send_server_hello12(channel, state);
  co_await send_ticket12(channel, state);
  co_await derive_keys12(channel, state.agreed12);
  co_await send_finished12(channel, state.agreed12, End::server);
  co_await channel.expect<ChangeCipherSpec>();
  co_await accept_change_cipher_spec(channel, state.agreed12, End::client);
  auto finished = co_await channel.expect<Finished>();
  co_await check_finished12(state.agreed12, End::client, finished);
  co_await finish_server12(channel, state);
  co_return {};
}

}  // namespace sotto::handshake
