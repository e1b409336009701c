/// \file
/// What a client knows while it shakes hands.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "crypto/key_exchange.hpp"
#include "crypto/signature.hpp"
#include "handshake/agreed12.hpp"
#include "handshake/channel.hpp"
#include "handshake/config.hpp"
#include "handshake/grease.hpp"
#include "handshake/outcome.hpp"
#include "handshake/psk.hpp"
#include "handshake/record_limits.hpp"
#include "keys/schedule13.hpp"
#include "session/session_impl.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

/// What a HelloRetryRequest asked for, to be heeded in the second ClientHello.
struct RetryDemand {
  CipherSuite cipher_suite{};
  std::optional<NamedGroup> group;
  Bytes cookie;
};

/// What a CertificateRequest asked for, to be answered after the server's Finished.
struct ClientCertificateDemand {
  Bytes context;
  std::vector<CertificateCompression> compression;  // that the server takes
  ChooseClientCredentialQuestion question;
};

struct ClientState {
  ClientState(std::shared_ptr<const ClientConfig> used_config, ServerName server_name, EarlyDataUse early)
      : config(std::move(used_config)), name(std::move(server_name)), early_data_use(early) {}
  ClientState(std::shared_ptr<const ClientConfig> used_config, ServerName server_name,
              std::unique_ptr<const Renegotiable> handshake_before)
      : config(std::move(used_config)), name(std::move(server_name)), before(std::move(handshake_before)) {}

  std::shared_ptr<const ClientConfig> config;
  ServerName name;
  std::unique_ptr<const Renegotiable> before;  // null in a first handshake
  EarlyDataUse early_data_use = EarlyDataUse::forbidden;

  // What was offered.
  wire::Random random{};
  GreaseSeed grease;
  Bytes session_id;
  std::vector<crypto::KeyExchange> key_exchanges;
  std::optional<Session> session;
  std::vector<Psk> psks;  // offered, the session's first
  std::vector<wire::ExtensionType> offered;
  std::optional<RetryDemand> retry;
  bool early_data_offered = false;
  bool early_data_pending = false;  // offered, and not answered yet

  // What was agreed on.
  ProtocolVersion version = ProtocolVersion::tls13;
  const keys::SuiteParameters* suite = nullptr;
  std::optional<keys::HandshakeStage> handshake_stage;  // from ServerHello to the first keys
  std::optional<Psk> psk;                               // used instead of certificates
  bool resumed = false;

  // Who the server is, and how each side shows it.
  CertificateType server_type = CertificateType::x509;
  CertificateType own_type = CertificateType::x509;
  std::optional<crypto::PublicKey> server_key;
  VerifyQuestion judge;  // not in the flow, whose frame is to stay small

  std::optional<ClientCertificateDemand> certificate_demand;
  std::optional<keys::TrafficSecret> client_handshake_traffic;
  std::optional<keys::TrafficSecret> server_handshake_traffic;

  // TLS 1.2 alone.
  Agreed12 agreed12;
  SecretBytes premaster_secret;
  Bytes public_value;
  Bytes ticket;
  bool status_promised = false;  // CertificateStatus may come: RFC 6066, 8
  Bytes new_session_id;          // under which the server keeps this session
  std::chrono::seconds ticket_lifetime{};

  Outcome outcome;

  [[nodiscard]] const ClientConfig::Impl& settings() const { return config->impl(); }
  /// A renegotiation keeps the version of the connection.
  [[nodiscard]] bool may_offer(ProtocolVersion wanted) const {
    const auto& versions = settings().policy.versions;
    return std::find(versions.begin(), versions.end(), wanted) != versions.end() &&
           (before == nullptr || wanted == ProtocolVersion::tls12);
  }
  [[nodiscard]] bool has_offered(wire::ExtensionType type) const {
    return std::find(offered.begin(), offered.end(), type) != offered.end();
  }
};

/// Takes the server's answer about the length of records, in either version, and keeps to it.
template <wire::In Message>
[[nodiscard]] Result<void> keep_record_limits(Channel& channel, ClientState& state,
                                              const wire::Extensions<Message>& extensions) {
  const std::uint16_t of_session = state.resumed ? state.session->impl().max_fragment_length : 0;
  const auto agreed = accept_record_limits(extensions, state.settings().policy, {state.version, of_session});
  if (!agreed) return std::unexpected(agreed.error());
  state.outcome.max_fragment_length = agreed->max_fragment_length;
  state.outcome.summary.sent_record_limit = agreed->limits.sent;
  state.outcome.summary.received_record_limit = agreed->limits.received;
  channel.outside().limit_records(agreed->limits);
  return {};
}
/// Notes what a client that shows `credential`, or none, answers to the request for its certificate.
[[nodiscard]] Result<void> note_answer(ClientState& state, const std::optional<Credential>& credential);
/// Notes what the session that is resumed has of earlier handshakes.
void note_resumption(ClientState& state);
/// Notes that the early data that was offered, if any, is accepted or rejected, and tells it.
void answer_early_data(Channel& channel, ClientState& state, EarlyDataReason reason);
/// Keeps what the server showed, once it is accepted, for its sessions to be judged by again.
void keep_evidence(ClientState& state);
/// Checks the server's choice of an application protocol, in either version. RFC 7301, 3.1.
[[nodiscard]] Result<void> accept_protocol(ClientState& state, const wire::ApplicationProtocols& protocols);

}  // namespace sotto::handshake
