/// \file
/// What a server knows while it shakes hands.
#pragma once

#include <memory>
#include <optional>

#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "crypto/ffdhe.hpp"
#include "crypto/key_exchange.hpp"
#include "crypto/signature.hpp"
#include "handshake/agreed12.hpp"
#include "handshake/compressed_certificates.hpp"
#include "handshake/config.hpp"
#include "handshake/negotiate.hpp"
#include "handshake/outcome.hpp"
#include "handshake/psk.hpp"
#include "handshake/record_limits.hpp"
#include "keys/schedule13.hpp"
#include "session/ticket.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

struct ServerState {
  ServerState(std::shared_ptr<const ServerConfig> used_config, EarlyDataUse early)
      : config(std::move(used_config)), client_auth(settings().client_auth), early_data_use(early) {}
  ServerState(std::shared_ptr<const ServerConfig> used_config, std::unique_ptr<const Renegotiable> handshake_before,
              ClientAuth mode)
      : config(std::move(used_config)), before(std::move(handshake_before)), client_auth(mode) {}

  std::shared_ptr<const ServerConfig> config;
  std::unique_ptr<const Renegotiable> before;  // null in a first handshake
  ClientAuth client_auth;                      // of this handshake
  EarlyDataUse early_data_use = EarlyDataUse::forbidden;

  // What the client offers. `hello` and `offer` borrow from `raw_hello`.
  Bytes raw_hello;
  wire::ClientHello hello;
  ClientOffer offer;

  // What was agreed on.
  Negotiated agreed;
  RecordAgreement records;
  bool retry_needed = false;
  std::optional<session::ServerSession> session;  // resumed
  std::optional<Psk> psk;  // of TLS 1.3, used instead of certificates: the session's or an external one
  std::uint16_t psk_identity = 0;
  bool early_data_possible = false;  // all is well with it, but for a replay
  bool early_data_accepted = false;

  // Who we are and who the client is.
  std::vector<CertificateType> server_types;  // that the client takes
  CertificateType client_type = CertificateType::x509;
  std::optional<Credential> credential;
  std::optional<crypto::PublicKey> client_key;
  std::optional<VerifyQuestion> judge;  // in TLS 1.2; not in the flow, whose frame is to stay small
  bool certificate_requested = false;
  Compression compression = Compression::not_offered;  // with the request
  Bytes request_context;                               // of the CertificateRequest; empty in a handshake

  std::optional<keys::TrafficSecret> client_handshake_traffic;
  std::optional<keys::TrafficSecret> server_handshake_traffic;

  // TLS 1.2 alone.
  Bytes session_id;  // that this session is, or will be, kept under; empty if it is not
  Agreed12 agreed12;
  std::optional<crypto::KeyExchange> key_exchange;
  std::optional<crypto::FfdheExchange> ffdhe_exchange;

  Outcome outcome;

  [[nodiscard]] const ServerConfig::Impl& settings() const { return config->impl(); }
  [[nodiscard]] bool asks_for_certificate() const {
    return client_auth == ClientAuth::optional || client_auth == ClientAuth::required;
  }
};

/// Keeps to what was decided on for the length of records, from the next keys on.
void keep_record_limits(Channel& channel, ServerState& state);
/// Writes what the hellos agreed on into the summary, for TLS 1.3.
void note_agreement(ServerState& state);

/// Returns what the client told about credentials in either version; the cipher suites are left out.
[[nodiscard]] ChooseCredentialQuestion offered_to_credentials(const ServerState& state);

/// Says whether the settings of today let a session of any version be resumed for this client.
[[nodiscard]] bool fits_settings(const ServerState& state, const session::ServerSession& session);

}  // namespace sotto::handshake
