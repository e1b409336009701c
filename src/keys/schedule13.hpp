/// \file
/// The key schedule of TLS 1.3. RFC 8446, 7. Each stage is consumed by the next, so no secret can be derived out of
/// order or twice.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/hkdf.hpp"
#include "keys/cipher_suites.hpp"

namespace sotto::keys {

using crypto::Digest;
using crypto::HashAlgorithm;
using crypto::HashSecret;

/// HKDF-Expand-Label: fills all of `out`. `label`: without the "tls13 " prefix. RFC 8446, 7.1.
[[nodiscard]] Result<void> expand_label(HashAlgorithm hash, View secret, std::string_view label, View context,
                                        MutableView out);
/// HKDF-Expand-Label with an output of `hash_length(hash)` octets.
[[nodiscard]] Result<HashSecret> expand_label(HashAlgorithm hash, View secret, std::string_view label, View context);

/// Protects one direction from one point in time: a traffic secret and the suite it is for.
struct TrafficSecret {
  const SuiteParameters* suite = nullptr;
  HashSecret secret;

  [[nodiscard]] TrafficSecret clone() const { return {suite, secret.clone()}; }
  /// Returns the secret of the next generation. RFC 8446, 7.2.
  [[nodiscard]] Result<TrafficSecret> next() const;
  /// Returns the key for Finished messages of this direction. RFC 8446, 4.4.4.
  [[nodiscard]] Result<HashSecret> finished_key() const;
};

/// Holds the key and IV for one direction. RFC 8446, 7.3.
struct TrafficKeys {
  Secret<32> key;
  crypto::AeadNonce iv{};
};
[[nodiscard]] Result<TrafficKeys> derive_traffic_keys(const TrafficSecret& secret);

/// Computes verify_data over a transcript hash. RFC 8446, 4.4.4.
[[nodiscard]] Result<HashSecret> verify_data(const TrafficSecret& base, const Digest& transcript);

/// Master Secret: the last stage.
class ApplicationStage {
 public:
  ApplicationStage(const SuiteParameters* suite, HashSecret secret) : suite_(suite), secret_(std::move(secret)) {}
  /// `transcript`: ClientHello to server Finished.
  [[nodiscard]] Result<TrafficSecret> client_traffic(const Digest& transcript) const;
  [[nodiscard]] Result<TrafficSecret> server_traffic(const Digest& transcript) const;
  [[nodiscard]] Result<HashSecret> exporter_secret(const Digest& transcript) const;
  /// `transcript`: ClientHello to client Finished. Ends the schedule.
  [[nodiscard]] Result<HashSecret> resumption_secret(const Digest& transcript) &&;

 private:
  const SuiteParameters* suite_;
  HashSecret secret_;
};

/// Handshake Secret.
class HandshakeStage {
 public:
  HandshakeStage(const SuiteParameters* suite, HashSecret secret) : suite_(suite), secret_(std::move(secret)) {}
  /// `transcript`: ClientHello to ServerHello.
  [[nodiscard]] Result<TrafficSecret> client_traffic(const Digest& transcript) const;
  [[nodiscard]] Result<TrafficSecret> server_traffic(const Digest& transcript) const;
  [[nodiscard]] Result<ApplicationStage> advance() &&;

 private:
  const SuiteParameters* suite_;
  HashSecret secret_;
};

/// Early Secret: the first stage.
class EarlyStage {
 public:
  /// `psk`: empty where no pre-shared key is used.
  static Result<EarlyStage> start(const SuiteParameters* suite, View psk);
  /// Returns the key that binds a resumption PSK to a ClientHello. RFC 8446, 4.2.11.2.
  [[nodiscard]] Result<TrafficSecret> resumption_binder_key() const;
  /// The same for an external PSK that is used as it is, and for one that was imported. RFC 9258, 5.2.
  [[nodiscard]] Result<TrafficSecret> external_binder_key() const;
  [[nodiscard]] Result<TrafficSecret> imported_binder_key() const;
  /// `transcript`: the ClientHello.
  [[nodiscard]] Result<TrafficSecret> client_traffic(const Digest& transcript) const;
  [[nodiscard]] Result<HashSecret> exporter_secret(const Digest& transcript) const;
  /// `shared_secret`: the outcome of (EC)DHE; empty without one.
  [[nodiscard]] Result<HandshakeStage> advance(View shared_secret) &&;

  [[nodiscard]] View secret() const { return secret_.view(); }

 private:
  [[nodiscard]] Result<TrafficSecret> binder_key(std::string_view label) const;
  EarlyStage(const SuiteParameters* suite, HashSecret secret) : suite_(suite), secret_(std::move(secret)) {}
  const SuiteParameters* suite_;
  HashSecret secret_;
};

/// Returns the PSK that belongs to a ticket. RFC 8446, 4.6.1.
[[nodiscard]] Result<HashSecret> ticket_psk(HashAlgorithm hash, View resumption_secret, View ticket_nonce);

/// Fills `out` from the exporter secret. RFC 8446, 7.5.
[[nodiscard]] Result<void> export_keying_material(HashAlgorithm hash, View exporter_secret, std::string_view label,
                                                  View context, MutableView out);

}  // namespace sotto::keys
