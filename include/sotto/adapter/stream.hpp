/// \file
/// The body of `sotto::asio::Stream` and `sotto::boost_asio::Stream`: one template over a small traits type `Net`,
/// which names what differs between standalone Asio and Boost.Asio. Include sotto/asio.hpp or sotto/boost_asio.hpp
/// instead.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <sotto/adapter/operation.hpp>

namespace sotto::inline v0::adapter {

/// Finds the lowest layer below `Layer`: itself, unless it tells another.
template <class Layer>
struct Lowest {
  using type = Layer;
  static auto& of(auto& layer) { return layer; }
};
template <class Layer>
  requires requires(Layer& layer) {
    typename Layer::lowest_layer_type;
    layer.lowest_layer();
  }
struct Lowest<Layer> {
  using type = typename Layer::lowest_layer_type;
  static auto& of(auto& layer) { return layer.lowest_layer(); }
};

/// Joins a connection to a stream `NextLayer`, usually a TCP socket. `NextLayer` may be a reference.
/// The public classes derived from it say the rest.
template <class Net, class NextLayer>
class Stream {
 public:
  using next_layer_type = std::remove_reference_t<NextLayer>;
  using lowest_layer_type = typename Lowest<next_layer_type>::type;
  using executor_type = typename next_layer_type::executor_type;
  using error_code = typename Net::error_code;

  /// Makes a server's stream over `next`.
  template <class Next>
    requires std::constructible_from<NextLayer, Next&&>
  Stream(Next&& next, std::shared_ptr<const ServerConfig> config, ConnectionOptions options = {})
      : next_(std::forward<Next>(next)), engine_(std::move(config), std::move(options)) {}
  /// Makes a client's stream over `next`, to the server `name`. A name that cannot be used is reported by every
  /// operation: `Code::invalid_server_name`.
  template <class Next>
    requires std::constructible_from<NextLayer, Next&&>
  Stream(Next&& next, std::shared_ptr<const ClientConfig> config, const ServerName& name,
         ConnectionOptions options = {})
      : next_(std::forward<Next>(next)), engine_(std::move(config), name, std::move(options)) {}
  /// Moves a stream that has no operation under way.
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = default;
  ~Stream() = default;

  [[nodiscard]] executor_type get_executor() noexcept { return next_.get_executor(); }
  [[nodiscard]] next_layer_type& next_layer() { return next_; }
  [[nodiscard]] const next_layer_type& next_layer() const { return next_; }
  [[nodiscard]] lowest_layer_type& lowest_layer() { return Lowest<next_layer_type>::of(next_); }
  [[nodiscard]] const lowest_layer_type& lowest_layer() const { return Lowest<next_layer_type>::of(next_); }

  /// Returns the error behind the last error code of sotto's category, or null. Errors of a handshake or of a record
  /// are final; those of a call that came at the wrong time are not.
  [[nodiscard]] const Error* error() const { return engine_.error(); }
  /// Tells version, suite, group, how the peer was authenticated and whether the session was resumed; complete once the
  /// handshake is.
  [[nodiscard]] const Summary& summary() const { return engine_.summary(); }
  /// Returns the connection, for exporters and channel bindings; null if the client's name could not be used.
  [[nodiscard]] Connection* connection() { return engine_.connection(); }

  /// Calls `ask` for each question that the configuration asks late; `answer` it at once or later, on this stream's
  /// strand. Without it such questions are refused, which ends the handshake.
  void on_question(std::function<void(Question)> ask) { engine_.on_question(std::move(ask)); }
  /// Answers the open question and lets the handshake go on; same contract as `Connection::answer`. An `Error` as
  /// answer ends the handshake: give one for a question that nobody will answer any more.
  [[nodiscard]] Result<void> answer(QuestionId id, Answer answer) {
    auto answered = engine_.answer(id, std::move(answer));
    wake();
    return answered;
  }

  /// Completes the handshake, blocking. Throws the system_error of its Asio.
  void handshake() {
    error_code error;
    handshake(error);
    Net::throw_if(error);
  }
  void handshake(error_code& error) { (void)run(HandshakeStep(), error); }
  /// Reads some data, blocking; `eof` after the peer's close_notify, `Code::truncated` if the transport ended without.
  template <class MutableBuffers>
  std::size_t read_some(const MutableBuffers& buffers) {
    error_code error;
    const auto count = read_some(buffers, error);
    Net::throw_if(error);
    return count;
  }
  template <class MutableBuffers>
  std::size_t read_some(const MutableBuffers& buffers, error_code& error) {
    return run(ReadStep<Net, MutableBuffers>(buffers), error);
  }
  /// Writes some data, blocking. Over a transport in non-blocking mode: after `would_block`, call again with the same
  /// data.
  template <class ConstBuffers>
  std::size_t write_some(const ConstBuffers& buffers) {
    error_code error;
    const auto count = write_some(buffers, error);
    Net::throw_if(error);
    return count;
  }
  template <class ConstBuffers>
  std::size_t write_some(const ConstBuffers& buffers, error_code& error) {
    WriteStep<Net, ConstBuffers> step(buffers, std::exchange(unreported_, 0));
    const auto count = run(step, error);
    if (Net::is_would_block(error)) unreported_ = step.sealed();
    return count;
  }
  /// Says close_notify, blocking: nothing will be written any more. The peer may still send, and `read_some` still
  /// reads.
  void close() {
    error_code error;
    close(error);
    Net::throw_if(error);
  }
  void close(error_code& error) { (void)run(CloseStep(), error); }
  /// Says close_notify and waits for the peer's, blocking; throws away data that the peer still sends.
  void shutdown() {
    error_code error;
    shutdown(error);
    Net::throw_if(error);
  }
  void shutdown(error_code& error) { (void)run(ShutdownStep(), error); }
  /// Updates our sending keys and, for `UpdateKeys::both`, asks the peer to update its own, blocking. Keys are also
  /// updated by themselves, before their usage limit.
  void update_keys(Connection::UpdateKeys which) {
    error_code error;
    update_keys(which, error);
    Net::throw_if(error);
  }
  void update_keys(Connection::UpdateKeys which, error_code& error) { (void)run(UpdateKeysStep(which), error); }

  /// Completes the handshake. Signature of the handler: `void(error_code)`.
  template <class Token = typename Net::template default_token<executor_type>>
  auto async_handshake(Token&& token = typename Net::template default_token<executor_type>()) {
    return start<void(error_code)>(HandshakeStep(), std::forward<Token>(token));
  }
  /// Reads some data. Signature of the handler: `void(error_code, std::size_t)`. At most one read at a time.
  template <class MutableBuffers, class Token = typename Net::template default_token<executor_type>>
  auto async_read_some(const MutableBuffers& buffers,
                       Token&& token = typename Net::template default_token<executor_type>()) {
    return start<void(error_code, std::size_t)>(ReadStep<Net, MutableBuffers>(buffers), std::forward<Token>(token));
  }
  /// Writes some data. Signature of the handler: `void(error_code, std::size_t)`. At most one write at a time.
  template <class ConstBuffers, class Token = typename Net::template default_token<executor_type>>
  auto async_write_some(const ConstBuffers& buffers,
                        Token&& token = typename Net::template default_token<executor_type>()) {
    return start<void(error_code, std::size_t)>(WriteStep<Net, ConstBuffers>(buffers), std::forward<Token>(token));
  }
  /// Says close_notify: ends our direction only. Signature of the handler: `void(error_code)`.
  template <class Token = typename Net::template default_token<executor_type>>
  auto async_close(Token&& token = typename Net::template default_token<executor_type>()) {
    return start<void(error_code)>(CloseStep(), std::forward<Token>(token));
  }
  /// Says close_notify and waits for the peer's; throws away data that the peer still sends. Signature of the handler:
  /// `void(error_code)`.
  template <class Token = typename Net::template default_token<executor_type>>
  auto async_shutdown(Token&& token = typename Net::template default_token<executor_type>()) {
    return start<void(error_code)>(ShutdownStep(), std::forward<Token>(token));
  }
  /// Updates keys, as `update_keys` does. Signature of the handler: `void(error_code)`. Counts as a write.
  template <class Token = typename Net::template default_token<executor_type>>
  auto async_update_keys(Connection::UpdateKeys which,
                         Token&& token = typename Net::template default_token<executor_type>()) {
    return start<void(error_code)>(UpdateKeysStep(which), std::forward<Token>(token));
  }

 private:
  template <class, class, class>
  friend class Operation;
  using Timer = typename Net::template timer<executor_type>;

  template <class Signature, class Step, class Token>
  auto start(Step step, Token&& token) {
    return Net::template compose<Signature>(Operation<Net, Stream, Step>(*this, std::move(step)), token, *this);
  }

  template <class Step>
  std::size_t run(Step&& step, error_code& error) {
    for (error = {};;) {
      const Progress progress = step(engine_);
      switch (progress.next) {
        case Next::done: return progress.count;
        case Next::ended: error = Net::eof(); return 0;
        case Next::failed: error = Net::failure(engine_); return 0;
        case Next::await_answer: error = Net::to_error_code(Code::wrong_state); return 0;
        case Next::write_output: send(error); break;
        case Next::read_input:
          if (engine_.has_output()) send(error);
          if (!error) receive(error);
          break;
      }
      if (error) return 0;
    }
  }
  void send(error_code& error) {
    const auto bytes = engine_.begin_write();
    engine_.end_write(next_.write_some(Net::buffer(bytes), error));
    // The reason why the connection ended is worth more than that its alert could not be sent.
    if (error && engine_.is_broken()) error = Net::failure(engine_);
  }
  void receive(error_code& error) {
    const auto room = engine_.begin_read();
    if (room.empty()) {  // there is no memory for it
      error = Net::failure(engine_);
      return;
    }
    engine_.end_read(next_.read_some(Net::buffer(room), error));
    if (!Net::is_eof(error)) return;
    engine_.input_ended();
    error = {};
  }

  // Operations that wait for their turn, or for an answer, wait on one timer that never expires; null where there is no
  // memory for it.
  Timer* turn() {
    try {
      if (!turn_) turn_ = std::make_unique<Timer>(get_executor(), Timer::time_point::max());
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    return turn_.get();
  }
  void wake() {
    if (turn_) turn_->cancel();
  }

  NextLayer next_;
  Engine engine_;
  std::unique_ptr<Timer> turn_;
  std::size_t unreported_ = 0;  // octets that a non-blocking write sealed before the transport would have blocked
};

}  // namespace sotto::inline v0::adapter
