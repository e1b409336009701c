/// \file
/// The configuration of servers: made once, checked when built, shared by any number of connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sotto/client.hpp>
#include <sotto/credential.hpp>
#include <sotto/early_data.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/external_psk.hpp>
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
  /// Lets tickets say that up to `octets` of early data are welcome, and connections accept it whose options say so too
  /// (`ConnectionOptions::early_data`). `octets` must not exceed the policy's `skipped_early_data`. `guard` keeps early
  /// data from being accepted twice; null: one in memory, of this configuration's own. RFC 8446, 8.
  Builder& early_data(std::size_t octets = 14336, std::shared_ptr<ReplayGuard> guard = nullptr);
  /// Accepts this key, made for `PskRole::server`, in place of certificates; may be called again. A client with such a
  /// key is not asked for a certificate.
  Builder& external_psk(Result<ExternalPsk> psk);
  /// Looks keys up that were not given beforehand.
  Builder& find_external_psk(FindPsk find);
  /// Answers these kinds of questions late: `receive` yields a `Question` for each.
  Builder& ask(Ask kinds);
  /// Writes secrets to `log`, for debugging.
  Builder& key_log(std::shared_ptr<danger::KeyLog> log);
  Builder& clock(Clock clock);

  /// Checks and returns the configuration, or the first error. A server without a credential is an error unless
  /// credentials are asked for late, or it has external pre-shared keys. The builder is used up.
  [[nodiscard]] Result<std::shared_ptr<const ServerConfig>> build();

 private:
  struct Settings;
  std::unique_ptr<Settings> settings_;
};

}  // namespace sotto::inline v0
