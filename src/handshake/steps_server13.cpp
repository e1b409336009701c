#include "handshake/steps_server13.hpp"

#include <algorithm>

#include "crypto/key_exchange.hpp"
#include "crypto/random.hpp"
#include "handshake/certificate_types.hpp"
#include "handshake/certificates.hpp"
#include "handshake/grease.hpp"
#include "session/session_impl.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

/// Agrees on the handshake secret with the client's share; returns our own public value with it.
struct Agreement {
  Bytes public_value;
  keys::HandshakeStage stage;
};
Result<Agreement> agree(const ServerState& state) {
  const auto exchange = crypto::KeyExchange::generate(*state.agreed.group);
  if (!exchange) return std::unexpected(exchange.error());
  const auto shared = exchange->agree(*state.agreed.peer_share);
  if (!shared) return std::unexpected(shared.error());
  auto early = keys::EarlyStage::start(state.agreed.suite, state.psk ? state.psk->key.view() : View());
  if (!early) return std::unexpected(early.error());
  auto stage = std::move(*early).advance(shared->view());
  if (!stage) return std::unexpected(stage.error());
  return Agreement{own(exchange->public_value()), std::move(*stage)};
}

Result<void> install_handshake_keys(Channel& channel, ServerState& state, const keys::HandshakeStage& stage) {
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  auto client = stage.client_traffic(*transcript);
  if (!client) return std::unexpected(client.error());
  auto server = stage.server_traffic(*transcript);
  if (!server) return std::unexpected(server.error());
  channel.log_secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", client->secret.view());
  channel.log_secret("SERVER_HANDSHAKE_TRAFFIC_SECRET", server->secret.view());
  if (auto installed = channel.outside().install_sending_keys(Epoch::handshake, server->clone()); !installed)
    return installed;
  // Early data comes first, under keys of its own, up to EndOfEarlyData.
  if (!state.early_data_accepted)
    if (auto installed = channel.outside().install_receiving_keys(Epoch::handshake, client->clone()); !installed)
      return installed;
  state.client_handshake_traffic.emplace(std::move(*client));
  state.server_handshake_traffic.emplace(std::move(*server));
  return {};
}

/// Sends one ticket. RFC 8446, 4.6.1.
Result<void> send_ticket(Channel& channel, const ServerState& state, View resumption_secret, std::uint8_t number) {
  const auto& settings = state.settings();
  const std::array<std::uint8_t, 1> nonce = {number};
  auto psk = keys::ticket_psk(state.agreed.suite->hash, resumption_secret, nonce);
  if (!psk) return std::unexpected(psk.error());
  std::array<std::uint8_t, 4> age_add{};
  if (auto filled = crypto::fill_random(age_add); !filled) return filled;

  const auto& summary = state.outcome.summary;
  session::ServerSession kept;
  kept.version = state.agreed.version;
  kept.cipher_suite = state.agreed.suite->suite;
  kept.psk = std::move(*psk);
  kept.ticket_age_add = Reader(age_add).u32();
  kept.issued = settings.clock();
  kept.began = state.session ? state.session->began : kept.issued;
  kept.lifetime = session::lifetime_in_session(settings.policy.ticket_lifetime, kept.began, kept.issued);
  if (kept.lifetime <= std::chrono::seconds(0)) return {};
  kept.server_name = state.offer.server_name;
  kept.application_protocol = state.agreed.application_protocol;
  kept.max_early_data_size = settings.early_data;
  if (!summary.peer_chain.empty()) {
    kept.client = summary.peer_chain.front();
    kept.client_authorities = settings.client_authorities_hash;
  }
  kept.client_authenticated = summary.peer_authenticated;
  kept.server_type = server_type_of(state);
  kept.max_fragment_length = state.records.max_fragment_length;
  const auto ticket = session::seal_ticket(*settings.ticket_keys, kept, kept.issued);
  // A client certificate too large for a ticket means a full handshake next time, no failure now.
  if (!ticket || ticket->size() > 0xffff) return {};

  NewSessionTicket message;
  message.ticket_lifetime = static_cast<std::uint32_t>(kept.lifetime.count());
  message.ticket_age_add = kept.ticket_age_add;
  message.ticket_nonce = nonce;
  message.ticket = *ticket;
  ExtensionList extensions;
  if (kept.max_early_data_size != 0) {
    EarlyDataLimit limit;
    limit.max_early_data_size = kept.max_early_data_size;
    extensions.add(limit);
  }
  // RFC 8701, 4.1: a server may say things that mean nothing in its tickets. The age's mask is as good a seed as any.
  if (settings.policy.grease) {
    const GreaseSeed seed{{age_add[0]}};
    extensions.add_raw(static_cast<ExtensionType>(seed.value(Grease::cipher_suite)), {});
  }
  message.extensions = extensions.view<In::new_session_ticket>();
  return channel.send_after_handshake(message);
}

}  // namespace

Result<std::unique_ptr<ChooseCredentialQuestion>> credential_question(ServerState& state) {
  auto question = offered_to_credentials(state);
  question.cipher_suites.push_back(state.agreed.suite->suite);
  return std::make_unique<ChooseCredentialQuestion>(std::move(question));
}

Result<void> take_credential(ServerState& state, const Credential& credential) {
  const auto scheme =
      choose_scheme(credential, state.settings().policy.own_signing_schemes(), state.offer.signature_schemes);
  if (!scheme) return std::unexpected(scheme.error());
  state.credential.emplace(credential);
  state.outcome.summary.signature_scheme = *scheme;
  return {};
}

Result<keys::HandshakeStage> send_server_hello(Channel& channel, ServerState& state) {
  auto agreement = agree(state);
  if (!agreement) return std::unexpected(agreement.error());
  Random random;
  if (auto filled = crypto::fill_random(random); !filled) return std::unexpected(filled.error());

  ExtensionList extensions;
  SupportedVersionsChoice version;
  version.selected_version = state.agreed.version;
  extensions.add(version);
  KeyShareChoice share;
  share.server_share = {*state.agreed.group, agreement->public_value};
  extensions.add(share);
  if (state.psk) {
    PreSharedKeyChoice choice;
    choice.selected_identity = state.psk_identity;
    extensions.add(choice);
  }

  ServerHello hello;
  hello.random = random;
  hello.legacy_session_id_echo = state.hello.legacy_session_id;
  hello.cipher_suite = state.agreed.suite->suite;
  hello.extensions = extensions.view<In::server_hello>();
  if (auto sent = channel.send(hello); !sent) return std::unexpected(sent.error());
  // RFC 8446, D.4: right behind the first message, if the client asked for it with a session identifier.
  if (state.settings().policy.middlebox_compatibility && !state.hello.legacy_session_id.empty())
    if (auto sent = channel.outside().send_compatibility_change_cipher_spec(); !sent)
      return std::unexpected(sent.error());
  note_agreement(state);
  keep_record_limits(channel, state);
  if (auto installed = install_handshake_keys(channel, state, agreement->stage); !installed)
    return std::unexpected(installed.error());
  return std::move(agreement->stage);
}

Result<void> send_encrypted_extensions(Channel& channel, ServerState& state) {
  ExtensionList extensions;
  // RFC 6066, 3: a server that used the name says so with an empty extension.
  if (!state.offer.server_name.empty() && !state.session) extensions.add(ServerNameAccepted{});
  if (!state.agreed.application_protocol.empty()) {
    ApplicationProtocols protocols;
    protocols.protocol_name_list.push_back({as_view(std::string_view(state.agreed.application_protocol))});
    extensions.add(protocols);
  }
  answer_certificate_types(state, extensions);
  answer_record_limits(state.records, extensions);
  if (state.early_data_accepted) extensions.add(EarlyDataIndication{});
  EncryptedExtensions message;
  message.extensions = extensions.view<In::encrypted_extensions>();
  return channel.send(message);
}

Result<void> send_certificate_request(Channel& channel, ServerState& state) {
  const auto& settings = state.settings();
  if (!state.asks_for_certificate()) return {};
  ExtensionList extensions;
  SignatureAlgorithms schemes;
  schemes.supported_signature_algorithms = settings.encoded.signature_schemes.view();
  extensions.add(schemes);
  if (settings.policy.certificate_signature_schemes != settings.policy.signature_schemes) {
    SignatureAlgorithmsCert for_certificates;
    for_certificates.supported_signature_algorithms = settings.encoded.certificate_signature_schemes.view();
    extensions.add(for_certificates);
  }
  if (!settings.client_authorities.empty()) {
    CertificateAuthorities authorities;
    for (const auto& name : settings.client_authorities) authorities.authorities.push_back({as_view(name)});
    extensions.add(authorities);
  }
  state.compression = offer_compression(settings.encoded, extensions);
  if (extensions.failed()) return fail(Code::internal_error, "the list of client authorities is too long");
  CertificateRequest request;
  request.certificate_request_context = state.request_context;
  request.extensions = extensions.view<In::certificate_request>();
  state.certificate_requested = true;
  return channel.send(request);
}

Result<void> send_server_certificate(Channel& channel, ServerState& state) {
  const auto form = send_credential(channel, {}, *state.credential, staples_for(state.hello, *state.credential),
                                    choose_compression(state.settings().policy, state.offer.compression));
  if (!form) return std::unexpected(form.error());
  state.outcome.summary.own_certificate_compressed = *form;
  return {};
}

Result<SignQuestion> server_sign_question(Channel& channel, ServerState& state) {
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  return SignQuestion{*state.credential, *state.outcome.summary.signature_scheme,
                      signed_content(Signer::server, *transcript)};
}

Result<void> send_server_certificate_verify(Channel& channel, ServerState& state, const Signature& signature) {
  return send_certificate_verify(channel, *state.outcome.summary.signature_scheme, signature);
}

Result<ServerApplicationKeys> send_server_finished(Channel& channel, ServerState& state,
                                                   keys::HandshakeStage&& handshake) {
  if (auto sent = send_finished(channel, *state.server_handshake_traffic); !sent) return std::unexpected(sent.error());
  auto stage = std::move(handshake).advance();
  if (!stage) return std::unexpected(stage.error());
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  auto client = stage->client_traffic(*transcript);
  if (!client) return std::unexpected(client.error());
  auto server = stage->server_traffic(*transcript);
  if (!server) return std::unexpected(server.error());
  auto exporter = stage->exporter_secret(*transcript);
  if (!exporter) return std::unexpected(exporter.error());
  channel.log_secret("CLIENT_TRAFFIC_SECRET_0", client->secret.view());
  channel.log_secret("SERVER_TRAFFIC_SECRET_0", server->secret.view());
  channel.log_secret("EXPORTER_SECRET", exporter->view());
  state.outcome.exporter.emplace<keys::Exporter13>(state.agreed.suite, std::move(*exporter));
  if (auto installed = channel.outside().install_sending_keys(Epoch::application, std::move(*server)); !installed)
    return std::unexpected(installed.error());
  return ServerApplicationKeys{std::move(*stage), std::move(*client)};
}

Result<void> end_early_data(Channel& channel, ServerState& state, const Received<EndOfEarlyData>&) {
  return channel.outside().install_receiving_keys(Epoch::handshake, state.client_handshake_traffic->clone());
}

Result<std::optional<VerifyQuestion>> take_client_chain(ServerState& state, const AnyCertificate& received) {
  const auto opened = open_certificate(received, state.settings().policy, state.compression);
  if (!opened) return std::unexpected(opened.error());
  const auto& message = opened->message;
  if (!same(message.certificate_request_context, state.request_context))
    return fail(Code::malformed_message, "a client's Certificate with another context than that of the request");
  auto chain = take_chain(message, state.client_type);
  if (!chain) return std::unexpected(chain.error());
  if (chain->empty()) {
    if (state.client_auth == ClientAuth::required) return fail(Code::certificate_missing);
    return std::nullopt;
  }
  auto key = end_entity_key(*chain);
  if (!key) return std::unexpected(key.error());
  state.client_key.emplace(std::move(*key));
  state.outcome.summary.peer_chain = *chain;
  state.outcome.summary.peer_certificate_compressed = opened->form;
  return VerifyQuestion{{std::move(*chain), std::nullopt, Purpose::client_authentication, state.settings().clock()}};
}

Result<void> check_client_signature(ServerState& state, const Verified& proof,
                                    const Received<CertificateVerify>& verify) {
  state.outcome.summary.peer_authenticated = proof.how();
  state.outcome.summary.client_signature_scheme = verify.message.algorithm;
  return check_certificate_verify(Signer::client, *state.client_key, state.settings().policy.signature_schemes, verify);
}

Result<void> check_client_finished(ServerState& state, const Received<Finished>& finished) {
  return check_finished(*state.client_handshake_traffic, finished);
}

Result<void> finish_server(Channel& channel, ServerState& state, ServerApplicationKeys&& application) {
  if (auto installed = channel.outside().install_receiving_keys(Epoch::application, std::move(application.receiving));
      !installed)
    return installed;
  state.outcome.credential = state.credential;
  const auto& settings = state.settings();
  // RFC 8740, 3: HTTP/2 forbids it.
  if (settings.client_verifier && state.hello.extensions.has(ExtensionType::post_handshake_auth) &&
      state.agreed.application_protocol != "h2") {
    auto context = channel.transcript().clone();
    if (!context) return std::unexpected(context.error());
    state.outcome.context.emplace(std::move(*context));
    if (answers_client_type(state)) state.outcome.client_type = state.client_type;
  }
  if (!settings.ticket_keys || !state.offer.takes_tickets) return {};
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  const auto resumption = std::move(application.stage).resumption_secret(*transcript);
  if (!resumption) return std::unexpected(resumption.error());
  for (unsigned i = 0; i < settings.policy.tickets; ++i)
    if (auto sent = send_ticket(channel, state, resumption->view(), static_cast<std::uint8_t>(i)); !sent) return sent;
  return {};
}

}  // namespace sotto::handshake
