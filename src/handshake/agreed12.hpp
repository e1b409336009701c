/// \file
/// What both sides of a TLS 1.2 handshake agree on, and what they derive from it in the same way. RFC 5246, 7.4.9
/// and 8.1.
#pragma once

#include <array>
#include <string_view>

#include "handshake/channel.hpp"
#include "keys/exporter.hpp"
#include "keys/prf12.hpp"
#include "wire/hellos.hpp"
#include "wire/messages12.hpp"

namespace sotto::handshake {

/// Names the two ends, whose Finished messages and keys differ.
enum class End : std::uint8_t { client, server };

struct Agreed12 {
  const keys::SuiteParameters* suite = nullptr;
  wire::Random client_random{};
  wire::Random server_random{};
  bool extended_master_secret = false;
  bool encrypt_then_mac = false;
  bool ticket_promised = false;
  keys::MasterSecret master;
  std::optional<keys::KeyBlock> key_block;
};

/// Derives the master secret once ClientKeyExchange is part of the transcript, and the keys of both directions.
[[nodiscard]] Result<void> derive_master_secret(Channel& channel, Agreed12& agreed, View premaster_secret);
/// Derives the keys of both directions from the master secret, which a resumed session brings along.
[[nodiscard]] Result<void> derive_keys12(Channel& channel, Agreed12& agreed);
/// Sends change_cipher_spec and Finished, and protects what follows the former.
[[nodiscard]] Result<void> send_finished12(Channel& channel, Agreed12& agreed, End us);
/// Expects protected records from here on: the peer's change_cipher_spec came.
[[nodiscard]] Result<void> accept_change_cipher_spec(Channel& channel, Agreed12& agreed, End peer);
/// Checks the peer's Finished.
[[nodiscard]] Result<void> check_finished12(const Agreed12& agreed, End peer, const Received<wire::Finished>& finished);
/// Returns what key material can be exported from afterwards.
[[nodiscard]] keys::Exporter exporter_of(const Agreed12& agreed);

}  // namespace sotto::handshake
