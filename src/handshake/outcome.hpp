/// \file
/// What a handshake leaves behind when its frame is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <sotto/certificate.hpp>
#include <sotto/connection.hpp>
#include <sotto/credential.hpp>

#include "crypto/hkdf.hpp"
#include "handshake/renegotiation.hpp"
#include "keys/exporter.hpp"
#include "keys/prf12.hpp"
#include "keys/transcript.hpp"
#include "session/session_impl.hpp"

namespace sotto::handshake {

/// Names a TLS 1.2 session that is kept in a store, for it to be forgotten if the connection fails. RFC 5246, 7.2.2.
struct StoredSessionName {
  std::string server;  ///< for a client's store
  Bytes id;            ///< what a server keeps the session under, or a client's `Session::id()`; empty if none is kept
};

/// What a client answered to the request for its certificate, to explain an alert that may follow.
struct CertificateAnswer {
  enum class Kind : std::uint8_t { not_requested, none, shown };
  Kind kind = Kind::not_requested;
  std::optional<Certificate> shown;
};

struct Outcome {
  Summary summary;
  /// The name that a client expected, under which its sessions are kept; an IP address too.
  std::string server_name;
  /// Whether the server was authenticated, in this handshake or in the one that is resumed: other sessions are not
  /// kept, or they would let a connection that demands it go on without.
  bool server_is_authenticated = false;
  /// When the client and the server authenticated each other, in this handshake or in the one that is resumed.
  std::chrono::system_clock::time_point session_began;
  /// What a client is recognised by that showed a certificate, then or now; empty otherwise.
  Bytes own_identity;
  /// What a client keeps with its sessions where they are to be judged again.
  std::shared_ptr<const session::Evidence> evidence;
  std::uint16_t max_fragment_length = 0;  // RFC 6066, 4; a session keeps it; 0 if none
  StoredSessionName stored_session;
  /// The first Finished, of TLS 1.2 with an extended master secret: it is the tls-unique channel binding.
  std::optional<keys::VerifyData12> first_finished;
  /// What a server showed; absent on resumption.
  std::optional<Credential> credential;
  keys::Exporter exporter;
  /// The kind of identity that the hellos let the client show, for requests after the handshake. RFC 7250.
  CertificateType client_type = CertificateType::x509;
  /// ClientHello to the client's Finished, where the client may be asked for a certificate later. RFC 8446, 4.6.2.
  std::optional<keys::Transcript> context;
  CertificateAnswer certificate_answer;
  /// What a renegotiation has to continue; null where there may be none.
  std::unique_ptr<Renegotiable> renegotiable;
  /// A client of TLS 1.3 keeps it for the tickets to come; empty for servers, which have sent theirs.
  crypto::HashSecret resumption_secret;
};

}  // namespace sotto::handshake
