/// \file
/// What ties a TLS 1.2 renegotiation to the connection that it comes on. RFC 5746.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sotto/certificate.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "keys/prf12.hpp"
#include "wire/extensions.hpp"

namespace sotto::handshake {

/// Names the two ends, whose Finished messages and keys differ.
enum class End : std::uint8_t { client, server };

/// What a handshake leaves behind for the next one on the same connection. RFC 5746, 3.1.
struct Renegotiable {
  keys::VerifyData12 client_verify_data{};
  keys::VerifyData12 server_verify_data{};
  bool extended_master_secret = false;
  bool encrypt_then_mac = false;  ///< whether it was agreed on, in whichever handshake of the connection
  Bytes peer_identity;            ///< as `identity_of` returns it; empty for a peer without a certificate
  std::string server_name;        ///< the name that the client expects, or that it asked the server for
  std::string application_protocol;
  unsigned renegotiations = 0;
};

/// Returns the content of the renegotiation_info that `sender` sends. `before`: null in a first handshake.
[[nodiscard]] Bytes renegotiation_info(const Renegotiable* before, End sender);
/// Checks the renegotiation_info that `sender` sent. RFC 5746, 3.4 to 3.7.
[[nodiscard]] Result<void> check_renegotiation_info(const Renegotiable* before, End sender,
                                                    const wire::RenegotiationInfo& info);

/// Returns what a certificate is recognised by: its SHA-256 hash.
[[nodiscard]] Result<Bytes> identity_of(const Certificate& certificate);
/// Checks that the peer did not change: `peer_certificate_changed` otherwise. A peer that showed no certificate before
/// may show one now.
[[nodiscard]] Result<void> check_same_peer(const Renegotiable* before, const Certificate& end_entity);
/// Checks that the two handshakes agree on what the application relies on.
[[nodiscard]] Result<void> check_same_master_secret_kind(const Renegotiable* before, bool extended_master_secret);
/// How a suite protects the integrity of records.
enum class Integrity : std::uint8_t { aead, encrypt_then_mac, mac_then_encrypt };
/// Checks that encrypt-then-MAC is not given up again. RFC 7366, 3.1.
[[nodiscard]] Result<void> check_integrity(const Renegotiable* before, Integrity agreed);

}  // namespace sotto::handshake
