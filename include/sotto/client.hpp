/// \file
/// The configuration of clients: made once, checked when built, shared by any number of connections.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sotto/credential.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/external_psk.hpp>
#include <sotto/policy.hpp>
#include <sotto/question.hpp>
#include <sotto/session.hpp>
#include <sotto/trace.hpp>
#include <sotto/verifier.hpp>

namespace sotto::inline v0 {

/// Returns the present time; a configuration can be given another one for tests.
using Clock = std::function<std::chrono::system_clock::time_point()>;

/// Holds how a client connects. Immutable and thread-safe. What is not said is safe: system roots, names checked,
/// `Policy::modern()`, sessions kept in memory.
class SOTTO_API ClientConfig {
 public:
  class Builder;
  static Builder builder();
  ~ClientConfig();

  struct Impl;
  explicit ClientConfig(std::unique_ptr<const Impl> impl);
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<const Impl> impl_;
};

/// Collects a client's settings. A setting that is an error (a file that could not be loaded) is reported by `build`.
class SOTTO_API ClientConfig::Builder {
 public:
  Builder();
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;
  ~Builder();

  /// Sets what may be negotiated. Default: `Policy::modern()`.
  Builder& policy(Policy policy);
  Builder& policy(Result<Policy> policy);
  /// Sets the roots that servers are verified against. Default: the system's.
  Builder& roots(Result<TrustStore> roots);
  /// Replaces the verifier altogether.
  Builder& verifier(std::shared_ptr<const Verifier> verifier);
  /// Offers these application protocols, most preferred first. Source: RFC 7301.
  Builder& alpn(std::vector<std::string> protocols);
  /// Adds a credential for servers that ask for a client certificate.
  Builder& credential(Result<Credential> credential);
  /// Keeps sessions in `store`; null switches resumption off. Share a store only between configurations that trust the
  /// same roots and, with Ask::credential, are the same client: a resumed connection is as well authenticated as the
  /// one before it. Sessions with servers that were not authenticated are not kept. Default: one in memory of its own.
  Builder& session_store(std::shared_ptr<SessionStore> store);
  /// Judges a server again, by the certificates it showed when the session began, before a session with it is offered.
  /// If it is no longer accepted, a full handshake follows. Sessions are larger for that; those without certificates
  /// are not offered, unless an external pre-shared key is required anyway. Who answers verifications late is asked by
  /// the first `receive`, before anything is sent: give it an empty input.
  Builder& verify_sessions_again();
  /// Offers this key, made for `PskRole::client`, behind a session if there is one; may be called again. The server may
  /// still choose to show a certificate, which is verified as always.
  Builder& external_psk(Result<ExternalPsk> psk);
  /// Refuses servers that use none of the keys, or a session that began with one (`missing_extension`). There are no
  /// certificates then, so no roots are loaded, and TLS 1.2 is not offered. The session store must be of configurations
  /// of this kind alone.
  Builder& require_external_psk();
  /// Lets servers ask for a certificate after the handshake, in TLS 1.3 and not with HTTP/2 (RFC 8740); without it such
  /// a request is `unexpected_message`. RFC 8446, 4.2.6.
  Builder& post_handshake_authentication();
  /// Answers these kinds of questions late: `receive` yields a `Question` for each.
  Builder& ask(Ask kinds);
  /// Writes secrets to `log`, for debugging.
  Builder& key_log(std::shared_ptr<danger::KeyLog> log);
  Builder& clock(Clock clock);

  /// Checks and returns the configuration, or the first error: `invalid_policy`, `invalid_configuration`, or that of a
  /// setting. The builder is used up.
  [[nodiscard]] Result<std::shared_ptr<const ClientConfig>> build();

 private:
  struct Settings;
  std::unique_ptr<Settings> settings_;
};

}  // namespace sotto::inline v0
