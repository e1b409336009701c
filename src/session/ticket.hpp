/// \file
/// What a server keeps in a ticket: all that resumption is bound to. RFC 8446, 4.6.1.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <sotto/certificate.hpp>
#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hkdf.hpp"
#include "session/ticket_keys_impl.hpp"

namespace sotto::session {

struct ServerSession {
  ProtocolVersion version = ProtocolVersion::tls13;
  CipherSuite cipher_suite{};
  crypto::HashSecret psk;
  std::uint32_t ticket_age_add = 0;
  std::chrono::system_clock::time_point issued;
  /// When the two sides authenticated each other, which a resumed connection does not do again.
  std::chrono::system_clock::time_point began;
  std::chrono::seconds lifetime{};
  std::string server_name;
  std::string application_protocol;
  /// How much early data the ticket promises to take.
  std::uint32_t max_early_data_size = 0;
  /// How the server showed itself.
  CertificateType server_type = CertificateType::x509;
  /// The client's certificate, if it showed one, and how it was authenticated.
  std::optional<Certificate> client;
  std::string client_authenticated;
  /// Says which authorities the client's certificate was judged by; empty without one.
  Bytes client_authorities;
  std::uint16_t max_fragment_length = 0;  // RFC 6066, 4; 0 if none

  [[nodiscard]] std::chrono::system_clock::time_point expires() const { return issued + lifetime; }
};

/// Seals `session` into a ticket, with the key of the time `now`.
[[nodiscard]] Result<Bytes> seal_ticket(TicketKeys& keys, const ServerSession& session,
                                        std::chrono::system_clock::time_point now);
/// Returns the session of a ticket that was sealed with `keys` and is good at `now`, neither expired nor of the future,
/// but for a minute; or nothing.
[[nodiscard]] std::optional<ServerSession> open_ticket(TicketKeys& keys, View ticket,
                                                       std::chrono::system_clock::time_point now);

}  // namespace sotto::session
