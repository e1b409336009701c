/// \file
/// Resumption: sessions that a client keeps, where it keeps them, and the keys that seal a server's tickets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>

namespace sotto::inline v0 {

/// Holds what a client needs to resume a connection. It contains a secret: store it as carefully as a private key.
/// Move-only, since a ticket should be used once (RFC 8446, C.4).
class SOTTO_API Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// Returns the session in a form that `parse` reads; contains the secret.
  [[nodiscard]] std::vector<std::byte> serialize() const;
  /// Reads what `serialize` wrote; `Code::malformed_session` for anything else.
  static Result<Session> parse(std::span<const std::byte> bytes);

  [[nodiscard]] ProtocolVersion version() const;
  [[nodiscard]] CipherSuite cipher_suite() const;
  [[nodiscard]] std::string_view server_name() const;
  [[nodiscard]] std::chrono::system_clock::time_point expires() const;
  /// Returns how many octets of early data the server takes with this session; 0 for none.
  [[nodiscard]] std::uint32_t max_early_data_size() const;
  /// Returns what tells this session from all others: 32 octets that are no secret. In TLS 1.2 a session that is
  /// resumed stays the same one, whatever new tickets it gets. `crypto_failed` if it cannot be computed.
  [[nodiscard]] Result<std::vector<std::byte>> id() const;

  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Keeps a client's sessions between connections. Implementations must be safe to call from several threads.
class SOTTO_API SessionStore {
 public:
  virtual ~SessionStore() = default;
  /// Keeps `session` for later connections to `server`.
  virtual void put(const std::string& server, Session session) = 0;
  /// Returns and forgets the newest session for `server`.
  virtual std::optional<Session> take(const std::string& server) = 0;
  /// Forgets the session whose `Session::id()` is `id`, and keeps it no more if another connection that resumes it at
  /// this moment puts it back: a connection to `server` failed. TLS 1.2 alone; sessions of TLS 1.3 are used once
  /// anyway. RFC 5246, 7.2.2: "any connection terminated with a fatal alert MUST NOT be resumed".
  virtual void remove(const std::string& server, std::span<const std::byte> id) = 0;
};

/// Returns a store in memory: at most `servers` names, at most `each` sessions for one name, the oldest dropped first.
[[nodiscard]] SOTTO_API std::shared_ptr<SessionStore> make_memory_session_store(std::size_t servers = 256,
                                                                                std::size_t each = 4);

/// Keeps a server's sessions for TLS 1.2 clients that take no tickets and resume by session identifier instead.
/// Implementations must be safe to call from several threads. What they hold is sealed by the server's `TicketKeys`, so
/// a store may live outside the process. RFC 5246, 7.4.1.3 and F.1.4.
class SOTTO_API ServerSessionStore {
 public:
  virtual ~ServerSessionStore() = default;
  /// Keeps `sealed` under `id`, 32 random octets, until `expires`. It may be dropped earlier.
  virtual void put(std::span<const std::byte> id, std::vector<std::byte> sealed,
                   std::chrono::system_clock::time_point expires) = 0;
  /// Returns what is kept under `id`, which is a client's and may be anything; it stays.
  virtual std::optional<std::vector<std::byte>> find(std::span<const std::byte> id) = 0;
  /// Forgets what is kept under `id`: its connection failed. RFC 5246, 7.2.2.
  virtual void remove(std::span<const std::byte> id) = 0;
};

/// Returns a store in memory of at most `sessions` sessions; the one that was not used for longest is dropped first,
/// and none is found that has ended by the system's clock.
[[nodiscard]] SOTTO_API std::shared_ptr<ServerSessionStore> make_memory_server_session_store(
    std::size_t sessions = 1024);

/// Seals and opens a server's tickets: AES-256-GCM under keys that rotate. Share one object between server
/// configurations whose tickets may stand in for one another. Thread-safe.
class SOTTO_API TicketKeys {
 public:
  /// Makes random keys. Each seals for `rotation` and opens for one more `rotation` afterwards.
  static Result<std::shared_ptr<TicketKeys>> generate(std::chrono::seconds rotation = std::chrono::hours(12));
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  struct Impl;
  explicit TicketKeys(std::unique_ptr<Impl> impl);
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::inline v0
