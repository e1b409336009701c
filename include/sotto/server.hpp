/// \file
/// The configuration of servers: made once, checked when built, shared by any number of connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sotto/client.hpp>
#include <sotto/credential.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>
#include <sotto/question.hpp>
#include <sotto/session.hpp>
#include <sotto/trace.hpp>
#include <sotto/verifier.hpp>

namespace sotto::inline v0 {

/// Says whether a server asks for client certificates. `on_request`: not in the handshake, but later, when
/// `Connection::request_client_certificate` is called.
enum class ClientAuth : std::uint8_t { none, optional, required, on_request };

/// Holds how a server answers. Immutable and thread-safe.
class SOTTO_API ServerConfig {
 public:
  class Builder;
  static Builder builder();
  ~ServerConfig();

  struct Impl;
  explicit ServerConfig(std::unique_ptr<const Impl> impl);
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<const Impl> impl_;
};

/// Collects a server's settings. A setting that is an error (a file that could not be loaded) is reported by `build`.
class SOTTO_API ServerConfig::Builder {
 public:
  Builder();
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;
  ~Builder();

  /// Sets what may be negotiated. Default: `Policy::modern()`.
  Builder& policy(Policy policy);
  Builder& policy(Result<Policy> policy);
  /// Adds a credential. With several, each connection gets the first whose certificate is for the name that the client
  /// asked for and whose key the client can verify; without a name or a match, the first whose key it can verify.
  Builder& credential(Result<Credential> credential);
  /// Speaks these application protocols, most preferred first. A client that offers only others is refused
  /// (`no_common_application_protocol`); one that offers none is served without. Source: RFC 7301, 3.2.
  Builder& alpn(std::vector<std::string> protocols);
  /// Asks clients for a certificate, verified against `roots`.
  Builder& request_client_certificate(ClientAuth mode, Result<TrustStore> roots);
  /// Asks clients for a certificate, judged by `verifier`.
  Builder& request_client_certificate(ClientAuth mode, std::shared_ptr<const Verifier> verifier);
  /// Seals tickets with `keys`; null switches resumption off. Default: random keys of this configuration's own.
  Builder& ticket_keys(std::shared_ptr<TicketKeys> keys);
  /// Keeps sessions in `store` for TLS 1.2 clients that take no tickets; null for no such clients. It can be shared
  /// between configurations that share their ticket keys. Default: a store in memory of this configuration's own.
  Builder& session_store(std::shared_ptr<ServerSessionStore> store);
  /// Answers these kinds of questions late: `receive` yields a `Question` for each.
  Builder& ask(Ask kinds);
  /// Writes secrets to `log`, for debugging.
  Builder& key_log(std::shared_ptr<danger::KeyLog> log);
  Builder& clock(Clock clock);

  /// Checks and returns the configuration, or the first error. A server without a credential is an error unless
  /// credentials are asked for late. The builder is used up.
  [[nodiscard]] Result<std::shared_ptr<const ServerConfig>> build();

 private:
  struct Settings;
  std::unique_ptr<Settings> settings_;
};

}  // namespace sotto::inline v0
