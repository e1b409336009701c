#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include <sotto/adapter/engine.hpp>

#include "unit/adapters/configs.hpp"

namespace sotto::test {
namespace {

using adapter::Engine;
using adapter::Next;

/// Moves at most `most` octets of output from one engine into the other, as a transport does.
std::size_t deliver(Engine& from, Engine& to, std::size_t most = 100'000) {
  if (!from.has_output()) return 0;
  const auto bytes = from.begin_write();
  const auto room = to.begin_read();
  const auto count = std::min({bytes.size(), room.size(), most});
  std::copy_n(bytes.begin(), count, room.begin());
  from.end_write(count);
  to.end_read(count);
  return count;
}

struct Engines {
  Engine client{client_config(), ServerName("localhost"), {}};
  Engine server{server_config(), {}};

  void shake_hands(std::size_t slice = 100'000) {
    while (!client.is_established() || !server.is_established() || client.has_output() || server.has_output()) {
      const auto client_next = client.handshake().next;
      const auto server_next = server.handshake().next;
      ASSERT_TRUE(client_next != Next::failed && server_next != Next::failed);
      const auto moved = deliver(client, server, slice) + deliver(server, client, slice);
      ASSERT_TRUE(moved != 0 || (client_next == Next::done && server_next == Next::done));
    }
    EXPECT_EQ(client.handshake().next, Next::done);
    EXPECT_EQ(server.handshake().next, Next::done);
  }
};

TEST(Engine, shakes_hands_octet_by_octet) {
  Engines engines;
  engines.shake_hands(1);
}

TEST(Engine, reads_a_record_in_pieces_and_several_records_at_once) {
  Engines engines;
  engines.shake_hands();
  EXPECT_EQ(engines.client.write(as_bytes("one ")).count, 4U);
  EXPECT_EQ(engines.client.write(as_bytes("two")).count, 3U);
  EXPECT_EQ(engines.client.flush().next, Next::write_output);
  deliver(engines.client, engines.server);
  EXPECT_EQ(engines.client.flush().next, Next::done);

  std::string text(6, '\0');
  auto into = std::as_writable_bytes(std::span(text));
  EXPECT_EQ(engines.server.read(into.first(2)).count, 2U);
  EXPECT_EQ(engines.server.read(into.subspan(2)).count, 4U) << "what has arrived, over the border of records";
  EXPECT_EQ(text, "one tw");
  EXPECT_EQ(engines.server.read(into).count, 1U);
  EXPECT_EQ(engines.server.read(into).next, Next::read_input);
}

TEST(Engine, keeps_what_is_being_sent_in_place_while_more_is_queued) {
  Engines engines;
  engines.shake_hands();
  (void)engines.client.write(as_bytes("first"));
  const auto sending = engines.client.begin_write();
  const std::vector<std::byte> before(sending.begin(), sending.end());
  for (int i = 0; i < 100; ++i) (void)engines.client.write(as_bytes(std::string(1000, 'x')));
  EXPECT_TRUE(std::equal(sending.begin(), sending.end(), before.begin(), before.end()));
  engines.client.end_write(0);
  EXPECT_EQ(engines.client.begin_write().data(), sending.data())
      << "and sends it first, however often it is interrupted";
}

TEST(Engine, delivers_data_before_the_end_and_the_end_again_and_again) {
  Engines engines;
  engines.shake_hands();
  (void)engines.client.write(as_bytes("data"));
  EXPECT_EQ(engines.client.close().next, Next::write_output);
  deliver(engines.client, engines.server);
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(engines.server.read(buffer).count, 4U);
  EXPECT_EQ(engines.server.read(buffer).next, Next::ended);
  EXPECT_EQ(engines.server.read(buffer).next, Next::ended);
  engines.server.input_ended();
  EXPECT_EQ(engines.server.read(buffer).next, Next::ended) << "the transport may end now";
}

TEST(Engine, delivers_data_before_a_failure_and_the_alert_before_the_error) {
  Engines engines;
  engines.shake_hands();
  (void)engines.client.write(as_bytes("good"));
  deliver(engines.client, engines.server);
  (void)engines.client.write(as_bytes("bad"));
  const auto bytes = engines.client.begin_write();
  const auto room = engines.server.begin_read();
  std::copy(bytes.begin(), bytes.end(), room.begin());
  room[bytes.size() - 1] ^= std::byte{1};
  engines.server.end_read(bytes.size());
  engines.client.end_write(bytes.size());

  std::array<std::byte, 100> buffer;
  EXPECT_EQ(engines.server.read(buffer).count, 4U);
  EXPECT_EQ(engines.server.read(buffer).next, Next::write_output);
  deliver(engines.server, engines.client);
  EXPECT_EQ(engines.server.read(buffer).next, Next::failed);
  EXPECT_EQ(engines.server.error()->code, Code::bad_record_mac);
  EXPECT_EQ(engines.server.write(as_bytes("more")).next, Next::failed);
  EXPECT_EQ(engines.client.read(buffer).next, Next::failed);
  EXPECT_EQ(engines.client.error()->alert, Alert::bad_record_mac);
}

TEST(Engine, reports_a_misplaced_call_and_goes_on) {
  Engines engines;
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(engines.client.read(buffer).next, Next::failed);
  EXPECT_EQ(engines.client.error()->code, Code::wrong_state);
  EXPECT_FALSE(engines.client.is_broken());
  EXPECT_EQ(engines.server.write(as_bytes("early")).next, Next::failed);
  engines.shake_hands();
}

TEST(Engine, reads_what_has_arrived_although_a_write_found_the_output_lost) {
  Engines engines;
  engines.shake_hands();
  (void)engines.server.write(as_bytes("answer"));
  (void)engines.client.write(as_bytes("question"));
  ASSERT_TRUE(engines.client.lose_output());
  deliver(engines.server, engines.client);
  EXPECT_EQ(engines.client.write(as_bytes("more")).next, Next::failed);
  EXPECT_EQ(engines.client.error()->code, Code::io_failed);
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(engines.client.read(buffer).count, 6U);
}

TEST(Engine, tells_the_peer_when_what_it_asks_throws) {
  const auto asking = ServerConfig::builder().credential(credential()).ask(Ask::credential).build().value();
  Engine client{client_config(), ServerName("localhost"), {}};
  Engine server{asking, {}};
  server.on_question([](const Question&) { throw std::runtime_error("a fault of the application"); });
  EXPECT_EQ(client.handshake().next, Next::read_input);
  deliver(client, server);
  EXPECT_EQ(server.handshake().next, Next::write_output);
  deliver(server, client);
  EXPECT_EQ(server.handshake().next, Next::failed);
  EXPECT_EQ(server.error()->code, Code::internal_error);
  EXPECT_EQ(client.handshake().next, Next::failed);
  EXPECT_EQ(client.error()->alert, Alert::internal_error);
}

TEST(Engine, throws_data_away_while_it_shuts_down) {
  Engines engines;
  engines.shake_hands();
  EXPECT_EQ(engines.client.shutdown().next, Next::write_output);
  deliver(engines.client, engines.server);
  EXPECT_EQ(engines.client.shutdown().next, Next::read_input);
  (void)engines.server.write(as_bytes(std::string(40'000, 'x')));
  EXPECT_EQ(engines.server.close().next, Next::write_output);
  while (deliver(engines.server, engines.client) != 0) {
    const auto next = engines.client.shutdown().next;
    EXPECT_TRUE(next == (engines.server.has_output() ? Next::read_input : Next::done));
  }
}

TEST(Engine, is_idle_between_records_and_not_inside_one) {
  Engines engines;
  engines.shake_hands();
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(engines.server.read(buffer).next, Next::read_input);
  EXPECT_TRUE(engines.server.is_idle());
  (void)engines.client.write(as_bytes("data"));
  deliver(engines.client, engines.server, 7);
  EXPECT_EQ(engines.server.read(buffer).next, Next::read_input);
  EXPECT_FALSE(engines.server.is_idle());
  deliver(engines.client, engines.server);
  EXPECT_EQ(engines.server.read(buffer).count, 4U);
  EXPECT_EQ(engines.server.read(buffer).next, Next::read_input);
  EXPECT_TRUE(engines.server.is_idle());
}

}  // namespace
}  // namespace sotto::test
