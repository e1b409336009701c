#include "handshake/flows.hpp"
#include "handshake/steps_authentication13.hpp"
#include "handshake/steps_client13.hpp"
#include "handshake/steps_server13.hpp"

namespace sotto::handshake {

using wire::Certificate;
using wire::CertificateRequest;
using wire::CertificateVerify;
using wire::CompressedCertificate;
using wire::Finished;

Flow client13_authentication(Channel& channel, ClientState& state) {  // RFC 8446, 4.6.2
  auto request = co_await channel.expect<CertificateRequest>();
  co_await accept_later_request(state, request);
  auto choose = co_await client_credential_question(state);
  auto credential = co_await channel.ask(choose);
  co_await send_client_certificate(channel, state, credential);
  if (credential) {
    auto sign = co_await client_sign_question(channel, state, *credential);
    auto signature = co_await channel.ask(sign);
    co_await send_client_certificate_verify(channel, state, *credential, signature);
  }
  co_await finish_authentication(channel);
  co_return {};
}

Flow server13_authentication(Channel& channel, ServerState& state) {  // RFC 8446, 4.6.2
  co_await send_later_request(channel, state);
  auto certificate = co_await channel.expect<Certificate, CompressedCertificate>();
  auto judge = co_await take_client_chain(state, certificate);
  if (judge) {
    auto proof = co_await channel.ask(*judge);
    auto verify = co_await channel.expect<CertificateVerify>();
    co_await check_client_signature(state, proof, verify);
  }
  auto finished = co_await channel.expect<Finished>();
  co_await check_authentication_finished(channel, finished);
  co_return {};
}

}  // namespace sotto::handshake
