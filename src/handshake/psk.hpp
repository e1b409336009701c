/// \file
/// Pre-shared keys as a handshake uses them: those of sessions, and external ones with the importer of RFC 9258.
#pragma once

#include <optional>
#include <string>

#include <sotto/external_psk.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "keys/schedule13.hpp"

namespace sotto::handshake {

/// Says where a key comes from; each kind is bound to a ClientHello by a key of its own. RFC 8446, 7.1; RFC 9258, 5.2.
enum class PskKind : std::uint8_t { session, plain, imported };

/// A pre-shared key with the one hash that it is used with.
struct Psk {
  PskKind kind = PskKind::session;
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::sha256;
  SecretBytes key;
  Bytes identity;                           // on the wire
  std::uint32_t obfuscated_ticket_age = 0;  // RFC 8446, 4.2.11: 0 for external keys
  std::string name;                         // of an external key, as its owner calls it
};

/// Returns the binder over a ClientHello; `transcript`: up to the list of binders. RFC 8446, 4.2.11.2.
[[nodiscard]] Result<keys::HashSecret> binder_for(PskKind kind, crypto::HashAlgorithm hash, View key,
                                                  const keys::Digest& transcript);
/// Returns `psk` for use with `hash`; nothing for a plain key of another hash. RFC 9258, 5.1.
[[nodiscard]] Result<std::optional<Psk>> psk_for(const ExternalPsk& psk, crypto::HashAlgorithm hash);
/// Finds the external key that `identity` on the wire stands for, for use with `hash`.
[[nodiscard]] Result<std::optional<Psk>> find_psk(const FindPsk& find, View identity, crypto::HashAlgorithm hash);
/// Says in words who is authenticated by an external key.
[[nodiscard]] std::string authenticated_by(const Psk& psk);

}  // namespace sotto::handshake
