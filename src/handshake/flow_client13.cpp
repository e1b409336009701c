#include "handshake/flows.hpp"
#include "handshake/steps_client13.hpp"

namespace sotto::handshake {

using wire::Certificate;
using wire::CertificateRequest;
using wire::CertificateVerify;
using wire::CompressedCertificate;
using wire::EncryptedExtensions;
using wire::Finished;

Flow client13(Channel& channel, ClientState& state) {  // RFC 8446, 2, figure 1
  auto handshake = co_await install_handshake_keys(channel, state);
  auto extensions = co_await channel.expect<EncryptedExtensions>();
  co_await accept_parameters(channel, state, extensions);

  if (!state.psk) {
    auto request = co_await channel.expect_optional<CertificateRequest>();
    co_await accept_certificate_request(state, request);
    auto certificate = co_await channel.expect<Certificate, CompressedCertificate>();
    co_await take_server_chain(state, certificate);
    auto proof = co_await channel.ask(state.judge);
    auto verify = co_await channel.expect<CertificateVerify>();
    co_await check_server_signature(state, proof, verify);
  }

  auto finished = co_await channel.expect<Finished>();
  co_await check_server_finished(state, finished);
  auto application = co_await derive_application_keys(channel, state, std::move(handshake));

  co_await end_early_data(channel, state);
  if (state.certificate_demand) {
    auto choose = co_await client_credential_question(state);
    auto credential = co_await channel.ask(choose);
    co_await send_client_certificate(channel, state, credential);
    if (credential) {
      auto sign = co_await client_sign_question(channel, state, *credential);
      auto signature = co_await channel.ask(sign);
      co_await send_client_certificate_verify(channel, state, *credential, signature);
    }
  }

  co_await finish_client(channel, state, std::move(application));
  co_return {};
}

}  // namespace sotto::handshake
