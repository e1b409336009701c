/// \file
/// What a server agrees to, as a pure function of the ClientHello and its own settings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "keys/cipher_suites.hpp"
#include "wire/hellos.hpp"

namespace sotto::handshake {

/// Holds what a ClientHello offers, found once. Views borrow from the message.
struct ClientOffer {
  ProtocolVersion version{};  // the newest that both sides have
  std::string server_name;    // lower case; empty if none
  std::vector<std::string> application_protocols;
  std::vector<SignatureScheme> signature_schemes;
  wire::Codes<CipherSuite> cipher_suites;
  wire::Codes<NamedGroup> groups;
  std::vector<wire::KeyShareEntry> key_shares;
  std::optional<wire::PreSharedKeyOffer> pre_shared_keys;
  std::vector<CertificateCompression> compression;  // that the client takes certificates with, in TLS 1.3
  bool takes_tickets = false;                       // psk_key_exchange_modes has psk_dhe_ke
};

/// Chooses the version among `ours`, then reads and checks the parts of a ClientHello that depend on nothing else of
/// our settings. RFC 8446, 4.1.2 and 9.2. Errors: `unsupported_version`, `obsolete_version`, `inappropriate_fallback`
/// and what is wrong with the message.
[[nodiscard]] Result<ClientOffer> read_offer(const wire::ClientHello& hello, const std::vector<ProtocolVersion>& ours);

/// Holds what was negotiated.
struct Negotiated {
  ProtocolVersion version{};
  const keys::SuiteParameters* suite = nullptr;
  /// Absent where TLS 1.2 has no curve in common, which leaves the suites that need none.
  std::optional<NamedGroup> group;
  /// The client's share for `group`; absent where another ClientHello is needed.
  std::optional<View> peer_share;
  std::string application_protocol;
};

/// Returns our suites in the order in which they are tried. A client that puts ChaCha20 first has no fast AES: it gets
/// its way, which costs us little.
[[nodiscard]] std::vector<CipherSuite> suites_in_order(const ClientOffer& offer, const Policy& policy);

/// Chooses cipher suite, group and application protocol in the order of our preference.
/// Errors: `unsupported_version`, `no_common_cipher_suite`, `no_common_group`, `no_common_application_protocol`.
[[nodiscard]] Result<Negotiated> negotiate(const ClientOffer& offer, const Policy& policy,
                                           const std::vector<std::string>& alpn);

/// Says whether `second` differs from `first` only where RFC 8446, 4.1.2 allows it after a HelloRetryRequest.
[[nodiscard]] bool is_same_hello_after_retry(const wire::ClientHello& first, const wire::ClientHello& second);

}  // namespace sotto::handshake
