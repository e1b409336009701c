#include "handshake/steps_server_hello.hpp"

#include <algorithm>

#include "handshake/steps_server12.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;

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
Result<void> check_binder(Channel& channel, const ServerState& state, const session::ServerSession& session,
                          std::size_t index) {
  const auto& binders = state.offer.pre_shared_keys->binders;
  const auto early = keys::EarlyStage::start(state.agreed.suite, session.psk.view());
  if (!early) return std::unexpected(early.error());
  const auto binder_key = early->resumption_binder_key();
  if (!binder_key) return std::unexpected(binder_key.error());

  std::size_t list_octets = 2;  // binders<33..2^16-1>, the end of the message, is not covered
  for (const auto& entry : binders) list_octets += 1 + entry.binder.size();
  const auto truncated = View(state.raw_hello).first(state.raw_hello.size() - list_octets);
  const auto transcript = channel.transcript().with(state.agreed.suite->hash, truncated);
  if (!transcript) return std::unexpected(transcript.error());
  const auto expected = keys::verify_data(*binder_key, *transcript);
  if (!expected) return std::unexpected(expected.error());
  if (!equal_in_constant_time(expected->view(), binders[index].binder)) return fail(Code::bad_binder);
  return {};
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

Result<void> look_for_session(Channel& channel, ServerState& state) {
  state.session.reset();
  const auto& keys = state.settings().ticket_keys;
  if (!state.offer.pre_shared_keys || !keys || !state.offer.takes_tickets) return {};
  const auto& identities = state.offer.pre_shared_keys->identities;
  for (std::size_t i = 0; i < std::min(identities.size(), most_identities); ++i) {
    auto session = session::open_ticket(*keys, identities[i].identity, state.settings().clock());
    if (!session || !fits(state, *session)) continue;
    // RFC 8446, 4.2.11: "If this value is not present or does not validate, the server MUST abort the handshake."
    if (auto checked = check_binder(channel, state, *session, i); !checked) return checked;
    state.session.emplace(std::move(*session));
    state.resumed_identity = static_cast<std::uint16_t>(i);
    return {};
  }
  return {};
}

/// Both hellos end here: binders are checked before the message is absorbed.
Result<void> resume_and_absorb(Channel& channel, ServerState& state) {
  if (auto looked = look_for_session(channel, state); !looked) return looked;
  if (!state.session && state.offer.signature_schemes.empty())
    return fail(Code::missing_extension, "signature_algorithms");
  if (auto absorbed = channel.transcript().absorb(state.raw_hello); !absorbed) return absorbed;
  return channel.transcript().select(state.agreed.suite->hash);
}

}  // namespace

void keep_record_limits(Channel& channel, ServerState& state) {
  state.outcome.summary.sent_record_limit = state.records.limits.sent;
  state.outcome.summary.received_record_limit = state.records.limits.received;
  channel.outside().limit_records(state.records.limits);
}

bool fits_settings(const ServerState& state, const session::ServerSession& session) {
  if (session.server_name != state.offer.server_name) return false;
  // RFC 6066, 4: "The negotiated length applies for the duration of the session including session resumptions."
  if (session.max_fragment_length != state.records.max_fragment_length) return false;
  // A session without a client certificate must not become a way around the demand for one, nor one with it outlive it.
  if (state.client_auth == ClientAuth::required && !session.client) return false;
  return state.client_auth != ClientAuth::none || !session.client;
}

Result<void> accept_client_hello(Channel& channel, ServerState& state, const Received<ClientHello>& received) {
  if (auto kept = keep_hello(state, received.raw); !kept) return kept;
  channel.log_secrets_to(state.settings().key_log, state.hello.random);
  // RFC 8446, 4.2.10: a server that does not accept early data skips it.
  if (state.hello.extensions.has(ExtensionType::early_data) && state.offer.version == ProtocolVersion::tls13)
    channel.outside().skip_early_data();
  auto agreed = negotiate(state.offer, state.settings().policy, protocols_of(state));
  if (!agreed) return std::unexpected(agreed.error());
  state.agreed = std::move(*agreed);
  auto records = choose_record_limits(state.hello, state.settings().policy, state.agreed.version);
  if (!records) return std::unexpected(records.error());
  state.records = *records;
  if (state.agreed.version == ProtocolVersion::tls12) return accept_client_hello12(channel, state);
  state.retry_needed = !state.agreed.peer_share;
  return resume_and_absorb(channel, state);
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

  // RFC 8446, 4.2.8: exactly the share that was asked for.
  if (state.offer.key_shares.size() != 1 || state.offer.key_shares.front().group != *state.agreed.group)
    return fail(Code::wrong_group,
                "the second ClientHello must have one key share, for " + to_string(*state.agreed.group));
  state.agreed.peer_share = state.offer.key_shares.front().key_exchange;
  return resume_and_absorb(channel, state);
}

}  // namespace sotto::handshake
