#include "handshake/steps_client_hello.hpp"

#include <algorithm>

#include "crypto/random.hpp"
#include "handshake/certificate_types.hpp"
#include "handshake/compressed_certificates.hpp"
#include "handshake/record_limits.hpp"
#include "handshake/steps_client12.hpp"
#include "wire/extensions.hpp"

namespace sotto::handshake {
namespace {

using namespace wire;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// RFC 7507, 2: a cipher suite that says that a newer version failed before.
constexpr auto fallback_scsv = static_cast<CipherSuite>(0x5600);

/// Returns what the values that mean nothing come from; null where the policy wants none.
const GreaseSeed* grease_of(const ClientState& state) {
  return state.settings().policy.grease ? &state.grease : nullptr;
}

wire::CodeList<CipherSuite> offered_suites(const ClientState& state) {
  auto suites = with_grease(grease_of(state), Grease::cipher_suite, state.settings().policy.cipher_suites);
  if (state.settings().policy.fallback) suites.push_back(fallback_scsv);
  return wire::CodeList<CipherSuite>(suites);
}

/// Where an external key is required there are no certificates to be judged.
bool is_judged_again(const ClientConfig::Impl& settings) {
  return settings.sessions_verified_again && !settings.psk_required;
}

/// Says whether a session's server knows the client as somebody who it still is by its settings. Who answers questions
/// about credentials has to see to that itself.
bool is_same_client(const ClientConfig::Impl& settings, const Session::Impl& kept) {
  if (kept.own_identity.empty() || includes(settings.ask, Ask::credential)) return true;
  return std::ranges::any_of(settings.credentials, [&](const Credential& credential) {
    const auto identity = identity_of(credential.chain().front());
    return identity && same(*identity, kept.own_identity);
  });
}

/// Says whether the parts of a session go together, which may come from outside.
bool is_whole(const Session::Impl& kept) {
  const auto* suite = keys::find_suite(kept.cipher_suite);
  if (suite == nullptr || suite->version != kept.version) return false;
  return kept.psk.size() ==
         (kept.version == ProtocolVersion::tls13 ? crypto::hash_length(suite->hash) : keys::master_secret_octets);
}

/// Takes the newest session for this server that can still be used under this policy.
void take_session(ClientState& state) {
  const auto& settings = state.settings();
  if (!settings.sessions) return;
  const auto now = settings.clock();
  while (auto session = settings.sessions->take(state.name.text())) {
    const auto& kept = session->impl();
    const auto& versions = settings.policy.versions;
    const bool usable =
        std::ranges::find(versions, kept.version) != versions.end() && now < kept.expires() && now >= kept.received &&
        kept.server_name == state.name.text() &&
        (kept.max_fragment_length == 0 || kept.max_fragment_length == settings.policy.max_fragment_length) &&
        std::ranges::find(settings.policy.cipher_suites, kept.cipher_suite) != settings.policy.cipher_suites.end() &&
        is_whole(kept) && is_same_client(settings, kept) && (kept.evidence || !is_judged_again(settings));
    if (!usable) continue;
    state.session.emplace(std::move(*session));
    return;
  }
}

std::vector<KeyShareEntry> entries_of(const std::vector<crypto::KeyExchange>& exchanges) {
  std::vector<KeyShareEntry> entries;
  for (const auto& exchange : exchanges) entries.push_back({exchange.group(), exchange.public_value()});
  return entries;
}

/// Adds an extension and notes that it was offered.
template <class R>
void offer(ClientState& state, ExtensionList& list, const R& row) {
  list.add(row);
  state.offered.push_back(R::type);
}

void offer_names(ClientState& state, ExtensionList& list) {
  const auto& settings = state.settings();
  // RFC 6066, 3: literal IP addresses are not permitted in server_name.
  if (!state.name.is_ip_address()) {
    ServerNameOffer names;
    names.server_name_list.push_back({0, as_view(std::string_view(state.name.text()))});
    offer(state, list, names);
  }
  if (!settings.alpn.empty()) {
    ApplicationProtocols protocols;
    for (const auto& protocol : settings.alpn)
      protocols.protocol_name_list.push_back({as_view(std::string_view(protocol))});
    offer(state, list, protocols);
  }
}

void offer_algorithms(ClientState& state, ExtensionList& list) {
  const auto& policy = state.settings().policy;
  const auto* grease = grease_of(state);
  const wire::CodeList<ProtocolVersion> versions_list(with_grease(grease, Grease::version, policy.versions));
  if (state.may_offer(ProtocolVersion::tls13)) {
    SupportedVersionsOffer versions;
    versions.versions = versions_list.view();
    offer(state, list, versions);
  }
  const wire::CodeList<NamedGroup> groups_list(with_grease(grease, Grease::group, policy.groups));
  SupportedGroups groups;
  groups.named_group_list = groups_list.view();
  offer(state, list, groups);
  const wire::CodeList<SignatureScheme> schemes_list(
      with_grease(grease, Grease::signature_scheme, policy.signature_schemes));
  SignatureAlgorithms schemes;
  schemes.supported_signature_algorithms = schemes_list.view();
  offer(state, list, schemes);
  if (policy.certificate_signature_schemes != policy.signature_schemes) {
    SignatureAlgorithmsCert for_certificates;
    for_certificates.supported_signature_algorithms = state.settings().encoded.certificate_signature_schemes.view();
    offer(state, list, for_certificates);
  }
}

void offer_key_exchange(ClientState& state, ExtensionList& list) {
  static constexpr std::array<std::uint8_t, 1> nothing = {0};
  KeyShareOffer shares;
  shares.client_shares = entries_of(state.key_exchanges);
  // RFC 8446, 4.2.8: the second ClientHello has the share that was asked for, and no other.
  if (const auto* grease = grease_of(state); grease != nullptr && !state.retry)
    shares.client_shares.insert(shares.client_shares.begin(),
                                {static_cast<NamedGroup>(grease->value(Grease::group)), nothing});
  offer(state, list, shares);
  if (state.retry && !state.retry->cookie.empty()) {
    Cookie cookie;
    cookie.cookie = state.retry->cookie;
    offer(state, list, cookie);
  }
  // RFC 8446, 4.2.9: without this extension a server sends no tickets.
  if (state.settings().sessions || !state.psks.empty()) {
    static constexpr std::array<std::uint8_t, 1> dhe_only = {static_cast<std::uint8_t>(PskKeyExchangeMode::psk_dhe_ke)};
    PskKeyExchangeModes modes;
    modes.ke_modes = Codes<PskKeyExchangeMode>(dhe_only);
    offer(state, list, modes);
  }
}

/// Asks for what a server can send with its certificate. RFC 6066, 8; RFC 6962, 3.3.1.
void offer_staples(ClientState& state, ExtensionList& list) {
  const auto& policy = state.settings().policy;
  if (policy.request_ocsp_response) {
    static constexpr std::array<std::uint8_t, 4> any_responder = {0, 0, 0, 0};  // and no extensions
    StatusRequest request;
    request.status_type = CertificateStatusType::ocsp;
    request.request = any_responder;
    offer(state, list, request);
  }
  if (policy.request_sct_list) offer(state, list, TimestampRequest{});
}

/// Adds what the server may not exceed, and asks for short records of both sides. RFC 8449, 4; RFC 6066, 4.
void offer_record_limits(ClientState& state, ExtensionList& list) {
  const auto& policy = state.settings().policy;
  if (policy.record_size_limit != 0) {
    RecordSizeLimit limit;
    limit.record_size_limit = record_size_limit_for(
        policy, state.may_offer(ProtocolVersion::tls13) ? ProtocolVersion::tls13 : ProtocolVersion::tls12);
    offer(state, list, limit);
  }
  if (const auto code = code_of_fragment_length(policy.max_fragment_length)) {
    MaxFragmentLengthRow length;
    length.max_fragment_length = *code;
    offer(state, list, length);
  }
}

void offer_certificate_compression(ClientState& state, ExtensionList& list) {
  // RFC 8879, 3: "This extension is only supported with TLS 1.3 and newer".
  if (!state.may_offer(ProtocolVersion::tls13)) return;
  if (offer_compression(state.settings().encoded, list) == Compression::offered)
    state.offered.push_back(ExtensionType::compress_certificate);
}

/// RFC 7250, 4.1: a client that has and takes X.509 certificates alone says nothing.
void offer_certificate_types(ClientState& state, ExtensionList& list) {
  const std::vector x509_alone = {CertificateType::x509};
  const wire::CodeList<CertificateType> shown(own_types(state.settings()));
  if (own_types(state.settings()) != x509_alone) {
    ClientCertificateTypesOffer types;
    types.types = shown.view();
    offer(state, list, types);
  }
  const auto& policy = state.settings().policy;
  const wire::CodeList<CertificateType> taken(policy.peer_certificate_types);
  if (policy.peer_certificate_types != x509_alone) {
    ServerCertificateTypesOffer types;
    types.types = taken.view();
    offer(state, list, types);
  }
}

/// Adds what a TLS 1.2 server answers to, the ticket of a session included. RFC 5746, 3.4; RFC 7627, 5.1; RFC
/// 5077, 3.2.
void offer_tls12(ClientState& state, ExtensionList& list) {
  if (!state.may_offer(ProtocolVersion::tls12)) return;
  const auto continued = renegotiation_info(state.before.get(), End::client);
  RenegotiationInfo info;
  info.renegotiated_connection = continued;
  offer(state, list, info);
  offer(state, list, ExtendedMasterSecret{});
  const auto has_cbc = [](CipherSuite suite) { return keys::find_suite(suite)->cbc.has_value(); };
  if (std::ranges::any_of(state.settings().policy.cipher_suites, has_cbc)) offer(state, list, EncryptThenMac{});
  static constexpr std::array<std::uint8_t, 1> uncompressed = {0};
  EcPointFormats formats;
  formats.ec_point_format_list = Codes<EcPointFormat>(uncompressed);
  offer(state, list, formats);
  if (!state.settings().sessions) return;
  SessionTicketOffer ticket;
  if (state.session && state.session->version() == ProtocolVersion::tls12) ticket.ticket = state.session->impl().ticket;
  offer(state, list, ticket);
}

/// Says whether keys of this hash can be used: with a cipher suite of the policy, or the one that a retry chose.
bool has_use_for(const ClientState& state, crypto::HashAlgorithm hash) {
  if (state.retry) return keys::find_suite(state.retry->cipher_suite)->hash == hash;
  return std::ranges::any_of(state.settings().policy.cipher_suites, [hash](CipherSuite suite) {
    const auto* row = keys::find_suite(suite);
    return row->version == ProtocolVersion::tls13 && row->hash == hash;
  });
}

/// Gathers the keys to offer: the session's first, since early data goes with the first.
Result<void> gather_psks(ClientState& state) {
  state.psks.clear();
  if (!state.may_offer(ProtocolVersion::tls13)) return {};
  if (state.session && state.session->version() == ProtocolVersion::tls13) {
    const auto& kept = state.session->impl();
    const auto age = duration_cast<milliseconds>(state.settings().clock() - kept.received).count();
    auto& psk = state.psks.emplace_back();
    psk.hash = keys::find_suite(kept.cipher_suite)->hash;
    psk.key = SecretBytes(kept.psk.view());
    psk.identity = kept.ticket;
    psk.obfuscated_ticket_age = static_cast<std::uint32_t>(static_cast<std::uint64_t>(age) + kept.ticket_age_add);
  }
  for (const auto& external : state.settings().external_psks) {
    for (const auto hash : {crypto::HashAlgorithm::sha256, crypto::HashAlgorithm::sha384}) {
      if (!has_use_for(state, hash)) continue;
      auto psk = psk_for(external, hash);
      if (!psk) return std::unexpected(psk.error());
      if (*psk) state.psks.push_back(std::move(**psk));
    }
  }
  return {};
}

/// Adds pre_shared_key, the last extension, with binders of zeros. RFC 8446, 4.2.11.
void offer_pre_shared_keys(ClientState& state, ExtensionList& list) {
  if (state.psks.empty()) return;
  static constexpr std::array<std::uint8_t, crypto::max_hash_length> zeros{};
  PreSharedKeyOffer offered;
  for (const auto& psk : state.psks) {
    offered.identities.push_back({psk.identity, psk.obfuscated_ticket_age});
    offered.binders.push_back({View(zeros).first(crypto::hash_length(psk.hash))});
  }
  offer(state, list, offered);
}

/// Writes the binders, computed over the message up to their list, into the end of `raw`. RFC 8446, 4.2.11.2.
Result<void> write_binders(Channel& channel, const ClientState& state, Bytes& raw) {
  if (state.psks.empty()) return {};
  std::size_t list_octets = 2;  // binders<33..2^16-1>
  for (const auto& psk : state.psks) list_octets += 1 + crypto::hash_length(psk.hash);
  const auto truncated = View(raw).first(raw.size() - list_octets);
  auto place = MutableView(raw).subspan(raw.size() - list_octets + 2);
  for (const auto& psk : state.psks) {
    const auto transcript = channel.transcript().with(psk.hash, truncated);
    if (!transcript) return std::unexpected(transcript.error());
    const auto binder = binder_for(psk.kind, psk.hash, psk.key.view(), *transcript);
    if (!binder) return std::unexpected(binder.error());
    copy(binder->view(), place.subspan(1));
    place = place.subspan(1 + binder->size());
  }
  return {};
}

/// Says what stands against offering early data with the session; `unknown` if nothing does. RFC 8446, 4.2.10.
EarlyDataReason judge_early_data(const ClientState& state) {
  if (state.early_data_use == EarlyDataUse::forbidden) return EarlyDataReason::disabled;
  if (!state.session) return EarlyDataReason::no_session_offered;
  const auto& kept = state.session->impl();
  if (kept.version != ProtocolVersion::tls13) return EarlyDataReason::protocol_version;
  if (kept.max_early_data_size == 0) return EarlyDataReason::unsupported_for_session;
  const auto& alpn = state.settings().alpn;
  const bool spoken =
      kept.application_protocol.empty() || std::ranges::find(alpn, kept.application_protocol) != alpn.end();
  return spoken ? EarlyDataReason::unknown : EarlyDataReason::alpn_mismatch;
}

void offer_early_data(ClientState& state, ExtensionList& list) {
  if (state.retry) return;  // RFC 8446, 4.1.2: not in the second ClientHello
  const auto reason = judge_early_data(state);
  state.outcome.summary.early_data_reason = reason;
  if (reason != EarlyDataReason::unknown) return;
  offer(state, list, EarlyDataIndication{});
  state.early_data_offered = state.early_data_pending = true;
}

/// Makes ready for early data, right behind the ClientHello. RFC 8446, 7.1.
Result<void> begin_early_data(Channel& channel, ClientState& state) {
  const auto& kept = state.session->impl();
  const auto* suite = keys::find_suite(kept.cipher_suite);
  const auto early = keys::EarlyStage::start(suite, kept.psk.view());
  if (!early) return std::unexpected(early.error());
  const auto transcript = channel.transcript().with(suite->hash, {});
  if (!transcript) return std::unexpected(transcript.error());
  auto traffic = early->client_traffic(*transcript);
  if (!traffic) return std::unexpected(traffic.error());
  auto exporter = early->exporter_secret(*transcript);
  if (!exporter) return std::unexpected(exporter.error());
  channel.log_secret("CLIENT_EARLY_TRAFFIC_SECRET", traffic->secret.view());
  channel.log_secret("EARLY_EXPORTER_SECRET", exporter->view());
  // RFC 8446, D.4: if early data is offered, right behind the first ClientHello.
  if (state.settings().policy.middlebox_compatibility)
    if (auto sent = channel.outside().send_compatibility_change_cipher_spec(); !sent) return sent;
  // RFC 8446, 4.2.10: the parameters of early data "are those which were negotiated in the connection which established
  // the PSK"; RFC 8449, 4 has the limit agreed on anew for the rest of the connection.
  channel.outside().limit_records({kept.sent_record_limit, most_content, RecordLimits::Scope::protected_records});
  channel.outside().begin_early_data(kept.max_early_data_size, {suite, std::move(*exporter)});
  return channel.outside().install_sending_keys(Epoch::early, std::move(*traffic));
}

/// Checks what ServerHello and HelloRetryRequest have in common. RFC 8446, 4.1.3 and 4.1.4.
template <In Message>
Result<void> check_common(const ClientState& state, const ServerHelloFields<Message>& hello) {
  const auto versions = hello.extensions.template find<SupportedVersionsChoice>();
  if (!versions) return fail(Code::missing_extension, "supported_versions");
  // RFC 8446, D.5: a hello "set to 0x0300 MUST abort the handshake with a "protocol_version" alert".
  if (hello.legacy_version <= ProtocolVersion::ssl3)
    return fail(Code::obsolete_version, "the server says " + to_string(hello.legacy_version));
  // RFC 8446, 4.2.1: a version before TLS 1.3, or one that was not offered, is illegal_parameter.
  if (versions->selected_version != ProtocolVersion::tls13 || hello.legacy_version != ProtocolVersion::tls12 ||
      !state.may_offer(ProtocolVersion::tls13))
    return fail(Code::wrong_version, "the server chose " + to_string(versions->selected_version));
  if (!same(hello.legacy_session_id_echo, state.session_id)) return fail(Code::wrong_session_id);
  // RFC 8446, 4.1.3: a "byte which MUST have the value 0".
  if (hello.legacy_compression_method != CompressionMethod::null)
    return fail(Code::malformed_message, "legacy_compression_method is not zero");
  const auto& offered = state.settings().policy.cipher_suites;
  const auto* suite = keys::find_suite(hello.cipher_suite);
  if (std::ranges::find(offered, hello.cipher_suite) == offered.end() || suite == nullptr ||
      suite->version != ProtocolVersion::tls13)
    return fail(Code::wrong_cipher_suite, "the server chose " + to_string(hello.cipher_suite));

  // RFC 8446, 4.2: an answer to an extension that was not offered; only a cookie may come unasked.
  Result<void> solicited;
  hello.extensions.each([&](const RawExtension& extension) {
    const bool newer = extension.type == ExtensionType::supported_versions ||
                       extension.type == ExtensionType::key_share || extension.type == ExtensionType::pre_shared_key;
    if ((!newer || !state.has_offered(extension.type)) && extension.type != ExtensionType::cookie)
      solicited = fail(Code::unexpected_extension, name_of(extension.type));
  });
  return solicited;
}

/// Finds our key exchange of the group that the server chose.
const crypto::KeyExchange* find_exchange(const ClientState& state, NamedGroup group) {
  const auto found = std::ranges::find(state.key_exchanges, group, &crypto::KeyExchange::group);
  return found == state.key_exchanges.end() ? nullptr : &*found;
}

/// Checks whether the server uses a pre-shared key, and that it was offered. RFC 8446, 4.2.11.
Result<void> accept_pre_shared_key(ClientState& state, const ServerHello& hello) {
  const auto choice = hello.extensions.find<PreSharedKeyChoice>();
  if (!choice) {
    state.session.reset();
    return state.settings().psk_required
               ? fail(Code::missing_extension, "pre_shared_key: the server has none of the keys, and one is required")
               : Result<void>();
  }
  if (choice->selected_identity >= state.psks.size())
    return fail(Code::wrong_psk_identity, "number " + std::to_string(choice->selected_identity));
  auto& psk = state.psks[choice->selected_identity];
  // "clients MUST verify that ... the server selected a cipher suite indicating a Hash associated with the PSK"
  if (psk.hash != state.suite->hash)
    return fail(Code::wrong_cipher_suite, "its hash is not that of the pre-shared key");
  if (psk.kind == PskKind::session)
    note_resumption(state);
  else
    state.session.reset();
  state.psk.emplace(std::move(psk));
  return {};
}

}  // namespace

Result<void> note_answer(ClientState& state, const std::optional<Credential>& credential) {
  auto& outcome = state.outcome;
  if (!credential) {
    outcome.certificate_answer = {CertificateAnswer::Kind::none, {}};
    return {};
  }
  outcome.certificate_answer = {CertificateAnswer::Kind::shown, credential->chain().front()};
  auto identity = identity_of(credential->chain().front());
  if (!identity) return std::unexpected(identity.error());
  outcome.own_identity = std::move(*identity);
  return {};
}

void note_resumption(ClientState& state) {
  const auto& kept = state.session->impl();
  state.resumed = true;
  state.outcome.session_began = kept.began;
  state.outcome.own_identity = kept.own_identity;
  state.outcome.evidence = kept.evidence;
}

void answer_early_data(Channel& channel, ClientState& state, EarlyDataReason reason) {
  if (!std::exchange(state.early_data_pending, false)) return;
  auto& summary = state.outcome.summary;
  const bool accepted = reason == EarlyDataReason::accepted;
  summary.early_data = accepted ? EarlyDataStatus::accepted : EarlyDataStatus::rejected;
  summary.early_data_reason = reason;
  channel.outside().answer_early_data(summary.early_data);
}

Result<std::unique_ptr<ReverifyQuestion>> look_for_session(ClientState& state) {
  // A renegotiation is there for fresh keys, or to show a certificate: it resumes nothing.
  if (!state.before) take_session(state);
  if (!state.session || !is_judged_again(state.settings())) return nullptr;
  const auto& evidence = *state.session->impl().evidence;
  auto question = std::make_unique<ReverifyQuestion>();
  auto& request = question->request;
  request.chain = evidence.chain;
  request.name = state.name;
  request.time = state.settings().clock();
  request.ocsp_response = evidence.ocsp_response;
  request.sct_list = evidence.sct_list;
  return question;
}

Result<void> accept_session(ClientState& state, const std::optional<Verified>& proof) {
  if (!proof || !proof->is_authenticated()) state.session.reset();
  return {};
}

void keep_evidence(ClientState& state) {
  if (!is_judged_again(state.settings())) return;
  const auto& request = state.judge.request;
  state.outcome.evidence = std::make_shared<const session::Evidence>(
      session::Evidence{request.chain, request.ocsp_response, request.sct_list});
}

Result<void> prepare_offer(ClientState& state) {
  const auto& policy = state.settings().policy;
  state.outcome.session_began = state.settings().clock();
  if (auto filled = crypto::fill_random(state.random); !filled) return filled;
  if (policy.grease || policy.permute_extensions)
    if (auto filled = crypto::fill_random(state.grease.octets); !filled) return filled;
  // RFC 5246, 7.4.1.2: the identifier of the session to be resumed. RFC 5077, 3.4: with a ticket, the echo of any
  // identifier tells a client of TLS 1.2 that it was taken.
  const bool older_session = state.session && state.session->version() == ProtocolVersion::tls12;
  if (older_session && !state.session->impl().session_id.empty()) {
    state.session_id = state.session->impl().session_id;
  } else if ((policy.middlebox_compatibility && state.may_offer(ProtocolVersion::tls13)) || older_session) {
    state.session_id.resize(32);
    if (auto filled = crypto::fill_random(state.session_id); !filled) return filled;
  }
  if (!state.may_offer(ProtocolVersion::tls13)) return {};
  for (const auto group : policy.key_shares) {
    auto exchange = crypto::KeyExchange::generate(group);
    if (!exchange) return std::unexpected(exchange.error());
    state.key_exchanges.push_back(std::move(*exchange));
  }
  return {};
}

Result<void> send_client_hello(Channel& channel, ClientState& state) {
  const auto& settings = state.settings();
  state.offered.clear();
  if (auto gathered = gather_psks(state); !gathered) return gathered;
  const auto* grease = grease_of(state);
  ExtensionList extensions;
  if (grease != nullptr) extensions.add_raw(static_cast<ExtensionType>(grease->value(Grease::first_extension)), {});
  offer_names(state, extensions);
  offer_algorithms(state, extensions);
  offer_certificate_types(state, extensions);
  offer_record_limits(state, extensions);
  offer_staples(state, extensions);
  offer_certificate_compression(state, extensions);
  offer_tls12(state, extensions);
  if (state.may_offer(ProtocolVersion::tls13)) offer_key_exchange(state, extensions);
  if (settings.post_handshake_auth && state.may_offer(ProtocolVersion::tls13))
    offer(state, extensions, PostHandshakeAuth{});
  offer_early_data(state, extensions);
  static constexpr std::array<std::uint8_t, 1> zero = {0};
  if (grease != nullptr) extensions.add_raw(static_cast<ExtensionType>(grease->value(Grease::last_extension)), zero);
  if (settings.policy.permute_extensions) permute(extensions, state.grease);
  offer_pre_shared_keys(state, extensions);
  if (extensions.failed()) return fail(Code::internal_error, "the ClientHello's extensions are too long");

  static constexpr std::array<std::uint8_t, 1> null_compression = {0};
  const auto suites = offered_suites(state);
  ClientHello hello;
  hello.random = state.random;
  hello.legacy_session_id = state.session_id;
  hello.cipher_suites = suites.view();
  hello.legacy_compression_methods = Codes<CompressionMethod>(null_compression);
  hello.extensions = extensions.view<In::client_hello>();

  Bytes raw;
  if (auto encoded = encode_message(hello, raw); !encoded) return encoded;
  if (auto bound = write_binders(channel, state, raw); !bound) return bound;
  if (!state.retry) {
    channel.log_secrets_to(settings.key_log, state.random);
  } else if (settings.policy.middlebox_compatibility) {
    // RFC 8446, D.4: before the second ClientHello.
    if (auto sent = channel.outside().send_compatibility_change_cipher_spec(); !sent) return sent;
  }
  if (auto sent = channel.send_encoded(raw); !sent) return sent;
  return state.early_data_pending ? begin_early_data(channel, state) : Result<void>();
}

Result<void> accept_retry_request(Channel& channel, ClientState& state, const Received<HelloRetryRequest>& received) {
  const auto& retry = received.message;
  if (auto common = check_common(state, retry); !common) return common;
  RetryDemand demand;
  demand.cipher_suite = retry.cipher_suite;
  if (const auto cookie = retry.extensions.find<Cookie>()) demand.cookie = own(cookie->cookie);

  if (const auto share = retry.extensions.find<KeyShareRetry>()) {
    const auto group = share->selected_group;
    const auto& offered = state.settings().policy.groups;
    if (std::ranges::find(offered, group) == offered.end())
      return fail(Code::wrong_group, to_string(group) + " was not offered");
    // RFC 8446, 4.2.8: "selected_group ... does not correspond to a group which was provided in the key_share
    // extension"
    if (find_exchange(state, group) != nullptr)
      return fail(Code::wrong_group, "a key share for " + to_string(group) + " was sent already");
    auto exchange = crypto::KeyExchange::generate(group);
    if (!exchange) return std::unexpected(exchange.error());
    state.key_exchanges.clear();
    state.key_exchanges.push_back(std::move(*exchange));
    demand.group = group;
  }
  // RFC 8446, 4.1.4: "... would not result in any change in the ClientHello".
  if (!demand.group && demand.cookie.empty()) return fail(Code::useless_hello_retry_request);

  const auto* suite = keys::find_suite(retry.cipher_suite);
  if (auto selected = channel.transcript().select(suite->hash); !selected) return selected;
  if (auto replaced = channel.transcript().replace_by_message_hash(); !replaced) return replaced;
  if (auto absorbed = channel.transcript().absorb(received.raw); !absorbed) return absorbed;
  // RFC 8446, 4.1.4: a PSK whose hash differs from the chosen suite's must not be offered again.
  if (state.session && keys::find_suite(state.session->impl().cipher_suite)->hash != suite->hash) state.session.reset();
  if (state.early_data_pending) {
    answer_early_data(channel, state, EarlyDataReason::hello_retry_request);
    channel.outside().remove_sending_keys();
  }
  state.retry = std::move(demand);
  state.outcome.summary.hello_retried = true;
  return {};
}

Result<void> accept_server_hello(Channel& channel, ClientState& state, const Received<ServerHello>& received) {
  const auto& hello = received.message;
  // RFC 8446, 4.2.1: without supported_versions the server speaks TLS 1.2 or something older.
  if (!hello.extensions.has(ExtensionType::supported_versions)) {
    // RFC 8446, D.3: a client that sent early data "MUST fail a connection if it receives a ServerHello with TLS 1.2".
    if (state.early_data_offered) return fail(Code::early_data_with_older_version);
    return accept_server_hello12(channel, state, received);
  }
  // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes."
  if (channel.has_input()) return fail(Code::data_across_key_change, "octets follow ServerHello in the same record");
  if (auto common = check_common(state, hello); !common) return common;
  // RFC 8446, 4.1.4: the cipher suite must be the one of the HelloRetryRequest.
  if (state.retry && state.retry->cipher_suite != hello.cipher_suite)
    return fail(Code::wrong_cipher_suite, "it is not the one of the HelloRetryRequest");
  state.suite = keys::find_suite(hello.cipher_suite);
  if (auto accepted = accept_pre_shared_key(state, hello); !accepted) return accepted;

  const auto choice = hello.extensions.find<KeyShareChoice>();
  if (!choice) return fail(Code::missing_extension, "key_share");
  const auto group = choice->server_share.group;
  const auto* exchange = find_exchange(state, group);
  if (exchange == nullptr) return fail(Code::wrong_group, to_string(group));
  const auto shared = exchange->agree(choice->server_share.key_exchange);
  if (!shared) return std::unexpected(shared.error());

  auto early = keys::EarlyStage::start(state.suite, state.psk ? state.psk->key.view() : View());
  if (!early) return std::unexpected(early.error());
  auto stage = std::move(*early).advance(shared->view());
  if (!stage) return std::unexpected(stage.error());
  state.handshake_stage.emplace(std::move(*stage));
  state.key_exchanges.clear();
  state.psks.clear();

  auto& summary = state.outcome.summary;
  summary.version = ProtocolVersion::tls13;
  summary.cipher_suite = hello.cipher_suite;
  summary.group = group;
  summary.resumed = state.resumed;
  if (!state.name.is_ip_address()) summary.server_name = state.name.text();
  state.outcome.server_is_authenticated = state.psk.has_value();
  if (state.resumed) summary.peer_authenticated = state.session->impl().authenticated;
  if (state.psk && !state.resumed) {
    summary.external_psk = state.psk->name;
    summary.peer_authenticated = authenticated_by(*state.psk);
  }
  if (!state.resumed) answer_early_data(channel, state, EarlyDataReason::session_not_resumed);
  return channel.transcript().select(state.suite->hash);
}

}  // namespace sotto::handshake
