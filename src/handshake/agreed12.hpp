/// \file
/// What both sides of a TLS 1.2 handshake agree on, and what they derive from it in the same way. RFC 5246, 7.4.9
/// and 8.1.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include <sotto/connection.hpp>

#include "handshake/channel.hpp"
#include "handshake/renegotiation.hpp"
#include "keys/exporter.hpp"
#include "keys/prf12.hpp"
#include "wire/hellos.hpp"
#include "wire/messages12.hpp"

namespace sotto::handshake {

struct Agreed12 {
  const keys::SuiteParameters* suite = nullptr;
  wire::Random client_random{};
  wire::Random server_random{};
  bool extended_master_secret = false;
  bool encrypt_then_mac = false;
  bool ticket_promised = false;
  /// The peer signalled RFC 5746.
  bool secure_renegotiation = false;
  keys::VerifyData12 client_verify_data{};
  keys::VerifyData12 server_verify_data{};
  keys::MasterSecret master;
  std::optional<keys::KeyBlock> key_block;

  [[nodiscard]] Integrity integrity() const {
    if (!suite->cbc) return Integrity::aead;
    return encrypt_then_mac ? Integrity::encrypt_then_mac : Integrity::mac_then_encrypt;
  }
};

/// Derives the master secret once ClientKeyExchange is part of the transcript, and the keys of both directions.
[[nodiscard]] Result<void> derive_master_secret(Channel& channel, Agreed12& agreed, View premaster_secret);
/// Derives the keys of both directions from the master secret, which a resumed session brings along.
[[nodiscard]] Result<void> derive_keys12(Channel& channel, Agreed12& agreed);
/// Sends change_cipher_spec and Finished, and protects what follows the former.
[[nodiscard]] Result<void> send_finished12(Channel& channel, Agreed12& agreed, End us);
/// Expects protected records from here on: the peer's change_cipher_spec came.
[[nodiscard]] Result<void> accept_change_cipher_spec(Channel& channel, Agreed12& agreed, End peer);
/// Checks the peer's Finished, and keeps it for a renegotiation.
[[nodiscard]] Result<void> check_finished12(Agreed12& agreed, End peer, const Received<wire::Finished>& finished);
/// Returns what another handshake on this connection has to continue; null where there may be none. `before`: what this
/// one had to.
[[nodiscard]] std::unique_ptr<Renegotiable> renegotiable_after(const Agreed12& agreed, const Renegotiable* before,
                                                               const Policy& policy, const Summary& summary,
                                                               View peer_identity);
/// Returns the Finished that came first: a server's where a session is resumed.
[[nodiscard]] std::optional<keys::VerifyData12> first_finished_of(const Agreed12& agreed, bool resumed);
/// Returns what key material can be exported from afterwards.
[[nodiscard]] keys::Exporter exporter_of(const Agreed12& agreed);

}  // namespace sotto::handshake
