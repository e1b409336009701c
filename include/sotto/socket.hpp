/// \file
/// TLS over blocking POSIX sockets: `sotto::Socket`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <sotto/buffer.hpp>
#include <sotto/client.hpp>
#include <sotto/connection.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/question.hpp>
#include <sotto/server.hpp>
#include <sotto/trace.hpp>
#include <sotto/verifier.hpp>

namespace sotto::inline v0 {

/// Settings of a single `Socket`. A timeout of zero waits for ever.
struct SocketOptions {
  /// Bounds the wait for TCP connections, over all addresses of the host; the resolver has bounds of its own.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  /// Bounds the handshake from its first octet to its last.
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(30);
  /// Bounds one call of `read`.
  std::chrono::milliseconds read_timeout = std::chrono::milliseconds(0);
  /// Bounds one call of `write` or `close`, and every 64 KiB of a `write_all`.
  std::chrono::milliseconds write_timeout = std::chrono::milliseconds(0);
  /// The name that a server must prove, where it is not the host connected to.
  std::optional<ServerName> server_name = {};
  /// Told what is said, in order; may be null.
  std::shared_ptr<Trace> trace = {};
  /// Answers the questions that the configuration asks late, taking its time. Without it they are refused.
  std::function<Answer(const Question&)> answer = {};
};

/// Speaks TLS over a connected stream socket, blocking. Owns the descriptor and closes it when destroyed, without
/// close_notify: only `close` tells the peer that nothing is missing.
/// No call raises SIGPIPE or is disturbed by signals, and the descriptor's own flags are left alone.
/// Thread-safety: one thread at a time.
class SOTTO_API Socket {
 public:
  /// Resolves `host`, connects to the first address that answers, shakes hands, and authenticates the server as `host`
  /// (a DNS name or an IP address). Errors, besides those of the handshake: `invalid_server_name`, `name_not_resolved`,
  /// `connect_failed` with every address tried and why, `timed_out`, `io_failed`, `truncated`.
  static Result<Socket> connect(std::shared_ptr<const ClientConfig> config, std::string_view host, std::uint16_t port,
                                SocketOptions options = {});
  /// Shakes hands as a client over the connected stream socket `descriptor`, with the server `name`; after STARTTLS or
  /// a proxy's CONNECT, for example. The descriptor is owned from the call on, also when it fails.
  static Result<Socket> connect(std::shared_ptr<const ClientConfig> config, int descriptor, const ServerName& name,
                                SocketOptions options = {});
  /// Shakes hands as a server over `descriptor`, which `accept(2)` returned. The descriptor is owned from the call on,
  /// also when it fails.
  static Result<Socket> accept(std::shared_ptr<const ServerConfig> config, int descriptor, SocketOptions options = {});
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;
  ~Socket();

  /// Waits for data and fills `buffer`, at least one octet long, with what there is. Returns 0 only after the peer's
  /// close_notify. `Code::truncated` if the connection ended without; `Code::timed_out` leaves it as it was.
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer);
  /// Sends the front of `data`, at most 64 KiB, and returns how much that is.
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data);
  /// Sends all of `data`. After an error some of it may have been sent.
  [[nodiscard]] Result<void> write_all(std::span<const std::byte> data);
  /// Says close_notify: nothing will be written any more. The peer may still send; read until 0 to hear it out.
  [[nodiscard]] Result<void> close();

  /// Tells version, suite, group, how the peer was authenticated and whether the session was resumed.
  [[nodiscard]] const Summary& summary() const;
  /// Returns the connection, for exporters and channel bindings.
  [[nodiscard]] const Connection& connection() const;
  /// Returns the descriptor, which stays ours: to poll it, or to set options. Bytes read or written past us are lost to
  /// TLS.
  [[nodiscard]] int native_handle() const;
  /// Changes the bounds on `read` and on `write`.
  void set_timeouts(std::chrono::milliseconds read, std::chrono::milliseconds write);

  struct Impl;

 private:
  explicit Socket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::inline v0
