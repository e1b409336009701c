// clang has coroutines that Asio 1.22 does not know of.
#if defined(__clang__)
#define ASIO_HAS_CO_AWAIT 1
#define ASIO_HAS_STD_COROUTINE 1
#endif

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>

#include <sotto/asio.hpp>

#include "unit/adapters/stream_checks.hpp"

namespace sotto::test {
namespace {

struct Asio {
  using context = ::asio::io_context;
  using socket = ::asio::local::stream_protocol::socket;
  using error_code = std::error_code;
  using const_buffer = ::asio::const_buffer;
  using mutable_buffer = ::asio::mutable_buffer;
  template <class Layer>
  using Stream = sotto::asio::Stream<Layer>;

  static std::pair<socket, socket> connected_pair(context& loop) {
    std::pair<socket, socket> ends{socket(loop), socket(loop)};
    ::asio::local::connect_pair(ends.first, ends.second);
    return ends;
  }
  static const_buffer buffer(const char* data, std::size_t size) { return {data, size}; }
  static mutable_buffer buffer(char* data, std::size_t size) { return {data, size}; }
  static void post(const auto& executor, auto work) { ::asio::post(executor, std::move(work)); }
  static error_code eof() { return ::asio::error::eof; }
  static error_code aborted() { return ::asio::error::operation_aborted; }
  static error_code broken_pipe() { return ::asio::error::broken_pipe; }
  static error_code connection_reset() { return ::asio::error::connection_reset; }
};

using Socket = Asio::socket;
using Stream = sotto::asio::Stream<Socket>;

// What the standard library of Asio asks of streams.
static_assert(std::is_same_v<Stream::next_layer_type, Socket>);
static_assert(std::is_same_v<Stream::lowest_layer_type, Socket::lowest_layer_type>);
static_assert(std::is_same_v<Stream::executor_type, Socket::executor_type>);
static_assert(std::is_nothrow_move_constructible_v<Stream> && !std::is_copy_constructible_v<Stream>);
static_assert(std::is_same_v<decltype(sotto::asio::Stream(std::declval<Socket&>(), server_config())),
                             sotto::asio::Stream<Socket&>>);
static_assert(std::is_same_v<decltype(sotto::asio::Stream(std::declval<Socket>(), server_config())), Stream>);

TEST(AsioStream, a_handshake_agrees_and_authenticates) { a_handshake_agrees_and_authenticates<Asio>(); }
TEST(AsioStream, a_wrong_name_is_refused_and_both_sides_know_why) {
  a_wrong_name_is_refused_and_both_sides_know_why<Asio>();
}
TEST(AsioStream, an_unusable_name_is_reported_by_the_handshake) {
  an_unusable_name_is_reported_by_the_handshake<Asio>();
}
TEST(AsioStream, keys_are_updated_in_the_middle_of_traffic) { keys_are_updated_in_the_middle_of_traffic<Asio>(); }
TEST(AsioStream, a_peer_that_only_reads_still_answers_a_key_update) {
  a_peer_that_only_reads_still_answers_a_key_update<Asio>();
}
TEST(AsioStream, close_notify_is_eof_and_closes_one_direction_only) {
  close_notify_is_eof_and_closes_one_direction_only<Asio>();
}
TEST(AsioStream, both_sides_may_shut_down_at_once) { both_sides_may_shut_down_at_once<Asio>(); }
TEST(AsioStream, a_shutdown_beside_a_read_lets_the_read_end_first) {
  a_shutdown_beside_a_read_lets_the_read_end_first<Asio>();
}
TEST(AsioStream, a_cut_connection_is_truncated_and_not_eof) { a_cut_connection_is_truncated_and_not_eof<Asio>(); }
TEST(AsioStream, a_peer_that_leaves_in_the_middle_of_a_handshake_is_truncated) {
  a_peer_that_leaves_in_the_middle_of_a_handshake_is_truncated<Asio>();
}
TEST(AsioStream, closing_our_socket_ends_a_handshake) { closing_our_socket_ends_a_handshake<Asio>(); }
TEST(AsioStream, garbage_ends_a_handshake_with_its_own_code) { garbage_ends_a_handshake_with_its_own_code<Asio>(); }
TEST(AsioStream, reading_and_writing_wait_for_the_handshake) { reading_and_writing_wait_for_the_handshake<Asio>(); }
TEST(AsioStream, handlers_never_run_inside_the_call_that_starts_the_operation) {
  handlers_never_run_inside_the_call_that_starts_the_operation<Asio>();
}
TEST(AsioStream, many_small_buffers_arrive_in_order) { many_small_buffers_arrive_in_order<Asio>(); }
TEST(AsioStream, a_stream_can_be_moved_between_operations) { a_stream_can_be_moved_between_operations<Asio>(); }
TEST(AsioStream, every_question_can_be_answered_late) { every_question_can_be_answered_late<Asio>(); }
TEST(AsioStream, a_question_that_nobody_answers_ends_the_handshake) {
  a_question_that_nobody_answers_ends_the_handshake<Asio>();
}

TEST(AsioStream, much_data_goes_both_ways_at_once_in_large_pieces) {
  much_data_goes_both_ways_at_once<Asio>(1 << 20, 65536);
}
TEST(AsioStream, much_data_goes_both_ways_at_once_in_small_pieces) { much_data_goes_both_ways_at_once<Asio>(777, 100); }

TEST(AsioStream, completes_futures) {
  Pair<Asio> pair;
  auto work = ::asio::make_work_guard(pair.context);
  std::jthread loop([&] { pair.context.run(); });
  auto server = pair.server.async_handshake(::asio::use_future);
  pair.client.async_handshake(::asio::use_future).get();
  server.get();
  ::asio::async_write(pair.client, ::asio::buffer(std::string("hello")), ::asio::use_future).get();
  std::string text(5, '\0');
  EXPECT_EQ(::asio::async_read(pair.server, ::asio::buffer(text), ::asio::use_future).get(), 5U);
  EXPECT_EQ(text, "hello");
  auto refused = pair.client.async_close(::asio::use_future);
  refused.get();
  auto late = pair.client.async_write_some(::asio::buffer(text), ::asio::use_future);
  EXPECT_THROW(late.get(), std::system_error);
  work.reset();
  pair.context.stop();
}

::asio::awaitable<void> echo_once(Stream& tls) {
  co_await tls.async_handshake(::asio::use_awaitable);
  ::asio::streambuf line;
  co_await ::asio::async_read_until(tls, line, '\n', ::asio::use_awaitable);
  co_await ::asio::async_write(tls, line, ::asio::use_awaitable);
  co_await tls.async_shutdown(::asio::use_awaitable);
}

::asio::awaitable<std::string> ask(Stream& tls) {
  constexpr auto as_tuple = ::asio::experimental::as_tuple(::asio::use_awaitable);
  co_await tls.async_handshake(::asio::use_awaitable);
  const std::string question = "a line\n";
  co_await ::asio::async_write(tls, ::asio::buffer(question), ::asio::use_awaitable);
  std::string answer;
  auto [error, count] = co_await ::asio::async_read(tls, ::asio::dynamic_buffer(answer), as_tuple);
  EXPECT_TRUE(error == ::asio::error::eof) << error.message();
  EXPECT_EQ(count, question.size());
  co_await tls.async_shutdown(::asio::use_awaitable);
  co_return answer;
}

TEST(AsioStream, suspends_coroutines) {
  Pair<Asio> pair;
  auto echoed = ::asio::co_spawn(pair.context, echo_once(pair.server), ::asio::use_future);
  auto answer = ::asio::co_spawn(pair.context, ask(pair.client), ::asio::use_future);
  pair.run();
  echoed.get();
  EXPECT_EQ(answer.get(), "a line\n");
}

TEST(AsioStream, takes_the_default_token_of_its_executor) {
  using Awaiting = ::asio::use_awaitable_t<>::as_default_on_t<Socket>;
  ::asio::io_context context;
  auto [left, right] = Asio::connected_pair(context);
  sotto::asio::Stream server(Awaiting(std::move(left)), server_config());
  sotto::asio::Stream client(std::move(right), client_config(), ServerName("localhost"));
  auto served = ::asio::co_spawn(
      context, [](auto& tls) -> ::asio::awaitable<void> { co_await tls.async_handshake(); }(server),
      ::asio::use_future);
  auto connected = client.async_handshake(::asio::use_future);
  context.run();
  EXPECT_NO_THROW(served.get());
  EXPECT_NO_THROW(connected.get());
}

TEST(AsioStream, runs_handlers_on_the_executor_bound_to_them) {
  Pair<Asio> pair;
  auto strand = ::asio::make_strand(pair.context);
  bool on_strand = false;
  pair.client.async_handshake(
      ::asio::bind_executor(strand, [&](std::error_code) { on_strand = strand.running_in_this_thread(); }));
  pair.server.async_handshake([](std::error_code) {});
  pair.run();
  EXPECT_TRUE(on_strand);
}

TEST(AsioStream, cancels_a_single_operation_and_goes_on) {
  Pair<Asio> pair;
  pair.establish();
  std::string text(5, '\0');
  ::asio::cancellation_signal signal;
  Outcome<Asio> cancelled;
  pair.server.async_read_some(::asio::buffer(text), ::asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
  pair.context.restart();
  pair.context.poll();
  signal.emit(::asio::cancellation_type::terminal);
  pair.run();
  EXPECT_TRUE(cancelled.error == ::asio::error::operation_aborted);

  Outcome<Asio> read;
  pair.server.async_read_some(::asio::buffer(text), read.handler());
  ::asio::async_write(pair.client, ::asio::buffer(std::string_view("hello")), ::asio::detached);
  pair.run();
  EXPECT_FALSE(read.error.value());
  EXPECT_EQ(text, "hello");
}

TEST(AsioStream, cancels_the_wait_for_an_answer) {
  auto late = server_builder();
  late.ask(Ask::signature);
  Pair<Asio> pair(client_config(), late.build().value());
  pair.server.on_question([](Question) {});
  ::asio::cancellation_signal signal;
  Outcome<Asio> server;
  pair.server.async_handshake(::asio::bind_cancellation_slot(signal.slot(), server.handler()));
  pair.client.async_handshake([](std::error_code) {});
  while (pair.context.poll() != 0) continue;
  ASSERT_FALSE(server.error);
  signal.emit(::asio::cancellation_type::terminal);
  pair.client.lowest_layer().close();
  pair.run();
  EXPECT_TRUE(server.error == ::asio::error::operation_aborted);
}

TEST(AsioStream, works_with_blocking_calls) {
  Pair<Asio> pair;
  auto server = std::async(std::launch::async, [&] {
    pair.server.handshake();
    std::string text(5, '\0');
    ::asio::read(pair.server, ::asio::buffer(text));
    ::asio::write(pair.server, ::asio::buffer(text + text));
    pair.server.shutdown();
  });
  pair.client.handshake();
  ::asio::write(pair.client, ::asio::buffer(std::string_view("hello")));
  pair.client.update_keys(Connection::UpdateKeys::both);
  std::string all;
  std::error_code end;
  ::asio::read(pair.client, ::asio::dynamic_buffer(all), end);
  EXPECT_TRUE(end == ::asio::error::eof);
  EXPECT_EQ(all, "hellohello");
  pair.client.shutdown();
  EXPECT_NO_THROW(server.get());
}

TEST(AsioStream, throws_its_codes_from_blocking_calls) {
  Pair<Asio> pair(client_config(), server_config(), "elsewhere.example");
  auto server = std::async(std::launch::async, [&] {
    std::error_code error;
    pair.server.handshake(error);
    return error;
  });
  try {
    pair.client.handshake();
    FAIL() << "a wrong name was accepted";
  } catch (const std::system_error& error) {
    EXPECT_TRUE(error.code() == Code::certificate_wrong_name);
    EXPECT_STREQ(error.code().category().name(), "sotto");
    EXPECT_NE(error.code().message().find("another name"), std::string::npos) << error.code().message();
  }
  EXPECT_TRUE(server.get() == Code::peer_alert);
}

TEST(AsioStream, repeats_a_non_blocking_write_that_would_have_blocked) {
  Pair<Asio> pair;
  pair.establish();
  pair.client.next_layer().non_blocking(true);
  const auto data = some_data(1 << 20);
  std::string received;
  std::vector<char> buffer(1 << 16);
  std::size_t sent = 0;
  unsigned blocked = 0;
  while (sent < data.size()) {
    std::error_code error;
    sent += pair.client.write_some(::asio::buffer(data.data() + sent, data.size() - sent), error);
    if (!error) continue;
    ASSERT_TRUE(error == ::asio::error::would_block) << error.message();
    ++blocked;
    received.append(buffer.data(), pair.server.read_some(::asio::buffer(buffer)));
  }
  while (received.size() < data.size()) received.append(buffer.data(), pair.server.read_some(::asio::buffer(buffer)));
  EXPECT_GT(blocked, 0U);
  EXPECT_TRUE(received == data);
}

TEST(AsioStream, refers_to_a_socket_that_somebody_else_owns) {
  ::asio::io_context context;
  auto [left, right] = Asio::connected_pair(context);
  Outcome<Asio> client_end;
  Outcome<Asio> server_end;
  {
    sotto::asio::Stream client(left, client_config(), ServerName("localhost"));
    sotto::asio::Stream server(right, server_config());
    EXPECT_EQ(&client.next_layer(), &left);
    client.async_handshake(client_end.handler());
    server.async_handshake(server_end.handler());
    context.run();
  }
  EXPECT_FALSE(client_end.error.value());
  EXPECT_FALSE(server_end.error.value());
  EXPECT_TRUE(left.is_open());
}

TEST(AsioStream, carries_tls_inside_tls) {
  Pair<Asio> pair;
  pair.establish();
  sotto::asio::Stream client(pair.client, client_config(), ServerName("localhost"));
  sotto::asio::Stream server(pair.server, server_config());
  Outcome<Asio> client_end;
  Outcome<Asio> server_end;
  client.async_handshake(client_end.handler());
  server.async_handshake(server_end.handler());
  pair.run();
  EXPECT_FALSE(client_end.error.value());
  EXPECT_FALSE(server_end.error.value());
}

}  // namespace
}  // namespace sotto::test
