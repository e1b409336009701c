#include "handshake/steps_server12.hpp"

#include <algorithm>

#include "crypto/random.hpp"
#include "handshake/certificate_types.hpp"
#include "handshake/certificates.hpp"
#include "handshake/certificates12.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

/// RFC 5746, 3.3: a cipher suite that stands for an empty renegotiation_info.
constexpr auto empty_renegotiation_info_scsv = static_cast<CipherSuite>(0x00ff);

constexpr std::size_t session_id_octets = 32;

/// Checks that the client continues our connection, or starts one securely. RFC 5746, 3.6 and 3.7.
Result<void> accept_renegotiation_info(ServerState& state) {
  const auto info = state.hello.extensions.find<RenegotiationInfo>();
  const bool signalled = state.hello.cipher_suites.contains(empty_renegotiation_info_scsv);
  state.agreed12.secure_renegotiation = info || signalled;
  // RFC 5746, 3.7: in a renegotiation the extension is there, and the suite that stands for an empty one is not.
  if (state.before && (!info || signalled))
    return fail(Code::renegotiation_mismatch,
                info ? "it is said to be a first handshake" : "the client left out renegotiation_info");
  if (info) return check_renegotiation_info(state.before.get(), End::client, *info);
  if (signalled || !state.settings().policy.require_secure_renegotiation) return {};
  return fail(Code::no_secure_renegotiation);
}

/// Checks that a renegotiation is for what the connection was opened for.
Result<void> check_continuity(ServerState& state) {
  if (!state.before) return {};
  if (state.offer.server_name != state.before->server_name)
    return fail(Code::renegotiation_mismatch, "the client asks for \"" + state.offer.server_name + "\", before for \"" +
                                                  state.before->server_name + "\"");
  if (state.agreed.application_protocol.empty()) state.agreed.application_protocol = state.before->application_protocol;
  return check_same_master_secret_kind(state.before.get(), state.agreed12.extended_master_secret);
}

/// RFC 8422, 5.1.2: "... MUST contain the value 0 (uncompressed)".
Result<void> check_point_formats(const ServerState& state) {
  const auto formats = state.hello.extensions.find<EcPointFormats>();
  if (formats && !formats->ec_point_format_list.contains(EcPointFormat::uncompressed))
    return fail(Code::wrong_point_formats);
  return {};
}

/// Says whether `session` may be resumed on this connection: what it is bound to must be the same now.
bool fits(const ServerState& state, const session::ServerSession& session) {
  const auto& policy = state.settings().policy;
  const auto* suite = keys::find_suite(session.cipher_suite);
  if (session.version != ProtocolVersion::tls12 || suite == nullptr ||
      !state.offer.cipher_suites.contains(session.cipher_suite) ||
      std::ranges::find(policy.cipher_suites, session.cipher_suite) == policy.cipher_suites.end())
    return false;
  return fits_settings(state, session);
}

/// Opens the session that the client wants to resume, by its ticket or its identifier.
std::optional<session::ServerSession> offered_session(ServerState& state) {
  const auto& settings = state.settings();
  // A renegotiation is there for fresh keys, or for a certificate: it resumes nothing.
  if (!settings.ticket_keys || state.before) return std::nullopt;
  const auto ticket = state.hello.extensions.find<SessionTicketOffer>();
  if (ticket && !ticket->ticket.empty())
    return session::open_ticket(*settings.ticket_keys, ticket->ticket, settings.clock());
  // RFC 5077, 3.4: beside a ticket the identifier is the client's invention; without one it may be ours.
  if (!settings.sessions || state.hello.legacy_session_id.size() != session_id_octets) return std::nullopt;
  const auto sealed = settings.sessions->find(as_public(state.hello.legacy_session_id));
  if (!sealed) return std::nullopt;
  auto session = session::open_ticket(*settings.ticket_keys, as_view(*sealed), settings.clock());
  if (session) state.session_id = own(state.hello.legacy_session_id);
  return session;
}

Result<void> look_for_session(ServerState& state) {
  auto session = offered_session(state);
  if (!session || !fits(state, *session)) {
    state.session_id.clear();
    return {};
  }
  // RFC 7627, 5.3: our sessions all have an extended master secret; a client that forgot it must be refused.
  if (!state.agreed12.extended_master_secret) return fail(Code::extended_master_secret_changed);
  state.agreed.suite = keys::find_suite(session->cipher_suite);
  state.agreed12.suite = state.agreed.suite;
  state.agreed12.master = keys::MasterSecret(session->psk.view());
  state.outcome.stored_session.id = state.session_id;
  state.session.emplace(std::move(*session));
  return {};
}

/// RFC 7919, 4: a client that lists prime fields gets one of them or another key exchange; one that lists none takes
/// any.
std::optional<NamedGroup> choose_ffdhe_group(const ClientOffer& offer) {
  bool lists_some = false;
  for (const auto group : offer.groups) {
    if (crypto::is_ffdhe(group)) return group;
    lists_some |= static_cast<unsigned>(group) >> 8 == 1;  // RFC 7919, 2: ffdhe groups are 0x0100 to 0x01ff
  }
  if (lists_some) return std::nullopt;
  return NamedGroup::ffdhe2048;
}

/// What a credential can do for a client.
struct Abilities {
  keys::Authentication authentication{};
  bool sign = true;
  bool decrypt = true;
};

/// Lists the suites of TLS 1.2 that both sides can use, as far as it does not depend on the certificate.
std::vector<const keys::SuiteParameters*> common_suites(const ServerState& state) {
  std::vector<const keys::SuiteParameters*> suites;
  for (const auto suite : suites_in_order(state.offer, state.settings().policy)) {
    const auto* row = keys::find_suite(suite);
    const bool agreeable = (row->key_agreement != keys::KeyAgreement::ecdhe || state.agreed.group) &&
                           (row->key_agreement != keys::KeyAgreement::dhe || choose_ffdhe_group(state.offer));
    if (row->version == ProtocolVersion::tls12 && agreeable && state.offer.cipher_suites.contains(suite))
      suites.push_back(row);
  }
  return suites;
}

/// Chooses the first common suite that goes with the credential's key.
const keys::SuiteParameters* choose_suite(const ServerState& state, const Abilities& abilities) {
  for (const auto* row : common_suites(state)) {
    const bool able = row->key_agreement == keys::KeyAgreement::rsa_transport ? abilities.decrypt : abilities.sign;
    if (row->authentication == abilities.authentication && able) return row;
  }
  return nullptr;
}

void note_agreement12(ServerState& state) {
  auto& summary = state.outcome.summary;
  summary.version = ProtocolVersion::tls12;
  summary.cipher_suite = state.agreed.suite->suite;
  summary.application_protocol = state.agreed.application_protocol;
  summary.server_name = state.offer.server_name;
  if (state.before) summary.renegotiations = state.before->renegotiations + 1;
  if (!state.session) {
    if (state.agreed.suite->key_agreement == keys::KeyAgreement::ecdhe) summary.group = state.agreed.group;
    if (state.agreed.suite->key_agreement == keys::KeyAgreement::dhe) summary.group = choose_ffdhe_group(state.offer);
    return;
  }
  summary.resumed = true;
  summary.peer_authenticated = state.session->client_authenticated;
  if (state.session->client) summary.peer_chain.push_back(*state.session->client);
}

ServerEcdhParams params_of(const crypto::KeyExchange& exchange) {
  ServerEcdhParams params;
  params.named_curve = exchange.group();
  params.public_value = exchange.public_value();
  return params;
}
ServerDhParams params_of(const crypto::FfdheExchange& exchange) {
  return {exchange.prime(), exchange.generator(), exchange.public_value()};
}

ExtensionList answer_extensions(const ServerState& state) {
  ExtensionList extensions;
  if (state.agreed12.secure_renegotiation) {
    const auto continued = renegotiation_info(state.before.get(), End::server);
    RenegotiationInfo info;
    info.renegotiated_connection = continued;
    extensions.add(info);
  }
  if (state.agreed12.extended_master_secret) extensions.add(ExtendedMasterSecret{});
  if (state.agreed12.encrypt_then_mac) extensions.add(EncryptThenMac{});
  if (state.agreed12.ticket_promised) extensions.add(SessionTicketPromise{});
  answer_certificate_types(state, extensions);
  answer_record_limits(state.records, extensions);
  if (!state.session && has_wanted_ocsp_response(state.hello, *state.credential)) extensions.add(StatusPromise{});
  // RFC 6962, 3.3.1: not where a session is resumed.
  if (!state.session && has_wanted_sct_list(state.hello, *state.credential)) {
    TimestampList timestamps;
    timestamps.sct_list = as_view(state.credential->sct_list());
    extensions.add(timestamps);
  }
  if (!state.offer.server_name.empty() && !state.session) extensions.add(ServerNameAccepted{});
  if (state.hello.extensions.has(ExtensionType::ec_point_formats) && !state.session) {
    static constexpr std::array<std::uint8_t, 1> uncompressed = {0};
    EcPointFormats formats;
    formats.ec_point_format_list = Codes<EcPointFormat>(uncompressed);
    extensions.add(formats);
  }
  if (!state.agreed.application_protocol.empty() && !state.offer.application_protocols.empty()) {
    ApplicationProtocols protocols;
    protocols.protocol_name_list.push_back({as_view(std::string_view(state.agreed.application_protocol))});
    extensions.add(protocols);
  }
  return extensions;
}

/// Gives a new session an identifier, where it can be resumed and the client takes no ticket.
Result<void> draw_session_id(ServerState& state) {
  const auto& settings = state.settings();
  const bool kept = settings.sessions && settings.ticket_keys && state.agreed12.extended_master_secret &&
                    !state.agreed12.ticket_promised;
  if (state.session || !kept) return {};
  state.session_id.resize(session_id_octets);
  return crypto::fill_random(state.session_id);
}

/// Returns what a session is bound to, for a ticket or the store. One that is resumed keeps its master secret, and its
/// age and its end with it.
session::ServerSession session_to_keep(const ServerState& state) {
  const auto& settings = state.settings();
  const auto& summary = state.outcome.summary;
  session::ServerSession kept;
  kept.version = ProtocolVersion::tls12;
  kept.cipher_suite = state.agreed.suite->suite;
  kept.psk = crypto::HashSecret(state.agreed12.master.view());
  kept.issued = state.session ? state.session->issued : settings.clock();
  kept.began = kept.issued;
  kept.lifetime = state.session ? state.session->lifetime : settings.policy.ticket_lifetime;
  kept.server_name = state.offer.server_name;
  if (!summary.peer_chain.empty()) {
    kept.client = summary.peer_chain.front();
    kept.client_authorities = settings.client_authorities_hash;
  }
  kept.client_authenticated = summary.peer_authenticated;
  kept.server_type = server_type_of(state);
  kept.max_fragment_length = state.records.max_fragment_length;
  return kept;
}

/// Puts a session that is now proven into the store. One that cannot be sealed is not resumed, which is no failure.
void keep_session(ServerState& state) {
  if (state.session_id.empty()) return;
  const auto& settings = state.settings();
  state.outcome.stored_session.id = state.session_id;
  if (state.session) return;
  auto kept = session_to_keep(state);
  // RFC 5246, F.1.4: "An upper limit of 24 hours is suggested for session ID lifetimes".
  kept.lifetime = std::min<std::chrono::seconds>(kept.lifetime, std::chrono::days(1));
  const auto sealed = session::seal_ticket(*settings.ticket_keys, kept, kept.issued);
  if (sealed) settings.sessions->put(as_public(View(state.session_id)), own_public(*sealed), kept.expires());
}

/// RFC 8446, 4.1.3: a server that speaks TLS 1.3 marks the random of a TLS 1.2 handshake.
Result<void> draw_random(ServerState& state) {
  auto& random = state.agreed12.server_random;
  if (auto filled = crypto::fill_random(random); !filled) return filled;
  const auto& versions = state.settings().policy.versions;
  if (std::ranges::find(versions, ProtocolVersion::tls13) == versions.end()) return {};
  static constexpr std::array<std::uint8_t, 8> mark = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
  copy(mark, MutableView(random).last(mark.size()));
  return {};
}

}  // namespace

Result<void> accept_client_hello12(Channel& channel, ServerState& state) {
  if (auto accepted = accept_renegotiation_info(state); !accepted) return accepted;
  if (auto checked = check_point_formats(state); !checked) return checked;
  copy(state.hello.random, state.agreed12.client_random);
  state.agreed12.extended_master_secret = state.hello.extensions.has(ExtensionType::extended_master_secret);
  if (!state.agreed12.extended_master_secret && state.settings().policy.require_extended_master_secret)
    return fail(Code::no_extended_master_secret);
  if (auto checked = check_continuity(state); !checked) return checked;
  // Without an extended master secret a session could be replayed into another connection: it gets no ticket.
  state.agreed12.ticket_promised = state.settings().ticket_keys && state.settings().policy.tickets != 0 &&
                                   state.agreed12.extended_master_secret &&
                                   state.hello.extensions.has(ExtensionType::session_ticket);
  if (auto looked = look_for_session(state); !looked) return looked;
  if (auto drawn = draw_session_id(state); !drawn) return drawn;
  return channel.transcript().absorb(state.raw_hello);
}

Result<std::unique_ptr<ChooseCredentialQuestion>> credential_question12(ServerState& state) {
  auto question = offered_to_credentials(state);
  for (const auto* row : common_suites(state)) question.cipher_suites.push_back(row->suite);
  if (question.cipher_suites.empty()) return fail(Code::no_common_cipher_suite, "with any kind of certificate");
  return std::make_unique<ChooseCredentialQuestion>(std::move(question));
}

Result<void> take_credential12(ServerState& state, const Credential& credential) {
  auto key =
      end_entity_key(credential.chain(), credential.tls12_schemes().empty() ? KeyUse::enciphering : KeyUse::signing);
  if (!key) return std::unexpected(key.error());
  // RFC 8422, 5.1: a server that cannot restrict itself to the curves that are listed "MUST NOT negotiate the use of an
  // ECC cipher suite".
  const auto curve = credential.curve();
  if (curve && !state.offer.groups.empty() && !state.offer.groups.contains(*curve))
    return fail(Code::no_common_group, "the certificate's key is on " + to_string(*curve));
  const auto scheme =
      choose_scheme12(credential, state.settings().policy.own_signing_schemes(), state.offer.signature_schemes);
  state.agreed.suite =
      choose_suite(state, {authentication_of(key->type()), scheme.has_value(), credential.can_decrypt()});
  if (state.agreed.suite == nullptr) {
    if (!scheme) return std::unexpected(scheme.error());
    return fail(Code::no_common_cipher_suite, "that goes with the certificate's key");
  }
  state.agreed12.suite = state.agreed.suite;
  state.credential.emplace(credential);
  if (state.agreed.suite->key_agreement != keys::KeyAgreement::rsa_transport)
    state.outcome.summary.signature_scheme = *scheme;
  return {};
}

Result<void> send_server_hello12(Channel& channel, ServerState& state) {
  if (auto drawn = draw_random(state); !drawn) return drawn;
  if (auto selected = channel.transcript().select(state.agreed.suite->hash, keys::Transcript::Retention::messages);
      !selected)
    return selected;
  // RFC 7366, 3: only for suites with CBC.
  state.agreed12.encrypt_then_mac =
      state.agreed.suite->cbc.has_value() && state.hello.extensions.has(ExtensionType::encrypt_then_mac);
  if (auto checked = check_integrity(state.before.get(), state.agreed12.integrity()); !checked) return checked;
  const auto extensions = answer_extensions(state);
  ServerHello hello;
  hello.random = state.agreed12.server_random;
  // RFC 5246, 7.4.1.3: the client's identifier says that its session is resumed, a new one that it can be, and an empty
  // one that it cannot, or by a ticket alone (RFC 5077, 3.4).
  hello.legacy_session_id_echo = state.session ? state.hello.legacy_session_id : View(state.session_id);
  hello.cipher_suite = state.agreed.suite->suite;
  hello.extensions = extensions.view<In::server_hello>();
  note_agreement12(state);
  keep_record_limits(channel, state);
  return channel.send(hello);
}

Result<void> send_server_certificate12(Channel& channel, ServerState& state) {
  return send_certificate12(channel, state.credential->chain());
}

Result<void> send_certificate_status12(Channel& channel, ServerState& state) {
  if (!has_wanted_ocsp_response(state.hello, *state.credential)) return {};
  CertificateStatus message;
  message.status_type = CertificateStatusType::ocsp;
  message.response = as_view(state.credential->ocsp_response());
  return channel.send(message);
}

Result<SignQuestion> key_exchange_sign_question(ServerState& state) {
  const auto& agreed = state.agreed12;
  const auto scheme = *state.outcome.summary.signature_scheme;
  if (state.agreed.suite->key_agreement == keys::KeyAgreement::dhe) {
    auto exchange = crypto::FfdheExchange::generate(*choose_ffdhe_group(state.offer));
    if (!exchange) return std::unexpected(exchange.error());
    state.ffdhe_exchange.emplace(std::move(*exchange));
    const auto content = signed_params(agreed.client_random, agreed.server_random, params_of(*state.ffdhe_exchange));
    return SignQuestion{*state.credential, scheme, own_public(content)};
  }
  auto exchange = crypto::KeyExchange::generate(*state.agreed.group);
  if (!exchange) return std::unexpected(exchange.error());
  state.key_exchange.emplace(std::move(*exchange));
  const auto content = signed_params(agreed.client_random, agreed.server_random, params_of(*state.key_exchange));
  return SignQuestion{*state.credential, scheme, own_public(content)};
}

Result<void> send_server_key_exchange(Channel& channel, ServerState& state, const SignQuestion& asked,
                                      const Signature& signature) {
  if (state.ffdhe_exchange) {
    ServerKeyExchangeDhe message;
    message.params = params_of(*state.ffdhe_exchange);
    message.algorithm = asked.scheme;
    message.signature = as_view(signature.bytes);
    return channel.send(message);
  }
  ServerKeyExchange message;
  message.params = params_of(*state.key_exchange);
  message.algorithm = asked.scheme;
  message.signature = as_view(signature.bytes);
  return channel.send(message);
}

Result<void> send_certificate_request12(Channel& channel, ServerState& state) {
  const auto& settings = state.settings();
  if (!state.asks_for_certificate()) return {};
  static constexpr std::array<std::uint8_t, 2> types = {static_cast<std::uint8_t>(ClientCertificateType::ecdsa_sign),
                                                        static_cast<std::uint8_t>(ClientCertificateType::rsa_sign)};
  CertificateRequest12 request;
  request.certificate_types = Codes<ClientCertificateType>(types);
  request.supported_signature_algorithms = settings.encoded.signature_schemes.view();
  for (const auto& name : settings.client_authorities) request.certificate_authorities.push_back({as_view(name)});
  state.certificate_requested = true;
  return channel.send(request);
}

Result<void> send_server_hello_done(Channel& channel) { return channel.send(ServerHelloDone{}); }

Result<void> take_client_chain12(ServerState& state, const Received<Certificate12>& received) {
  auto taken = take_chain12(received.message, state.client_type);
  if (!taken) return std::unexpected(taken.error());
  auto& chain = *taken;
  if (chain.empty()) {
    if (state.client_auth == ClientAuth::required) return fail(Code::certificate_missing_in_tls12);
    return {};
  }
  if (auto checked = check_same_peer(state.before.get(), chain.front()); !checked)
    return std::unexpected(checked.error());
  auto key = end_entity_key(chain);
  if (!key) return std::unexpected(key.error());
  state.client_key.emplace(std::move(*key));
  state.outcome.summary.peer_chain = chain;
  state.judge.emplace(
      VerifyQuestion{{std::move(chain), std::nullopt, Purpose::client_authentication, state.settings().clock()}});
  return {};
}

Result<void> note_client(ServerState& state, const Verified& proof) {
  state.outcome.summary.peer_authenticated = proof.how();
  return {};
}

Result<void> accept_client_key_exchange(Channel& channel, ServerState& state,
                                        const Received<ClientKeyExchange>& received) {
  const auto shared = state.key_exchange->agree(received.message.public_value);
  state.key_exchange.reset();
  if (!shared) return std::unexpected(shared.error());
  return derive_master_secret(channel, state.agreed12, shared->view());
}

Result<void> accept_client_key_exchange_dhe(Channel& channel, ServerState& state,
                                            const Received<ClientKeyExchangeClassic>& received) {
  const auto shared = state.ffdhe_exchange->agree(received.message.exchange_keys);
  state.ffdhe_exchange.reset();
  if (!shared) return std::unexpected(shared.error());
  return derive_master_secret(channel, state.agreed12, shared->view());
}

Result<DecryptQuestion> decrypt_question(ServerState& state, const Received<ClientKeyExchangeClassic>& received) {
  return DecryptQuestion{*state.credential, state.hello.legacy_version, own_public(received.message.exchange_keys)};
}

Result<void> take_premaster_secret(Channel& channel, ServerState& state, const PremasterSecret& premaster) {
  // A secret of another length can only come from the caller's own key; like everything that is wrong with one, it
  // shows at Finished alone.
  auto octets = own(as_view(premaster.bytes));
  octets.resize(crypto::premaster_length);
  const SecretBytes secret(std::move(octets));
  return derive_master_secret(channel, state.agreed12, secret.view());
}

Result<void> check_client_signature12(Channel& channel, ServerState& state,
                                      const Received<CertificateVerify12>& received) {
  const auto& verify = received.message;
  if (auto checked = check_signature12(*state.client_key, state.settings().policy.signature_schemes, verify.algorithm,
                                       channel.transcript().messages(), verify.signature);
      !checked)
    return checked;
  state.outcome.summary.client_signature_scheme = verify.algorithm;
  return channel.transcript().absorb(received.raw);
}

Result<void> send_ticket12(Channel& channel, ServerState& state) {
  if (!state.agreed12.ticket_promised) return {};
  const auto& settings = state.settings();
  const auto kept = session_to_keep(state);
  const auto now = settings.clock();
  const auto ticket = session::seal_ticket(*settings.ticket_keys, kept, now);

  NewSessionTicket12 message;
  // RFC 5077, 3.3: an empty ticket says that there is none after all, such as for a client certificate too large for
  // one.
  if (ticket && ticket->size() <= 0xffff) {
    // RFC 5077, 3.3: a hint of zero would leave the lifetime to the client.
    const auto left = std::max(std::chrono::floor<std::chrono::seconds>(kept.expires() - now), std::chrono::seconds(1));
    message.ticket_lifetime_hint = static_cast<std::uint32_t>(left.count());
    message.ticket = *ticket;
  }
  return channel.send(message);
}

Result<void> finish_server12(Channel& channel, ServerState& state) {
  channel.transcript().forget_messages();
  state.outcome.exporter = exporter_of(state.agreed12);
  state.outcome.first_finished = first_finished_of(state.agreed12, state.session.has_value());
  state.outcome.credential = state.credential;
  Bytes identity;
  if (const auto& chain = state.outcome.summary.peer_chain; !chain.empty()) {
    auto known = identity_of(chain.front());
    if (!known) return std::unexpected(known.error());
    identity = std::move(*known);
  }
  auto left =
      renegotiable_after(state.agreed12, state.before.get(), state.settings().policy, state.outcome.summary, identity);
  if (left) left->server_name = state.offer.server_name;
  state.outcome.renegotiable = std::move(left);
  keep_session(state);
  return {};
}

}  // namespace sotto::handshake
