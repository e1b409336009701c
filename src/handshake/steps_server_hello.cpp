#include "handshake/steps_server_hello.hpp"

#include <algorithm>

#include "handshake/binder.hpp"
#include "handshake/certificate_types.hpp"
#include "handshake/steps_server12.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;
using std::chrono::milliseconds;
using std::chrono::system_clock;

/// Keeps the message, since the offer borrows from it until the handshake keys are made.
Result<void> keep_hello(ServerState& state, View raw) {
  state.raw_hello = own(raw);
  auto hello = parse_message<ClientHello>(state.raw_hello);
  if (!hello) return std::unexpected(hello.error());
  state.hello = *hello;
  // A renegotiation keeps the version of the connection.
  auto offer =
      read_offer(state.hello, state.before ? std::vector{ProtocolVersion::tls12} : state.settings().policy.versions);
  if (!offer) return std::unexpected(offer.error());
  state.offer = std::move(*offer);
  return {};
}

/// Returns the application protocols to choose from: in a renegotiation, the one that is spoken already.
std::vector<std::string> protocols_of(const ServerState& state) {
  if (!state.before) return state.settings().alpn;
  const auto& spoken = state.before->application_protocol;
  return spoken.empty() ? std::vector<std::string>() : std::vector{spoken};
}

/// Checks the binder of identity number `index`. RFC 8446, 4.2.11.2.
Result<void> check_binder_of(Channel& channel, const ServerState& state, const Psk& psk, std::size_t index) {
  const auto& binders = state.offer.pre_shared_keys->binders;
  std::size_t list_octets = 2;  // binders<33..2^16-1>, the end of the message, is not covered
  for (const auto& entry : binders) list_octets += 1 + entry.binder.size();
  const auto truncated = View(state.raw_hello).first(state.raw_hello.size() - list_octets);
  const auto transcript = channel.transcript().with(psk.hash, truncated);
  if (!transcript) return std::unexpected(transcript.error());
  return check_binder(psk, *transcript, binders[index].binder);
}

/// Says whether `session` may be resumed on this connection: what it is bound to must be the same now.
bool fits(const ServerState& state, const session::ServerSession& session) {
  const auto* suite = keys::find_suite(session.cipher_suite);
  if (session.version != state.agreed.version || suite == nullptr || suite->hash != state.agreed.suite->hash)
    return false;
  return fits_settings(state, session);
}

/// How many identities are tried: each costs a decryption.
constexpr std::size_t most_identities = 8;

/// Returns the key of the session in a ticket, and keeps the session.
std::optional<Psk> open_session(ServerState& state, View identity) {
  const auto& keys = state.settings().ticket_keys;
  if (!keys) return std::nullopt;
  auto session = session::open_ticket(*keys, identity, state.settings().clock());
  if (!session || !fits(state, *session)) return std::nullopt;
  Psk psk;
  psk.hash = state.agreed.suite->hash;
  psk.key = SecretBytes(session->psk.view());
  state.session.emplace(std::move(*session));
  return psk;
}

/// Takes the first identity that stands for a key we have and that goes with the cipher suite.
enum class Consider : std::uint8_t { all_keys, external_keys };
Result<void> look_for_psk(Channel& channel, ServerState& state, Consider which) {
  const auto& identities = state.offer.pre_shared_keys->identities;
  for (std::size_t i = 0; i < std::min(identities.size(), most_identities); ++i) {
    const auto identity = identities[i].identity;
    auto psk = which == Consider::all_keys ? open_session(state, identity) : std::nullopt;
    if (!psk) {
      auto found = find_psk(state.settings().find_psk, identity, state.agreed.suite->hash);
      if (!found) return std::unexpected(found.error());
      psk = std::move(*found);
    }
    if (!psk) continue;
    // RFC 8446, 4.2.11: "If this value is not present or does not validate, the server MUST abort the handshake."
    if (auto checked = check_binder_of(channel, state, *psk, i); !checked) return checked;
    state.psk.emplace(std::move(*psk));
    state.psk_identity = static_cast<std::uint16_t>(i);
    return {};
  }
  return {};
}

/// Returns the cipher suite in common that is first among those of another hash than the one agreed on, or null.
const keys::SuiteParameters* suite_of_other_hash(const ServerState& state) {
  for (const auto suite : state.settings().policy.cipher_suites) {
    const auto* row = keys::find_suite(suite);
    if (row->version == ProtocolVersion::tls13 && row->hash != state.agreed.suite->hash &&
        state.offer.cipher_suites.contains(suite))
      return row;
  }
  return nullptr;
}

Result<void> look_for_psk(Channel& channel, ServerState& state) {
  state.session.reset();
  state.psk.reset();
  if (!state.offer.pre_shared_keys || !state.offer.takes_tickets) return {};
  if (auto looked = look_for_psk(channel, state, Consider::all_keys); !looked || state.psk) return looked;
  // RFC 8446, 4.2.11: an external key goes with one hash, for which the server may have to choose another suite.
  const auto* other = suite_of_other_hash(state);
  if (!state.settings().find_psk || other == nullptr || state.outcome.summary.hello_retried) return {};
  const auto* preferred = std::exchange(state.agreed.suite, other);
  auto looked = look_for_psk(channel, state, Consider::external_keys);
  if (!state.psk) state.agreed.suite = preferred;
  return looked;
}

/// When the ClientHello was made, by the age of the ticket that it tells. RFC 8446, 8.3.
system_clock::time_point expected_arrival(const ServerState& state) {
  const auto told = state.offer.pre_shared_keys->identities[state.psk_identity].obfuscated_ticket_age;
  const milliseconds age(static_cast<std::uint32_t>(told - state.session->ticket_age_add));
  return state.session->issued + age;
}

/// By how much that is off: positive for a ClientHello that took its time.
milliseconds age_skew(const ServerState& state, system_clock::time_point now) {
  return std::chrono::floor<milliseconds>(now - expected_arrival(state));
}

/// Says what stands against early data; `accepted` if nothing does but the question whether it is a replay.
/// RFC 8446, 4.2.10.
EarlyDataReason judge_early_data(const ServerState& state, bool offered) {
  const auto& settings = state.settings();
  if (settings.early_data == 0 || state.early_data_use == EarlyDataUse::forbidden) return EarlyDataReason::disabled;
  if (!state.offer.pre_shared_keys) return EarlyDataReason::no_session_offered;
  if (state.retry_needed) return EarlyDataReason::hello_retry_request;
  // "... using the first PSK listed in the pre_shared_key extension"; version and name are those of the session.
  if (!state.session || state.psk_identity != 0) return EarlyDataReason::session_not_resumed;
  if (state.session->max_early_data_size == 0) return EarlyDataReason::unsupported_for_session;
  if (!offered) return EarlyDataReason::peer_declined;
  if (state.session->cipher_suite != state.agreed.suite->suite) return EarlyDataReason::cipher_suite_mismatch;
  if (state.session->application_protocol != state.agreed.application_protocol) return EarlyDataReason::alpn_mismatch;
  const auto skew = age_skew(state, settings.clock());
  const bool in_time = std::chrono::abs(skew) <= settings.policy.limits.early_data_age_skew;
  return in_time ? EarlyDataReason::accepted : EarlyDataReason::ticket_age_skew;
}

/// Notes and tells what becomes of the early data that the client offered.
void answer_early_data(Channel& channel, ServerState& state, EarlyDataReason reason) {
  const bool accepted = reason == EarlyDataReason::accepted;
  auto& summary = state.outcome.summary;
  state.early_data_accepted = accepted;
  summary.early_data = accepted ? EarlyDataStatus::accepted : EarlyDataStatus::rejected;
  summary.early_data_reason = reason;
  note_agreement(state);
  channel.outside().answer_early_data(summary.early_data);
  // A server that does not accept early data skips it.
  if (!accepted) channel.outside().skip_early_data();
}

void consider_early_data(Channel& channel, ServerState& state) {
  const bool offered = state.hello.extensions.has(ExtensionType::early_data);
  const auto reason = judge_early_data(state, offered);
  state.outcome.summary.early_data_reason = reason;
  state.early_data_possible = reason == EarlyDataReason::accepted;
  if (offered && !state.early_data_possible) answer_early_data(channel, state, reason);
}

/// Both hellos end here: binders are checked before the message is absorbed.
Result<void> resume_and_absorb(Channel& channel, ServerState& state) {
  if (auto looked = look_for_psk(channel, state); !looked) return looked;
  if (!state.psk && state.offer.signature_schemes.empty()) return fail(Code::missing_extension, "signature_algorithms");
  auto& told_skew = state.outcome.summary.ticket_age_skew;
  told_skew = state.session ? age_skew(state, state.settings().clock()) : milliseconds(0);
  if (auto absorbed = channel.transcript().absorb(state.raw_hello); !absorbed) return absorbed;
  return channel.transcript().select(state.agreed.suite->hash);
}

}  // namespace

void keep_record_limits(Channel& channel, ServerState& state) {
  state.outcome.summary.sent_record_limit = state.records.limits.sent;
  state.outcome.summary.received_record_limit = state.records.limits.received;
  channel.outside().limit_records(state.records.limits);
}

ChooseCredentialQuestion offered_to_credentials(const ServerState& state) {
  ChooseCredentialQuestion question;
  question.version = state.agreed.version;
  question.server_name = state.offer.server_name;
  question.application_protocols = state.offer.application_protocols;
  question.signature_schemes = state.offer.signature_schemes;
  question.groups.assign(state.offer.groups.begin(), state.offer.groups.end());
  question.types = state.server_types;
  // RFC 8446, 4.2.4: a client may tell which authorities it trusts.
  if (const auto authorities = state.hello.extensions.find<CertificateAuthorities>())
    for (const auto& authority : authorities->authorities) question.authorities.push_back(own_public(authority.name));
  return question;
}

void note_agreement(ServerState& state) {
  auto& summary = state.outcome.summary;
  summary.version = state.agreed.version;
  summary.cipher_suite = state.agreed.suite->suite;
  summary.group = state.agreed.group;
  summary.application_protocol = state.agreed.application_protocol;
  summary.server_name = state.offer.server_name;
  // What a first ClientHello led to does not count any more once a second one leads elsewhere.
  const bool external = state.psk && state.psk->kind != PskKind::session;
  summary.external_psk = external ? state.psk->name : std::string();
  summary.resumed = state.session.has_value();
  summary.peer_authenticated = external ? authenticated_by(*state.psk) : std::string();
  summary.peer_chain.clear();
  if (!state.session) return;
  summary.peer_authenticated = state.session->client_authenticated;
  if (state.session->client) summary.peer_chain.push_back(*state.session->client);
}

bool fits_settings(const ServerState& state, const session::ServerSession& session) {
  if (session.server_name != state.offer.server_name) return false;
  // RFC 6066, 4: "The negotiated length applies for the duration of the session including session resumptions."
  if (session.max_fragment_length != state.records.max_fragment_length) return false;
  // A session without a client certificate must not become a way around the demand for one, nor one with it outlive it.
  if (state.client_auth == ClientAuth::required && !session.client) return false;
  // RFC 7250: who wants another kind of identity than the session began with, begins anew.
  const auto& types = state.server_types;
  if (std::ranges::find(types, session.server_type) == types.end()) return false;
  if (session.client && session.client->type() != state.client_type) return false;
  // Servers that share ticket keys need not trust the same authorities.
  if (session.client && session.client_authorities != state.settings().client_authorities_hash) return false;
  return state.client_auth != ClientAuth::none || !session.client;
}

Result<void> accept_client_hello(Channel& channel, ServerState& state, const Received<ClientHello>& received) {
  if (auto kept = keep_hello(state, received.raw); !kept) return kept;
  channel.log_secrets_to(state.settings().key_log, state.hello.random);
  auto agreed = negotiate(state.offer, state.settings().policy, protocols_of(state));
  if (!agreed) return std::unexpected(agreed.error());
  state.agreed = std::move(*agreed);
  auto records = choose_record_limits(state.hello, state.settings().policy, state.agreed.version);
  if (!records) return std::unexpected(records.error());
  state.records = *records;
  if (auto accepted = accept_certificate_types(state); !accepted) return accepted;
  if (state.agreed.version == ProtocolVersion::tls12) {
    state.outcome.summary.early_data_reason = EarlyDataReason::protocol_version;
    return accept_client_hello12(channel, state);
  }
  state.retry_needed = !state.agreed.peer_share;
  if (auto resumed = resume_and_absorb(channel, state); !resumed) return resumed;
  consider_early_data(channel, state);
  return {};
}

Result<ReplayQuestion> replay_question(ServerState& state) {
  const auto& settings = state.settings();
  EarlyDataAttempt attempt;
  // RFC 8446, 8.2: a unique value of the ClientHello, and "only from validated sections": the binder was checked.
  copy(state.offer.pre_shared_keys->binders.front().binder, as_view(std::span<std::byte>(attempt.id)));
  attempt.ticket_issued = state.session->issued;
  attempt.now = settings.clock();
  // Ages are told in milliseconds, while clocks know more: all of the last one counts.
  attempt.valid_until = expected_arrival(state) + settings.policy.limits.early_data_age_skew + milliseconds(1);
  return ReplayQuestion{attempt};
}

Result<void> accept_early_data(Channel& channel, ServerState& state, FirstTime first_time) {
  if (first_time == FirstTime::no) {
    answer_early_data(channel, state, EarlyDataReason::replayed);
    return {};
  }
  const auto early = keys::EarlyStage::start(state.agreed.suite, state.session->psk.view());
  if (!early) return std::unexpected(early.error());
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  auto traffic = early->client_traffic(*transcript);
  if (!traffic) return std::unexpected(traffic.error());
  auto exporter = early->exporter_secret(*transcript);
  if (!exporter) return std::unexpected(exporter.error());
  channel.log_secret("CLIENT_EARLY_TRAFFIC_SECRET", traffic->secret.view());
  channel.log_secret("EARLY_EXPORTER_SECRET", exporter->view());
  channel.outside().begin_early_data(state.session->max_early_data_size, {state.agreed.suite, std::move(*exporter)});
  answer_early_data(channel, state, EarlyDataReason::accepted);
  return channel.outside().install_receiving_keys(Epoch::early, std::move(*traffic));
}

Result<void> send_hello_retry_request(Channel& channel, ServerState& state) {
  if (auto replaced = channel.transcript().replace_by_message_hash(); !replaced) return replaced;
  ExtensionList extensions;
  SupportedVersionsChoice version;
  version.selected_version = state.agreed.version;
  extensions.add(version);
  KeyShareRetry share;
  share.selected_group = *state.agreed.group;
  extensions.add(share);

  HelloRetryRequest retry;
  retry.random = hello_retry_request_random;
  retry.legacy_session_id_echo = state.hello.legacy_session_id;
  retry.cipher_suite = state.agreed.suite->suite;
  retry.extensions = extensions.view<In::hello_retry_request>();
  if (auto sent = channel.send(retry); !sent) return sent;
  state.outcome.summary.hello_retried = true;
  if (!state.settings().policy.middlebox_compatibility || state.hello.legacy_session_id.empty()) return {};
  return channel.outside().send_compatibility_change_cipher_spec();
}

Result<void> accept_second_client_hello(Channel& channel, ServerState& state, const Received<ClientHello>& received) {
  const auto first_raw = std::move(state.raw_hello);
  const auto first = parse_message<ClientHello>(first_raw);
  if (!first) return std::unexpected(first.error());
  if (auto kept = keep_hello(state, received.raw); !kept) return kept;
  if (!is_same_hello_after_retry(*first, state.hello)) return fail(Code::changed_client_hello);

  // RFC 8446, 4.1.2: early data is not permitted after a HelloRetryRequest.
  channel.outside().stop_skipping_early_data();

  // RFC 8446, 4.2.8: exactly the share that was asked for.
  if (state.offer.key_shares.size() != 1 || state.offer.key_shares.front().group != *state.agreed.group)
    return fail(Code::wrong_group,
                "the second ClientHello must have one key share, for " + to_string(*state.agreed.group));
  state.agreed.peer_share = state.offer.key_shares.front().key_exchange;
  // RFC 8446, 4.1.2: only pre-shared keys that do not go with the suite may be left out, and this one does.
  if (state.psk && !state.offer.pre_shared_keys)
    return fail(Code::missing_extension, "pre_shared_key, which the first ClientHello had");
  const bool by_external_psk = state.psk && state.psk->kind != PskKind::session;
  if (auto looked = resume_and_absorb(channel, state); !looked) return looked;
  if (by_external_psk && !state.psk)
    return fail(Code::changed_client_hello, "it lacks the pre-shared key that the first one was accepted with");
  return {};
}

}  // namespace sotto::handshake
