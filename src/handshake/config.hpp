/// \file
/// What the configurations hold: the settings, checked, and what can be encoded once for all connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sotto/client.hpp>
#include <sotto/server.hpp>

#include "base/bytes.hpp"
#include "wire/codes.hpp"

namespace sotto {

/// The lists of a policy that are said the same on every connection, in wire form.
struct EncodedPolicy {
  explicit EncodedPolicy(const Policy& policy)
      : signature_schemes(policy.signature_schemes),
        certificate_signature_schemes(policy.certificate_signature_schemes),
        certificate_decompression(policy.certificate_decompression) {}
  wire::CodeList<SignatureScheme> signature_schemes;
  wire::CodeList<SignatureScheme> certificate_signature_schemes;
  wire::CodeList<CertificateCompression> certificate_decompression;
};

struct ClientConfig::Impl {
  Policy policy;
  EncodedPolicy encoded;
  std::shared_ptr<const Verifier> verifier;
  std::vector<std::string> alpn;
  std::vector<Credential> credentials;
  std::shared_ptr<SessionStore> sessions;
  std::vector<ExternalPsk> external_psks;
  bool psk_required = false;
  bool post_handshake_auth = false;
  bool sessions_verified_again = false;
  Ask ask = Ask::nothing;
  std::shared_ptr<danger::KeyLog> key_log;
  Clock clock;
};

struct ServerConfig::Impl {
  Policy policy;
  EncodedPolicy encoded;
  std::vector<Credential> credentials;
  std::vector<std::string> alpn;
  ClientAuth client_auth = ClientAuth::none;
  std::shared_ptr<const Verifier> client_verifier;
  std::vector<std::vector<std::byte>> client_authorities;  // DER Names
  Bytes client_authorities_hash;                           // tells one list of them from another
  std::shared_ptr<TicketKeys> ticket_keys;
  std::shared_ptr<ServerSessionStore> sessions;
  std::uint32_t early_data = 0;  // octets that tickets allow
  std::shared_ptr<ReplayGuard> replay_guard;
  FindPsk find_psk;  // empty where there are none
  Ask ask = Ask::nothing;
  std::shared_ptr<danger::KeyLog> key_log;
  Clock clock;
};

}  // namespace sotto
