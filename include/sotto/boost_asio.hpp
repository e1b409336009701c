/// \file
/// TLS for Boost.Asio and Boost.Beast: `sotto::boost_asio::Stream`, usable where `boost::asio::ssl::stream` is.
#pragma once

// The standard library first: some of Boost 1.74's headers count on it.
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/wait_traits.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <sotto/adapter/error_code.hpp>
#include <sotto/adapter/stream.hpp>

namespace boost::beast {
enum class role_type;  // as in boost/beast/core/role.hpp: Beast itself is not needed here
}

namespace sotto::inline v0::boost_asio {

// Boost's own class has no virtual destructor; nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
/// Gives the codes of libsotto their sentences.
class SOTTO_API ErrorCategory final : public boost::system::error_category {
 public:
  // The number lets Boost see categories of several shared libraries as one.
  ErrorCategory() : error_category(0x7f3a90c2d15b64e8) {}
  [[nodiscard]] const char* name() const noexcept override { return "sotto"; }
  [[nodiscard]] std::string message(int code) const override {
    return adapter::ErrorCategory::describe(static_cast<Code>(code));
  }
};
#pragma GCC diagnostic pop

/// Returns the category of libsotto's errors.
SOTTO_API inline const boost::system::error_category& error_category() {
  static const ErrorCategory category;
  return category;
}
inline boost::system::error_code make_error_code(Code code) { return {static_cast<int>(code), error_category()}; }

/// Names what the adapter uses of Boost.Asio.
struct Net {
  using error_code = boost::system::error_code;
  using mutable_buffer = boost::asio::mutable_buffer;
  using const_buffer = boost::asio::const_buffer;
  template <class Executor>
  using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  template <class Executor>
  using default_token = typename boost::asio::default_completion_token<Executor>::type;

  static error_code eof() { return boost::asio::error::eof; }
  static error_code aborted() { return boost::asio::error::operation_aborted; }
  static error_code to_error_code(Code code) { return boost_asio::make_error_code(code); }
  static error_code failure(const adapter::Engine& engine) { return to_error_code(engine.error()->code); }
  static bool is_eof(const error_code& error) { return error == boost::asio::error::eof; }
  static bool is_would_block(const error_code& error) {
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
  }
  static void throw_if(const error_code& error) {
    if (error) throw boost::system::system_error(error);
  }

  static boost::asio::mutable_buffer buffer(std::span<std::byte> bytes) { return {bytes.data(), bytes.size()}; }
  static boost::asio::const_buffer buffer(std::span<const std::byte> bytes) { return {bytes.data(), bytes.size()}; }
  static std::span<std::byte> bytes(boost::asio::mutable_buffer buffer) {
    return {static_cast<std::byte*>(buffer.data()), buffer.size()};
  }
  static std::span<const std::byte> bytes(boost::asio::const_buffer buffer) {
    return {static_cast<const std::byte*>(buffer.data()), buffer.size()};
  }
  template <class Buffers>
  static auto begin(const Buffers& buffers) {
    return boost::asio::buffer_sequence_begin(buffers);
  }
  template <class Buffers>
  static auto end(const Buffers& buffers) {
    return boost::asio::buffer_sequence_end(buffers);
  }

  template <class Signature, class Operation, class Token, class Object>
  static auto compose(Operation operation, Token& token, Object& object) {
    return boost::asio::async_compose<Token, Signature>(std::move(operation), token, object);
  }
  template <class Handler>
  static void post(Handler handler) {
    boost::asio::post(std::move(handler));
  }
  template <class Self>
  static bool is_cancelled(const Self& self) {
    // Newer versions of Boost.Asio than 1.18 can cancel single operations.
    if constexpr (requires { self.get_cancellation_state().cancelled(); })
      return static_cast<int>(self.get_cancellation_state().cancelled()) != 0;
    return false;
  }
};

/// Speaks TLS over `NextLayer`, any stream of Boost.Asio or Boost.Beast; the same class as `sotto::asio::Stream`, whose
/// contract it shares.
template <class NextLayer>
class Stream : public adapter::Stream<Net, NextLayer> {
 public:
  using adapter::Stream<Net, NextLayer>::Stream;
};

template <class Next, class Config, class... Rest>
Stream(Next&&, Config&&, Rest&&...) -> Stream<Next>;

/// Ends a WebSocket's transport, for Boost.Beast, which finds it by argument-dependent lookup.
template <class NextLayer>
void teardown(boost::beast::role_type, Stream<NextLayer>& stream, boost::system::error_code& error) {
  stream.shutdown(error);
}
/// Does the same asynchronously.
template <class NextLayer, class Handler>
void async_teardown(boost::beast::role_type, Stream<NextLayer>& stream, Handler&& handler) {
  stream.async_shutdown(std::forward<Handler>(handler));
}

}  // namespace sotto::inline v0::boost_asio

namespace sotto::inline v0 {
/// Compares an error code of Boost with one of libsotto's.
inline bool operator==(const boost::system::error_code& error, Code code) {
  return error == boost_asio::make_error_code(code);
}
}  // namespace sotto::inline v0
