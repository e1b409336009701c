/// \file
/// External pre-shared keys: keys that both sides were given beforehand, in place of certificates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Names the hash that a pre-shared key is bound to.
enum class PskHash : std::uint8_t { sha256, sha384 };

/// Says in which role this side uses a key. Two nodes that may both be client and server need two keys: with one, an
/// attacker can send a node's own messages back to it (the Selfie attack, RFC 9257, 4.1).
enum class PskRole : std::uint8_t { client, server };

/// Holds a pre-shared key with its identity. A handshake with it has no certificates: whoever has the key is
/// authenticated by it. Keys come from a random generator, with 16 octets or more; a password is no key, for it can be
/// guessed offline (RFC 9257, 4.2). Used with (EC)DHE only, so recorded traffic stays secret if the key gets out.
/// Copies share one key, which is wiped with the last of them. Immutable and thread-safe.
class SOTTO_API ExternalPsk {
 public:
  /// Makes a key for use through the importer of RFC 9258: from it, keys for each hash of TLS 1.3 are derived that are
  /// good for nothing else. The safer way, if the peer knows it. `identity`: 1 to 65000 octets, sent in the clear;
  /// `key`: 16 octets or more; `context`: what else both sides agree on, such as who they are, at most 500 octets;
  /// `hash`: of the key as it was provisioned. `Code::invalid_configuration` for anything else.
  static Result<ExternalPsk> imported(PskRole role, std::string_view identity, std::span<const std::byte> key,
                                      std::string_view context = {}, PskHash hash = PskHash::sha256);
  /// Makes a key that is used as it is, with cipher suites of `hash` alone: RFC 8446, 4.2.11. The key must be used with
  /// nothing else.
  static Result<ExternalPsk> plain(PskRole role, std::string_view identity, std::span<const std::byte> key,
                                   PskHash hash = PskHash::sha256);
  ExternalPsk(const ExternalPsk&);
  ExternalPsk& operator=(const ExternalPsk&);
  ExternalPsk(ExternalPsk&&) noexcept;
  ExternalPsk& operator=(ExternalPsk&&) noexcept;
  ~ExternalPsk();

  [[nodiscard]] PskRole role() const;
  /// Returns the identity as it was given; it may hold any octets.
  [[nodiscard]] std::string_view identity() const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit ExternalPsk(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// Returns a server's key of that identity, or nothing. Called from within `receive`, possibly by several threads; the
/// identity comes from the peer, unauthenticated.
using FindPsk = std::function<std::optional<ExternalPsk>(std::string_view identity)>;

}  // namespace sotto::inline v0
