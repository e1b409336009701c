/// \file
/// What a client's session holds. RFC 8446, 4.6.1 and 4.2.11.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sotto/certificate.hpp>
#include <sotto/session.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "crypto/hkdf.hpp"

namespace sotto {

/// The latest time that a stored session may name, in milliseconds: with any lifetime added it can still be told.
inline constexpr std::uint64_t latest_milliseconds = std::uint64_t{1} << 42;

/// The most octets of content in a record. RFC 8446, 5.1.
inline constexpr std::uint16_t record_octets = 16384;

namespace session {
/// How long a session may go on being resumed after the handshake that authenticated its two sides. RFC 8446, 4.6.1:
/// "It is RECOMMENDED that implementations place limits on the total lifetime of such keying material".
inline constexpr std::chrono::seconds longest_session = std::chrono::days(7);

/// Returns how long a ticket may still be used that comes at `now` in a session that began at `began`: `lifetime`, or
/// what the session has left. Zero or less: not at all.
[[nodiscard]] inline std::chrono::seconds lifetime_in_session(std::chrono::seconds lifetime,
                                                              std::chrono::system_clock::time_point began,
                                                              std::chrono::system_clock::time_point now) {
  return std::min(lifetime, std::chrono::floor<std::chrono::seconds>(began + longest_session - now));
}

/// What a server showed when a session began, to be judged again before the session is offered.
struct Evidence {
  CertificateChain chain;
  std::vector<std::byte> ocsp_response;
  std::vector<std::byte> sct_list;
};
}  // namespace session

struct Session::Impl {
  ProtocolVersion version = ProtocolVersion::tls13;
  CipherSuite cipher_suite{};
  /// The pre-shared key of TLS 1.3, the master secret of TLS 1.2.
  crypto::HashSecret psk;
  Bytes ticket;
  /// What a TLS 1.2 server that gave no ticket knows the session by; empty otherwise.
  Bytes session_id;
  std::uint32_t ticket_age_add = 0;
  std::chrono::system_clock::time_point received;
  /// When the two sides authenticated each other, which a resumed connection does not do again.
  std::chrono::system_clock::time_point began;
  std::chrono::seconds lifetime{};
  std::string server_name;
  std::string application_protocol;
  std::uint16_t max_fragment_length = 0;  // RFC 6066, 4: it stays the same for the session's duration; 0 if none
  std::uint32_t max_early_data_size = 0;
  /// What the server took in one record, in octets: a parameter of early data, as RFC 8446, 4.2.10 has them.
  std::uint16_t sent_record_limit = record_octets;
  /// How the server was authenticated in the full handshake, in words.
  std::string authenticated;
  /// The SHA-256 hash of the server's certificate, which a renegotiation has to show again; empty in TLS 1.3.
  Bytes server_identity;
  /// The SHA-256 hash of the certificate that the client showed; empty if it showed none.
  Bytes own_identity;
  /// Null where nothing was asked for that needs it, and with an external pre-shared key.
  std::shared_ptr<const session::Evidence> evidence;

  /// Returns what `Session::id` says.
  [[nodiscard]] Result<crypto::Digest> id() const;
  [[nodiscard]] std::chrono::system_clock::time_point expires() const { return received + lifetime; }
};

}  // namespace sotto
