/// \file
/// TLS for standalone Asio: `sotto::asio::Stream`, usable where `asio::ssl::stream` is.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/buffer.hpp>
#include <asio/compose.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/wait_traits.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include <sotto/adapter/error_code.hpp>
#include <sotto/adapter/stream.hpp>

namespace sotto::inline v0::asio {

/// Names what the adapter uses of standalone Asio.
struct Net {
  using error_code = std::error_code;
  using mutable_buffer = ::asio::mutable_buffer;
  using const_buffer = ::asio::const_buffer;
  template <class Executor>
  using timer =
      ::asio::basic_waitable_timer<std::chrono::steady_clock, ::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  template <class Executor>
  using default_token = typename ::asio::default_completion_token<Executor>::type;

  static error_code eof() { return ::asio::error::eof; }
  static error_code aborted() { return ::asio::error::operation_aborted; }
  static error_code to_error_code(Code code) { return make_error_code(code); }
  static error_code failure(const adapter::Engine& engine) { return to_error_code(engine.error()->code); }
  static bool is_eof(const error_code& error) { return error == ::asio::error::eof; }
  static bool is_would_block(const error_code& error) {
    return error == ::asio::error::would_block || error == ::asio::error::try_again;
  }
  static void throw_if(const error_code& error) {
    if (error) throw std::system_error(error);
  }

  static ::asio::mutable_buffer buffer(std::span<std::byte> bytes) { return {bytes.data(), bytes.size()}; }
  static ::asio::const_buffer buffer(std::span<const std::byte> bytes) { return {bytes.data(), bytes.size()}; }
  static std::span<std::byte> bytes(::asio::mutable_buffer buffer) {
    return {static_cast<std::byte*>(buffer.data()), buffer.size()};
  }
  static std::span<const std::byte> bytes(::asio::const_buffer buffer) {
    return {static_cast<const std::byte*>(buffer.data()), buffer.size()};
  }
  template <class Buffers>
  static auto begin(const Buffers& buffers) {
    return ::asio::buffer_sequence_begin(buffers);
  }
  template <class Buffers>
  static auto end(const Buffers& buffers) {
    return ::asio::buffer_sequence_end(buffers);
  }

  template <class Signature, class Operation, class Token, class Object>
  static auto compose(Operation operation, Token& token, Object& object) {
    return ::asio::async_compose<Token, Signature>(std::move(operation), token, object);
  }
  template <class Handler>
  static void post(Handler handler) {
    ::asio::post(std::move(handler));
  }
  template <class Self>
  static bool is_cancelled(const Self& self) {
    if constexpr (requires { self.get_cancellation_state().cancelled(); })
      return self.get_cancellation_state().cancelled() != ::asio::cancellation_type::none;
    return false;
  }
};

/// Speaks TLS over `NextLayer`, any stream of standalone Asio; meets AsyncReadStream, AsyncWriteStream, SyncReadStream
/// and SyncWriteStream. Every completion token goes: callbacks, `use_future`, `use_awaitable`.
///
///     sotto::asio::Stream tls(std::move(socket), server_config);                              // owns the socket
///     sotto::asio::Stream tls(socket, client_config, sotto::ServerName("example.com"));       // refers to it
///
/// `eof` means close_notify; `sotto::Code::truncated` that the transport ended without one. One read and one write may
/// be under way at once; `async_shutdown` and `async_close` may come beside a read. The stream must outlive its
/// operations. Thread-safety: one thread, or strand, at a time.
template <class NextLayer>
class Stream : public adapter::Stream<Net, NextLayer> {
 public:
  using adapter::Stream<Net, NextLayer>::Stream;
};

template <class Next, class Config, class... Rest>
Stream(Next&&, Config&&, Rest&&...) -> Stream<Next>;

}  // namespace sotto::inline v0::asio
