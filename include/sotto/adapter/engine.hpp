/// \file
/// What every adapter shares: a connection with its buffers, told in terms of "what must the transport do next".
/// Programs use the adapters (sotto/asio.hpp, sotto/socket.hpp); whoever writes another adapter starts here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include <sotto/buffer.hpp>
#include <sotto/client.hpp>
#include <sotto/connection.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/question.hpp>
#include <sotto/server.hpp>

namespace sotto::inline v0::adapter {

/// Says how an operation ended, or what must happen before it can go on.
enum class Next : std::uint8_t {
  done,          ///< it is complete
  ended,         ///< the peer said close_notify: there is no more to read
  failed,        ///< `Engine::error()` tells why
  write_output,  ///< all output must be sent; then call the operation again
  read_input,    ///< more input is needed (send the output first, if there is any); then call the operation again
  await_answer,  ///< a question is open; call the operation again once it is answered
};

/// What an operation came to. `count`: octets of application data that it moved; only `done` moves any.
struct Progress {
  Next next = Next::done;
  std::size_t count = 0;
};

/// Runs one connection for an adapter. An operation (`handshake`, `read`, `write`, `flush`, `close`, `shutdown`) is
/// called again and again, with the transport doing what it asks for in between, until it says `done`, `ended` or
/// `failed`.
///
/// One read and one write may be under way at once: output is queued in one place and sent in order by whoever is free,
/// never by two at once. Between operations an engine that has nothing queued holds no buffers.
/// Nothing is thrown: memory that runs out, and what a callback throws, end the connection with `Code::internal_error`.
/// Thread-safety: one thread, or strand, at a time.
class SOTTO_API Engine {
 public:
  /// Starts a client. Early data is not for adapters: whatever `options` say, it is off. A name that cannot be used is
  /// reported by every operation: `Code::invalid_server_name`.
  Engine(std::shared_ptr<const ClientConfig> config, const ServerName& name, ConnectionOptions options);
  /// Starts a server.
  Engine(std::shared_ptr<const ServerConfig> config, ConnectionOptions options);
  Engine(Engine&&) noexcept = default;
  Engine& operator=(Engine&&) noexcept = default;
  ~Engine() = default;

  /// Completes the handshake. The tickets of a TLS 1.3 server are left queued, for the next operation to send: a client
  /// that said all and left must not turn them into an error.
  [[nodiscard]] Progress handshake();
  /// Reads application data: waits for some, then takes all that has arrived and fits. An empty `into` is `done` at
  /// once.
  [[nodiscard]] Progress read(std::span<std::byte> into);
  /// Queues `data`, all of it, as output. Does not wait: `flush` afterwards.
  [[nodiscard]] Progress write(std::span<const std::byte> data);
  /// Sends what is queued.
  [[nodiscard]] Progress flush();
  /// Says close_notify. The peer may still send, and we may still read.
  [[nodiscard]] Progress close();
  /// Says close_notify and waits for the peer's, throwing away data that the peer still sends.
  [[nodiscard]] Progress shutdown();

  /// Calls `ask` for each question of the handshake, which `answer` answers: in place, or later. Without it questions
  /// are refused, which ends the handshake.
  void on_question(std::function<void(Question)> ask) { ask_ = std::move(ask); }
  /// Answers the open question; same contract as `Connection::answer`.
  [[nodiscard]] Result<void> answer(QuestionId id, Answer answer);

  /// Says whether anything is queued or being sent.
  [[nodiscard]] bool has_output() const { return !sending_.empty() || !out_.empty(); }
  [[nodiscard]] bool is_writing() const { return writing_; }
  /// Returns what to send next; it stays where it is until `end_write`. Only while `has_output()` and not
  /// `is_writing()`.
  [[nodiscard]] std::span<const std::byte> begin_write();
  /// Tells that the transport took `count` octets, possibly none.
  void end_write(std::size_t count);

  /// Tells that the transport takes no more output: what is queued is dropped and later writes fail, but what has
  /// arrived can still be read. Returns false where it ends the connection, which is so before it is established.
  [[nodiscard]] bool lose_output();

  [[nodiscard]] bool is_reading() const { return reading_; }
  /// Says that nothing has arrived, and that the last read took all there was: a good moment to wait without a buffer.
  [[nodiscard]] bool is_idle() const { return in_.empty() && drained_; }
  /// Keeps others from reading while the caller waits, without a buffer, for the transport to become readable.
  void begin_wait() { reading_ = true; }
  void end_wait() { reading_ = false; }
  /// Returns room for input, which stays where it is until `end_read`. Only while not `is_reading()`. Empty where there
  /// is no memory for it, with `error()` set: there is nothing to read into then, and no `end_read`.
  [[nodiscard]] std::span<std::byte> begin_read();
  /// Tells that `count` octets arrived, possibly none.
  void end_read(std::size_t count);
  /// Tells that the transport ended: `Code::truncated`, unless the peer had said close_notify.
  void input_ended();

  /// Returns the last error, or null. Errors of a handshake or a record are final.
  [[nodiscard]] const Error* error() const;
  /// Says whether the connection failed for good.
  [[nodiscard]] bool is_broken() const { return broken_; }
  [[nodiscard]] const Summary& summary() const;
  [[nodiscard]] bool is_established() const { return connection_ && connection_->is_established(); }
  /// Returns the connection, for exporters and the like; null if the client's name could not be used.
  [[nodiscard]] Connection* connection() { return connection_ ? &*connection_ : nullptr; }
  /// Asks for new keys with the next output.
  [[nodiscard]] Progress update_keys(Connection::UpdateKeys which);

 private:
  /// Runs `operation`; what it throws ends the connection.
  template <class Operation>
  [[nodiscard]] Progress contained(const Operation& operation) noexcept;
  void break_off() noexcept;
  [[nodiscard]] Next advance() noexcept;
  [[nodiscard]] Next run_until_news();
  [[nodiscard]] std::optional<Event> take_step();
  void ask(Question question);
  [[nodiscard]] std::size_t take_plaintext(std::span<std::byte> into);
  void drop_record();
  void consume(std::size_t count);
  void keep_error(Error error) noexcept;
  void remember(Error error) noexcept;
  [[nodiscard]] Next failure() const { return has_output() ? Next::write_output : Next::failed; }
  [[nodiscard]] Progress misuse(Error error);

  std::optional<Connection> connection_;
  Buffer in_;
  Buffer out_;                      // what the connection wrote
  Buffer sending_;                  // what the transport is sending: `out_` may grow and move meanwhile
  std::span<std::byte> plaintext_;  // the opened record at the front of `in_`, as far as it is not yet taken
  std::size_t record_ = 0;          // octets of that record in `in_`
  std::size_t needed_ = 1;          // octets that `in_` must hold in all before the connection can go on
  std::size_t room_ = 0;            // octets that the transport was last given room for
  std::unique_ptr<Error> error_;
  std::function<void(Question)> ask_;
  bool reading_ = false;
  bool writing_ = false;
  bool drained_ = true;
  bool broken_ = false;
  bool unremembered_ = false;  // there was no memory to keep the error in
  bool closed_ = false;
  bool output_lost_ = false;
  bool is_server_ = false;
};

}  // namespace sotto::inline v0::adapter
