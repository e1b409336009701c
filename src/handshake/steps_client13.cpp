#include "handshake/steps_client13.hpp"

#include <algorithm>

#include "handshake/certificate_types.hpp"
#include "handshake/certificates.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

std::vector<SignatureScheme> list_of(const Codes<SignatureScheme>& codes) { return {codes.begin(), codes.end()}; }

/// Takes the server's answer to early data. RFC 8446, 4.2.10.
Result<void> accept_early_data_answer(Channel& channel, ClientState& state, bool accepted) {
  if (!state.early_data_pending)
    return accepted ? fail(Code::unexpected_extension, "early_data, though the session is not resumed")
                    : Result<void>();
  if (!accepted) {
    answer_early_data(channel, state, EarlyDataReason::peer_declined);
    return channel.outside().install_sending_keys(Epoch::handshake, state.client_handshake_traffic->clone());
  }
  // "the server MUST ... the selected cipher suite [and] ALPN protocol, if any" are those of the session.
  const auto& kept = state.session->impl();
  if (kept.cipher_suite != state.suite->suite)
    return fail(Code::early_data_with_other_cipher_suite, to_string(state.suite->suite));
  const auto& protocol = state.outcome.summary.application_protocol;
  if (kept.application_protocol != protocol)
    return fail(Code::early_data_with_other_protocol, protocol.empty() ? "none" : "\"" + protocol + "\"");
  answer_early_data(channel, state, EarlyDataReason::accepted);
  return {};
}

}  // namespace

Result<void> accept_protocol(ClientState& state, const ApplicationProtocols& protocols) {
  if (protocols.protocol_name_list.size() != 1)
    return fail(Code::malformed_extension, "ALPN with another number of protocols than one");
  const auto chosen = as_text(protocols.protocol_name_list.front().name);
  const auto& offered = state.settings().alpn;
  if (std::ranges::find(offered, chosen) == offered.end())
    return fail(Code::wrong_application_protocol, "\"" + std::string(chosen) + "\"");
  state.outcome.summary.application_protocol = chosen;
  return {};
}

Result<keys::HandshakeStage> install_handshake_keys(Channel& channel, ClientState& state) {
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  auto stage = std::move(*state.handshake_stage);
  state.handshake_stage.reset();
  auto client = stage.client_traffic(*transcript);
  if (!client) return std::unexpected(client.error());
  auto server = stage.server_traffic(*transcript);
  if (!server) return std::unexpected(server.error());
  channel.log_secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", client->secret.view());
  channel.log_secret("SERVER_HANDSHAKE_TRAFFIC_SECRET", server->secret.view());

  // RFC 8446, D.4: a client that did not already do so sends it before its second flight, which may hold an alert.
  if (state.settings().policy.middlebox_compatibility)
    if (auto sent = channel.outside().send_compatibility_change_cipher_spec(); !sent)
      return std::unexpected(sent.error());
  if (auto installed = channel.outside().install_receiving_keys(Epoch::handshake, server->clone()); !installed)
    return std::unexpected(installed.error());
  // As long as early data may be accepted, its keys stay.
  if (!state.early_data_pending)
    if (auto installed = channel.outside().install_sending_keys(Epoch::handshake, client->clone()); !installed)
      return std::unexpected(installed.error());
  state.client_handshake_traffic.emplace(std::move(*client));
  state.server_handshake_traffic.emplace(std::move(*server));
  return stage;
}

Result<void> accept_parameters(Channel& channel, ClientState& state, const Received<EncryptedExtensions>& received) {
  const auto& extensions = received.message.extensions;
  Result<void> solicited;
  extensions.each([&](const RawExtension& extension) {
    if (!state.has_offered(extension.type)) solicited = fail(Code::unexpected_extension, name_of(extension.type));
  });
  if (!solicited) return solicited;
  if (auto accepted = accept_certificate_types(state, extensions); !accepted) return accepted;
  if (auto kept = keep_record_limits(channel, state, extensions); !kept) return kept;
  const auto protocols = extensions.find<ApplicationProtocols>();
  if (protocols)
    if (auto accepted = accept_protocol(state, *protocols); !accepted) return accepted;
  return accept_early_data_answer(channel, state, extensions.has(ExtensionType::early_data));
}

Result<void> end_early_data(Channel& channel, ClientState& state) {
  if (state.outcome.summary.early_data != EarlyDataStatus::accepted) return {};
  if (auto sent = channel.send(EndOfEarlyData{}); !sent) return sent;
  return channel.outside().install_sending_keys(Epoch::handshake, state.client_handshake_traffic->clone());
}

Result<void> accept_certificate_request(ClientState& state,
                                        const std::optional<Received<CertificateRequest>>& received) {
  if (!received) return {};
  const auto& request = received->message;
  // RFC 8446, 4.3.2: in the handshake the context SHALL be zero length.
  if (!request.certificate_request_context.empty())
    return fail(Code::malformed_message, "a CertificateRequest with a context during the handshake");
  return keep_certificate_demand(state, request);
}

Result<void> keep_certificate_demand(ClientState& state, const CertificateRequest& request) {
  const auto schemes = request.extensions.find<SignatureAlgorithms>();
  if (!schemes) return fail(Code::missing_extension, "signature_algorithms in a CertificateRequest");
  ClientCertificateDemand demand;
  demand.context = own(request.certificate_request_context);
  const auto compression = request.extensions.find<CompressCertificate>();
  if (auto checked = check_compression(compression); !checked) return checked;
  if (compression) demand.compression.assign(compression->algorithms.begin(), compression->algorithms.end());
  demand.question.type = state.own_type;
  demand.question.signature_schemes = list_of(schemes->supported_signature_algorithms);
  if (const auto authorities = request.extensions.find<CertificateAuthorities>())
    for (const auto& authority : authorities->authorities)
      demand.question.authorities.push_back(own_public(authority.name));
  state.certificate_demand.emplace(std::move(demand));
  return {};
}

Result<void> take_server_chain(ClientState& state, const AnyCertificate& received) {
  const bool offered = state.has_offered(ExtensionType::compress_certificate);
  const auto opened =
      open_certificate(received, state.settings().policy, offered ? Compression::offered : Compression::not_offered);
  if (!opened) return std::unexpected(opened.error());
  const auto& message = opened->message;
  if (!message.certificate_request_context.empty())
    return fail(Code::malformed_message, "a server's Certificate with a context");
  auto chain = take_chain(message, state.server_type, state.offered);
  if (!chain) return std::unexpected(chain.error());
  // RFC 8446, 4.4.2.4: an empty Certificate from the server is decode_error.
  if (chain->empty()) return fail(Code::malformed_message, "a server's Certificate without certificates");
  auto staples = take_staples(message);
  if (!staples) return std::unexpected(staples.error());
  auto key = end_entity_key(*chain);
  if (!key) return std::unexpected(key.error());
  state.server_key.emplace(std::move(*key));
  state.outcome.summary.peer_chain = *chain;
  state.outcome.summary.peer_certificate_compressed = opened->form;
  state.outcome.summary.ocsp_response = staples->ocsp_response;
  state.outcome.summary.sct_list = staples->sct_list;
  auto& request = state.judge.request;
  request.chain = std::move(*chain);
  request.name = state.name;
  request.time = state.settings().clock();
  request.ocsp_response = std::move(staples->ocsp_response);
  request.sct_list = std::move(staples->sct_list);
  return {};
}

Result<void> check_server_signature(ClientState& state, const Verified& proof,
                                    const Received<CertificateVerify>& verify) {
  if (auto checked = check_certificate_verify(Signer::server, *state.server_key,
                                              state.settings().policy.signature_schemes, verify);
      !checked)
    return checked;
  state.outcome.summary.signature_scheme = verify.message.algorithm;
  state.outcome.summary.peer_authenticated = proof.how();
  state.outcome.server_is_authenticated = proof.is_authenticated();
  keep_evidence(state);
  return {};
}

Result<void> check_server_finished(ClientState& state, const Received<Finished>& finished) {
  return check_finished(*state.server_handshake_traffic, finished);
}

Result<ClientApplicationKeys> derive_application_keys(Channel& channel, ClientState& state,
                                                      keys::HandshakeStage&& handshake) {
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
  state.outcome.exporter.emplace<keys::Exporter13>(state.suite, std::move(*exporter));
  if (auto installed = channel.outside().install_receiving_keys(Epoch::application, std::move(*server)); !installed)
    return std::unexpected(installed.error());
  return ClientApplicationKeys{std::move(*stage), std::move(*client)};
}

Result<ChooseClientCredentialQuestion> client_credential_question(ClientState& state) {
  return state.certificate_demand->question;
}

Result<void> send_client_certificate(Channel& channel, ClientState& state,
                                     const std::optional<Credential>& credential) {
  if (auto noted = note_answer(state, credential); !noted) return noted;
  const auto& demand = *state.certificate_demand;
  if (!credential) return channel.send(certificate_message(demand.context, {}, {}));
  const auto form = send_credential(channel, demand.context, *credential, {},
                                    choose_compression(state.settings().policy, demand.compression));
  if (!form) return std::unexpected(form.error());
  state.outcome.summary.own_certificate_compressed = *form;
  return {};
}

Result<SignQuestion> client_sign_question(Channel& channel, ClientState& state, const Credential& credential) {
  const auto scheme = choose_scheme(credential, state.settings().policy.own_signing_schemes(),
                                    state.certificate_demand->question.signature_schemes);
  if (!scheme) return std::unexpected(scheme.error());
  state.outcome.summary.client_signature_scheme = *scheme;
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  return SignQuestion{credential, *scheme, signed_content(Signer::client, *transcript)};
}

Result<void> send_client_certificate_verify(Channel& channel, ClientState& state, const Credential& credential,
                                            const Signature& signature) {
  const auto scheme = choose_scheme(credential, state.settings().policy.own_signing_schemes(),
                                    state.certificate_demand->question.signature_schemes);
  if (!scheme) return std::unexpected(scheme.error());
  return send_certificate_verify(channel, *scheme, signature);
}

Result<void> finish_client(Channel& channel, ClientState& state, ClientApplicationKeys&& application) {
  if (auto sent = send_finished(channel, *state.client_handshake_traffic); !sent) return sent;
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  auto resumption = std::move(application.stage).resumption_secret(*transcript);
  if (!resumption) return std::unexpected(resumption.error());
  state.outcome.resumption_secret = std::move(*resumption);
  // RFC 8740, 3: HTTP/2 forbids it.
  if (state.has_offered(ExtensionType::post_handshake_auth) && state.outcome.summary.application_protocol != "h2") {
    auto context = channel.transcript().clone();
    if (!context) return std::unexpected(context.error());
    state.outcome.context.emplace(std::move(*context));
    state.outcome.client_type = state.own_type;
  }
  state.outcome.server_name = state.name.text();
  return channel.outside().install_sending_keys(Epoch::application, std::move(application.sending));
}

}  // namespace sotto::handshake
