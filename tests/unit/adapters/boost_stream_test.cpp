// clang has coroutines that Boost 1.74 does not know of.
#if defined(__clang__)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core/stream_traits.hpp>

#include <sotto/boost_asio.hpp>

#include "unit/adapters/boost_flavour.hpp"
#include "unit/adapters/stream_checks.hpp"

namespace sotto::test {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;

using Socket = Boost::socket;
using Stream = boost_asio::Stream<Socket>;

static_assert(beast::is_async_stream<Stream>::value && beast::is_sync_stream<Stream>::value);

TEST(BoostStream, a_handshake_agrees_and_authenticates) { a_handshake_agrees_and_authenticates<Boost>(); }
TEST(BoostStream, a_wrong_name_is_refused_and_both_sides_know_why) {
  a_wrong_name_is_refused_and_both_sides_know_why<Boost>();
}
TEST(BoostStream, an_unusable_name_is_reported_by_the_handshake) {
  an_unusable_name_is_reported_by_the_handshake<Boost>();
}
TEST(BoostStream, keys_are_updated_in_the_middle_of_traffic) { keys_are_updated_in_the_middle_of_traffic<Boost>(); }
TEST(BoostStream, a_peer_that_only_reads_still_answers_a_key_update) {
  a_peer_that_only_reads_still_answers_a_key_update<Boost>();
}
TEST(BoostStream, close_notify_is_eof_and_closes_one_direction_only) {
  close_notify_is_eof_and_closes_one_direction_only<Boost>();
}
TEST(BoostStream, both_sides_may_shut_down_at_once) { both_sides_may_shut_down_at_once<Boost>(); }
TEST(BoostStream, a_shutdown_beside_a_read_lets_the_read_end_first) {
  a_shutdown_beside_a_read_lets_the_read_end_first<Boost>();
}
TEST(BoostStream, a_cut_connection_is_truncated_and_not_eof) { a_cut_connection_is_truncated_and_not_eof<Boost>(); }
TEST(BoostStream, a_peer_that_leaves_in_the_middle_of_a_handshake_is_truncated) {
  a_peer_that_leaves_in_the_middle_of_a_handshake_is_truncated<Boost>();
}
TEST(BoostStream, closing_our_socket_ends_a_handshake) { closing_our_socket_ends_a_handshake<Boost>(); }
TEST(BoostStream, garbage_ends_a_handshake_with_its_own_code) { garbage_ends_a_handshake_with_its_own_code<Boost>(); }
TEST(BoostStream, reading_and_writing_wait_for_the_handshake) { reading_and_writing_wait_for_the_handshake<Boost>(); }
TEST(BoostStream, handlers_never_run_inside_the_call_that_starts_the_operation) {
  handlers_never_run_inside_the_call_that_starts_the_operation<Boost>();
}
TEST(BoostStream, many_small_buffers_arrive_in_order) { many_small_buffers_arrive_in_order<Boost>(); }
TEST(BoostStream, a_stream_can_be_moved_between_operations) { a_stream_can_be_moved_between_operations<Boost>(); }
TEST(BoostStream, every_question_can_be_answered_late) { every_question_can_be_answered_late<Boost>(); }
TEST(BoostStream, a_question_that_nobody_answers_ends_the_handshake) {
  a_question_that_nobody_answers_ends_the_handshake<Boost>();
}

TEST(BoostStream, much_data_goes_both_ways_at_once_in_large_pieces) {
  much_data_goes_both_ways_at_once<Boost>(1 << 20, 65536);
}
TEST(BoostStream, much_data_goes_both_ways_at_once_in_small_pieces) {
  much_data_goes_both_ways_at_once<Boost>(777, 100);
}

net::awaitable<void> echo_once(Stream& tls) {
  co_await tls.async_handshake(net::use_awaitable);
  std::string line;
  co_await net::async_read_until(tls, net::dynamic_buffer(line), '\n', net::use_awaitable);
  co_await net::async_write(tls, net::buffer(line), net::use_awaitable);
  co_await tls.async_shutdown(net::use_awaitable);
}

net::awaitable<std::string> ask(Stream& tls) {
  co_await tls.async_handshake(net::use_awaitable);
  const std::string question = "a line\n";
  co_await net::async_write(tls, net::buffer(question), net::use_awaitable);
  std::string answer(question.size(), '\0');
  co_await net::async_read(tls, net::buffer(answer), net::use_awaitable);
  co_await tls.async_shutdown(net::use_awaitable);
  co_return answer;
}

TEST(BoostStream, suspends_coroutines) {
  Pair<Boost> pair;
  auto echoed = net::co_spawn(pair.context, echo_once(pair.server), net::use_future);
  auto answer = net::co_spawn(pair.context, ask(pair.client), net::use_future);
  pair.run();
  echoed.get();
  EXPECT_EQ(answer.get(), "a line\n");
}

TEST(BoostStream, gives_its_codes_the_same_name_and_sentences) {
  const auto error = boost_asio::make_error_code(Code::truncated);
  EXPECT_STREQ(error.category().name(), "sotto");
  EXPECT_EQ(error.message(), sotto::make_error_code(Code::truncated).message());
  EXPECT_TRUE(error == Code::truncated);
  EXPECT_TRUE(error != Code::closed);
}

}  // namespace
}  // namespace sotto::test
