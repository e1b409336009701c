// Early data recorded on the wire and sent again: RFC 8446, 8 and E.5.
#include "attack/scene.hpp"
#include "handshake/config.hpp"
#include "support/early_data.hpp"

namespace sotto::attack {
namespace {

/// Gives a server of `world` the flight of `octets` and returns what it took for early data.
std::string replay(const World& world, std::span<const std::byte> octets, EarlyDataReason reason) {
  End server(Connection::server(world.server_config, allowed()).value());
  server.in.append(octets);
  server.run();
  EXPECT_FALSE(server.error);
  EXPECT_TRUE(server.early_answer);
  if (server.early_answer) {
    EXPECT_EQ(to_string(server.early_answer->reason), to_string(reason));
  }
  return server.early_data;
}

TEST(EarlyDataReplay, of_the_same_flight_is_accepted_once) {
  const World world;
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  const std::vector<std::byte> flight(pair.client.out.readable().begin(), pair.client.out.readable().end());
  EXPECT_EQ(replay(world, flight, EarlyDataReason::accepted), request);
  EXPECT_EQ(replay(world, flight, EarlyDataReason::replayed), "");
  *world.now += seconds(9);
  EXPECT_EQ(replay(world, flight, EarlyDataReason::replayed), "");
  *world.now += seconds(2);
  EXPECT_EQ(replay(world, flight, EarlyDataReason::ticket_age_skew), "");
}

TEST(EarlyDataReplay, at_the_very_end_of_its_time_is_rejected) {
  // Clocks tell more than the milliseconds of tickets and ages: RFC 8446, 8.2 has all of the window guarded.
  World world;
  *world.now = std::chrono::floor<milliseconds>(*world.now);
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  const std::vector<std::byte> flight(pair.client.out.readable().begin(), pair.client.out.readable().end());
  EXPECT_EQ(replay(world, flight, EarlyDataReason::accepted), request);
  *world.now += world.server_config->impl().policy.limits.early_data_age_skew;
  EXPECT_EQ(replay(world, flight, EarlyDataReason::replayed), "");
  *world.now += std::chrono::microseconds(999);
  EXPECT_EQ(replay(world, flight, EarlyDataReason::replayed), "");
  *world.now += std::chrono::microseconds(1);
  EXPECT_EQ(replay(world, flight, EarlyDataReason::ticket_age_skew), "");
}

TEST(EarlyDataReplay, after_a_restart_is_rejected) {
  World world;
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  const std::vector<std::byte> flight(pair.client.out.readable().begin(), pair.client.out.readable().end());
  EXPECT_EQ(replay(world, flight, EarlyDataReason::accepted), request);
  *world.now += milliseconds(5);
  world.server_config = world.server().build().value();  // the same ticket keys, and a guard that remembers nothing
  EXPECT_EQ(replay(world, flight, EarlyDataReason::replayed), "");
}

TEST(EarlyDataReplay, at_another_server_is_rejected_where_both_share_a_guard) {
  World world;
  const auto guard = make_memory_replay_guard(100, *world.now);
  world.server_config = world.server().early_data(1000, guard).build().value();
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  const std::vector<std::byte> flight(pair.client.out.readable().begin(), pair.client.out.readable().end());
  EXPECT_EQ(replay(world, flight, EarlyDataReason::accepted), request);
  world.server_config = world.server().early_data(1000, guard).build().value();
  EXPECT_EQ(replay(world, flight, EarlyDataReason::replayed), "");
}

TEST(EarlyDataReplay, is_a_question_that_can_be_answered_elsewhere) {
  for (const auto verdict : {FirstTime::yes, FirstTime::no}) {
    World world;
    world.meet();
    world.server_config = world.server().ask(Ask::replay).build().value();
    auto pair = world.pair();
    write_early(pair);
    pair.run();
    ASSERT_EQ(pair.server.questions.size(), 1U);
    const auto& question = pair.server.questions.front();
    const auto& attempt = std::get<ReplayQuestion>(question.what).attempt;
    EXPECT_EQ(attempt.now, *world.now);
    EXPECT_EQ(pair.server.early_data, "");
    ASSERT_TRUE(pair.server.connection.answer(question.id, verdict, pair.server.out));
    pair.run();
    ASSERT_TRUE(pair.established());
    EXPECT_EQ(pair.server.early_data, verdict == FirstTime::yes ? request : "");
  }
}

}  // namespace
}  // namespace sotto::attack
