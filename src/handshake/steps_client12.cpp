#include "handshake/steps_client12.hpp"

#include <algorithm>

#include "crypto/ffdhe.hpp"
#include "crypto/key_exchange.hpp"
#include "crypto/random.hpp"
#include "handshake/certificate_types.hpp"
#include "handshake/certificates.hpp"
#include "handshake/certificates12.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

/// The last octets of the random of a server that knows a newer version than the one it chose. RFC 8446, 4.1.3.
constexpr std::array<std::uint8_t, 7> downgrade_mark = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};

Result<void> check_downgrade(const ClientState& state, View random) {
  const bool newer = state.may_offer(ProtocolVersion::tls13);
  const auto end = random.last(8);
  if (newer && same(end.first(downgrade_mark.size()), downgrade_mark) && end[7] <= 1)
    return fail(Code::downgrade_detected);
  return {};
}

/// Checks that the server continues our connection, or starts one securely. RFC 5746, 3.4 and 3.5.
Result<void> accept_renegotiation_info(ClientState& state, const ServerHello& hello) {
  const auto info = hello.extensions.find<RenegotiationInfo>();
  state.agreed12.secure_renegotiation = info.has_value();
  if (info) return check_renegotiation_info(state.before.get(), End::server, *info);
  if (state.before) return fail(Code::renegotiation_mismatch, "the server left out renegotiation_info");
  return state.settings().policy.require_secure_renegotiation ? fail(Code::no_secure_renegotiation) : Result<void>();
}

/// In a renegotiation the application goes on with the protocol that it has.
Result<void> accept_protocol12(ClientState& state, const ServerHello& hello) {
  const auto protocols = hello.extensions.find<ApplicationProtocols>();
  if (protocols)
    if (auto accepted = accept_protocol(state, *protocols); !accepted) return accepted;
  auto& chosen = state.outcome.summary.application_protocol;
  if (!state.before) return {};
  if (!protocols) chosen = state.before->application_protocol;
  if (chosen != state.before->application_protocol)
    return fail(Code::wrong_application_protocol, "the renegotiation chose \"" + chosen + "\"");
  return {};
}

/// Checks the extensions that may answer a TLS 1.2 offer.
Result<void> accept_extensions12(ClientState& state, const ServerHello& hello) {
  Result<void> solicited;
  hello.extensions.each([&](const RawExtension& extension) {
    const bool newer = extension.type == ExtensionType::key_share || extension.type == ExtensionType::pre_shared_key;
    // RFC 8422, 5.2 has no supported_groups here, but servers are about that say it.
    if (extension.type == ExtensionType::supported_groups) return;
    if (!state.has_offered(extension.type) || newer)
      solicited = fail(Code::unexpected_extension, name_of(extension.type));
  });
  if (!solicited) return solicited;

  if (auto accepted = accept_renegotiation_info(state, hello); !accepted) return accepted;
  if (const auto formats = hello.extensions.find<EcPointFormats>())
    if (!formats->ec_point_format_list.contains(EcPointFormat::uncompressed)) return fail(Code::wrong_point_formats);
  state.agreed12.extended_master_secret = hello.extensions.has(ExtensionType::extended_master_secret);
  if (!state.agreed12.extended_master_secret && state.settings().policy.require_extended_master_secret)
    return fail(Code::no_extended_master_secret);
  if (auto checked = check_same_master_secret_kind(state.before.get(), state.agreed12.extended_master_secret); !checked)
    return checked;
  state.agreed12.encrypt_then_mac = hello.extensions.has(ExtensionType::encrypt_then_mac);
  // RFC 7366, 3: a server must not send it with a suite that has no CBC.
  if (state.agreed12.encrypt_then_mac && !state.suite->cbc)
    return fail(Code::unexpected_extension, "encrypt_then_mac with " + to_string(state.suite->suite));
  if (auto checked = check_integrity(state.before.get(), state.agreed12.integrity()); !checked) return checked;
  state.agreed12.ticket_promised = hello.extensions.has(ExtensionType::session_ticket);
  state.status_promised = hello.extensions.has(ExtensionType::status_request);
  if (const auto timestamps = hello.extensions.find<TimestampList>()) {
    auto list = take_sct_list(timestamps->sct_list);
    if (!list) return std::unexpected(list.error());
    state.outcome.summary.sct_list = std::move(*list);
  }
  return accept_protocol12(state, hello);
}

/// Notes which session this is, to be forgotten if the connection fails. RFC 5246, 7.2.2.
Result<void> name_session(ClientState& state, const Session::Impl& session) {
  const auto id = session.id();
  if (!id) return std::unexpected(id.error());
  state.outcome.stored_session = {state.name.text(), own(id->view())};
  return {};
}

/// Decides whether the server resumes: it echoes our session identifier (RFC 5246, 7.4.1.3; RFC 5077, 3.4).
Result<void> accept_session12(ClientState& state, const ServerHello& hello) {
  const bool offered = state.session && state.session->version() == ProtocolVersion::tls12;
  const bool echoed = !state.session_id.empty() && same(hello.legacy_session_id_echo, state.session_id);
  if (!echoed) {
    state.session.reset();
    state.new_session_id = own(hello.legacy_session_id_echo);
    return {};
  }
  if (!offered) return fail(Code::wrong_session_id, "it was no session's");
  const auto& kept = state.session->impl();
  if (kept.cipher_suite != hello.cipher_suite) return fail(Code::wrong_cipher_suite, "it is not that of the session");
  // RFC 7627, 5.3: sessions are kept only if they have an extended master secret, so a resumption has to have it too.
  if (!state.agreed12.extended_master_secret) return fail(Code::extended_master_secret_changed);
  state.agreed12.master = keys::MasterSecret(kept.psk.view());
  note_resumption(state);
  return name_session(state, kept);
}

std::chrono::seconds lifetime_of_session12(const ClientState& state) {
  using std::chrono::seconds;
  // RFC 5246, F.1.4: "An upper limit of 24 hours is suggested for session ID lifetimes".
  if (state.ticket.empty()) return std::chrono::days(1);
  // RFC 5077, 3.3: a hint of zero leaves the lifetime to the client.
  if (state.ticket_lifetime == seconds(0)) return std::chrono::hours(2);
  return std::min(state.ticket_lifetime, seconds(std::chrono::days(7)));
}

void note_server(ClientState& state, const Verified& proof) {
  state.outcome.summary.peer_authenticated = proof.how();
  state.outcome.server_is_authenticated = proof.is_authenticated();
  keep_evidence(state);
}

/// Returns what the server is recognised by; a resumed session remembers it.
Result<Bytes> server_identity(const ClientState& state) {
  const auto& chain = state.outcome.summary.peer_chain;
  if (!chain.empty()) return identity_of(chain.front());
  return state.session ? state.session->impl().server_identity : Bytes();
}

/// Notes what a renegotiation has to continue. Without knowing who the server is there can be none.
Result<void> leave_renegotiable(ClientState& state) {
  const auto identity = server_identity(state);
  if (!identity) return std::unexpected(identity.error());
  if (identity->empty()) return {};
  auto left =
      renegotiable_after(state.agreed12, state.before.get(), state.settings().policy, state.outcome.summary, *identity);
  if (left) left->server_name = state.name.text();
  state.outcome.renegotiable = std::move(left);
  return {};
}

/// Puts the session into the store, unless it cannot be resumed safely.
Result<void> keep_session12(ClientState& state) {
  const auto& settings = state.settings();
  // A resumed one whose server gave no new ticket can be used again.
  if (state.resumed && state.ticket.empty()) {
    settings.sessions->put(state.name.text(), std::move(*state.session));
    return {};
  }
  const bool resumable = !state.ticket.empty() || !state.new_session_id.empty();
  if (!settings.sessions || !resumable || !state.agreed12.extended_master_secret ||
      !state.outcome.server_is_authenticated)
    return {};
  const auto now = settings.clock();
  const auto lifetime = session::lifetime_in_session(lifetime_of_session12(state), state.outcome.session_began, now);
  if (lifetime <= std::chrono::seconds(0)) return {};
  auto kept = std::make_unique<Session::Impl>();
  kept->version = ProtocolVersion::tls12;
  kept->cipher_suite = state.suite->suite;
  kept->psk = crypto::HashSecret(state.agreed12.master.view());
  kept->lifetime = lifetime;
  // RFC 5077, 3.4: with a ticket, the server's session identifier is not used.
  if (state.ticket.empty()) kept->session_id = std::move(state.new_session_id);
  kept->ticket = std::move(state.ticket);
  kept->received = now;
  kept->began = state.outcome.session_began;
  kept->server_name = state.name.text();
  kept->application_protocol = state.outcome.summary.application_protocol;
  kept->authenticated = state.outcome.summary.peer_authenticated;
  kept->own_identity = state.outcome.own_identity;
  kept->evidence = state.outcome.evidence;
  kept->max_fragment_length = state.outcome.max_fragment_length;
  auto identity = server_identity(state);
  if (!identity) return std::unexpected(identity.error());
  kept->server_identity = std::move(*identity);
  if (auto named = name_session(state, *kept); !named) return named;
  settings.sessions->put(state.name.text(), Session(std::move(kept)));
  return {};
}

std::vector<SignatureScheme> list_of(const Codes<SignatureScheme>& codes) { return {codes.begin(), codes.end()}; }

}  // namespace

Result<void> accept_server_hello12(Channel& channel, ClientState& state, const Received<ServerHello>& received) {
  const auto& hello = received.message;
  const auto& policy = state.settings().policy;
  if (hello.legacy_version != ProtocolVersion::tls12 ||
      std::ranges::find(policy.versions, ProtocolVersion::tls12) == policy.versions.end())
    return fail(hello.legacy_version < ProtocolVersion::tls12 ? Code::obsolete_version : Code::unsupported_version,
                "the server chose " + to_string(hello.legacy_version));
  // RFC 8446, 4.1.4: a HelloRetryRequest is an answer of TLS 1.3 alone.
  if (state.retry) return fail(Code::wrong_version, "the server chose TLS 1.2 after a HelloRetryRequest");
  if (auto checked = check_downgrade(state, hello.random); !checked) return checked;
  if (hello.legacy_compression_method != CompressionMethod::null) return fail(Code::wrong_compression_method);
  const auto* suite = keys::find_suite(hello.cipher_suite);
  if (std::ranges::find(policy.cipher_suites, hello.cipher_suite) == policy.cipher_suites.end() || suite == nullptr ||
      suite->version != ProtocolVersion::tls12)
    return fail(Code::wrong_cipher_suite, "the server chose " + to_string(hello.cipher_suite));

  state.suite = state.agreed12.suite = suite;
  state.agreed12.client_random = state.random;
  copy(hello.random, state.agreed12.server_random);
  if (auto accepted = accept_extensions12(state, hello); !accepted) return accepted;
  if (auto accepted = accept_session12(state, hello); !accepted) return accepted;
  if (auto accepted = accept_certificate_types(state, hello.extensions); !accepted) return accepted;
  state.key_exchanges.clear();
  state.version = ProtocolVersion::tls12;
  if (auto kept = keep_record_limits(channel, state, hello.extensions); !kept) return kept;

  auto& summary = state.outcome.summary;
  summary.version = state.version;
  summary.cipher_suite = hello.cipher_suite;
  summary.resumed = state.resumed;
  if (state.before) summary.renegotiations = state.before->renegotiations + 1;
  if (!state.name.is_ip_address()) summary.server_name = state.name.text();
  state.outcome.server_is_authenticated = state.resumed;
  if (state.resumed) summary.peer_authenticated = state.session->impl().authenticated;
  return channel.transcript().select(suite->hash, keys::Transcript::Retention::messages);
}

Result<void> take_server_chain12(ClientState& state, const Received<Certificate12>& received) {
  auto taken = take_chain12(received.message, state.server_type);
  if (!taken) return std::unexpected(taken.error());
  auto& chain = *taken;
  if (chain.empty()) return fail(Code::malformed_message, "a server's Certificate without certificates");
  if (auto checked = check_same_peer(state.before.get(), chain.front()); !checked)
    return std::unexpected(checked.error());
  const bool enciphering = state.suite->key_agreement == keys::KeyAgreement::rsa_transport;
  auto key = end_entity_key(chain, enciphering ? KeyUse::enciphering : KeyUse::signing);
  if (!key) return std::unexpected(key.error());
  if (authentication_of(key->type()) != state.suite->authentication ||
      (enciphering && key->type() != crypto::KeyType::rsa))
    return fail(Code::wrong_certificate_type,
                "the certificate's key does not go with " + to_string(state.suite->suite));
  // RFC 8422, 5.3: the key's curve must be one that was offered.
  const auto curve = curve_of(key->type());
  const auto& groups = state.settings().policy.groups;
  if (curve && std::ranges::find(groups, *curve) == groups.end())
    return fail(Code::wrong_group, "the certificate's key is on " + to_string(*curve));
  state.server_key.emplace(std::move(*key));
  state.outcome.summary.peer_chain = chain;
  state.judge.request.chain = std::move(chain);
  state.judge.request.name = state.name;
  state.judge.request.purpose = Purpose::server_authentication;
  state.judge.request.time = state.settings().clock();
  state.judge.request.sct_list = state.outcome.summary.sct_list;
  return {};
}

Result<void> take_certificate_status(ClientState& state, const std::optional<Received<CertificateStatus>>& received) {
  if (!received) return {};
  if (received->message.status_type != CertificateStatusType::ocsp)
    return fail(Code::malformed_message, "a CertificateStatus that is no OCSP response");
  state.judge.request.ocsp_response = own_public(received->message.response);
  state.outcome.summary.ocsp_response = state.judge.request.ocsp_response;
  return {};
}

Result<void> check_server_key_exchange(ClientState& state, const Verified& proof,
                                       const Received<ServerKeyExchange>& received) {
  const auto& exchange = received.message;
  const auto& policy = state.settings().policy;
  if (exchange.params.curve_type != EcCurveType::named_curve)
    return fail(Code::wrong_group, "the server describes a curve of its own");
  const auto group = exchange.params.named_curve;
  if (std::ranges::find(policy.groups, group) == policy.groups.end()) return fail(Code::wrong_group, to_string(group));
  const auto content = signed_params(state.agreed12.client_random, state.agreed12.server_random, exchange.params);
  if (auto checked = check_signature12(*state.server_key, policy.signature_schemes, exchange.algorithm, content,
                                       exchange.signature);
      !checked)
    return checked;

  const auto own_exchange = crypto::KeyExchange::generate(group);
  if (!own_exchange) return std::unexpected(own_exchange.error());
  auto shared = own_exchange->agree(exchange.params.public_value);
  if (!shared) return std::unexpected(shared.error());
  state.premaster_secret = SecretBytes(shared->view());
  state.public_value = own(own_exchange->public_value());
  state.outcome.summary.group = group;
  state.outcome.summary.signature_scheme = exchange.algorithm;
  note_server(state, proof);
  return {};
}

Result<void> check_server_key_exchange_dhe(ClientState& state, const Verified& proof,
                                           const Received<ServerKeyExchangeDhe>& received) {
  const auto& exchange = received.message;
  const auto content = signed_params(state.agreed12.client_random, state.agreed12.server_random, exchange.params);
  if (auto checked = check_signature12(*state.server_key, state.settings().policy.signature_schemes, exchange.algorithm,
                                       content, exchange.signature);
      !checked)
    return checked;
  const auto own_exchange = crypto::FfdheExchange::from_parameters(exchange.params.dh_p, exchange.params.dh_g);
  if (!own_exchange) return std::unexpected(own_exchange.error());
  auto shared = own_exchange->agree(exchange.params.dh_ys);
  if (!shared) return std::unexpected(shared.error());
  state.premaster_secret = std::move(*shared);
  state.public_value = own(own_exchange->public_value());
  state.outcome.summary.group = own_exchange->group();
  state.outcome.summary.signature_scheme = exchange.algorithm;
  note_server(state, proof);
  return {};
}

Result<void> encrypt_premaster_secret(ClientState& state, const Verified& proof) {
  crypto::PremasterSecret premaster;
  const auto octets = premaster.resize(crypto::premaster_length);
  if (auto filled = crypto::fill_random(octets); !filled) return filled;
  // RFC 5246, 7.4.7.1: it begins with the newest version that the ClientHello offered.
  octets[0] = 0x03;
  octets[1] = 0x03;
  auto encrypted = state.server_key->encrypt_premaster(premaster.view());
  if (!encrypted) return std::unexpected(encrypted.error());
  state.premaster_secret = SecretBytes(premaster.view());
  state.public_value = std::move(*encrypted);
  note_server(state, proof);
  return {};
}

Result<void> accept_certificate_request12(ClientState& state, const Received<CertificateRequest12>& received) {
  const auto& request = received.message;
  ClientCertificateDemand demand;
  demand.question.version = ProtocolVersion::tls12;
  demand.question.signature_schemes = list_of(request.supported_signature_algorithms);
  demand.question.type = state.own_type;
  demand.question.certificate_types.assign(request.certificate_types.begin(), request.certificate_types.end());
  for (const auto& authority : request.certificate_authorities)
    demand.question.authorities.push_back(own_public(authority.name));
  state.certificate_demand.emplace(std::move(demand));
  return {};
}

Result<void> send_client_certificate12(Channel& channel, ClientState& state,
                                       const std::optional<Credential>& credential) {
  if (auto noted = note_answer(state, credential); !noted) return noted;
  return send_certificate12(channel, credential ? credential->chain() : CertificateChain());
}

Result<void> send_client_key_exchange(Channel& channel, ClientState& state) {
  Result<void> sent;
  if (state.suite->key_agreement == keys::KeyAgreement::ecdhe) {
    ClientKeyExchange message;
    message.public_value = state.public_value;
    sent = channel.send(message);
  } else {
    ClientKeyExchangeClassic message;
    message.exchange_keys = state.public_value;
    sent = channel.send(message);
  }
  if (!sent) return sent;
  auto derived = derive_master_secret(channel, state.agreed12, state.premaster_secret.view());
  state.premaster_secret = SecretBytes();
  return derived;
}

Result<SignQuestion> client_sign_question12(Channel& channel, ClientState& state, const Credential& credential) {
  const auto scheme = choose_scheme12(credential, state.settings().policy.own_signing_schemes(),
                                      state.certificate_demand->question.signature_schemes);
  if (!scheme) return std::unexpected(scheme.error());
  state.outcome.summary.client_signature_scheme = *scheme;
  return SignQuestion{credential, *scheme, own_public(channel.transcript().messages())};
}

Result<void> send_client_certificate_verify12(Channel& channel, const SignQuestion& asked, const Signature& signature) {
  CertificateVerify12 message;
  message.algorithm = asked.scheme;
  message.signature = as_view(signature.bytes);
  return channel.send(message);
}

Result<void> keep_ticket(ClientState& state, const Received<NewSessionTicket12>& received) {
  const auto& ticket = received.message;
  const auto limit = state.settings().policy.limits.ticket;
  if (ticket.ticket.size() > limit)
    return fail(Code::ticket_too_large,
                std::to_string(ticket.ticket.size()) + " octets, at most " + std::to_string(limit) + " are allowed");
  state.ticket = own(ticket.ticket);
  state.ticket_lifetime = std::chrono::seconds(ticket.ticket_lifetime_hint);
  return {};
}

Result<void> finish_client12(Channel& channel, ClientState& state) {
  channel.transcript().forget_messages();
  state.outcome.exporter = exporter_of(state.agreed12);
  state.outcome.first_finished = first_finished_of(state.agreed12, state.resumed);
  state.outcome.server_name = state.name.text();
  if (auto left = leave_renegotiable(state); !left) return left;
  return keep_session12(state);
}

}  // namespace sotto::handshake
