// The memory of what early data was accepted.
#include <gtest/gtest.h>

#include <sotto/early_data.hpp>

namespace sotto {
namespace {

using std::chrono::seconds;

struct Guarded {
  EarlyDataAttempt::Time start{std::chrono::hours(500000)};
  std::shared_ptr<ReplayGuard> guard = make_memory_replay_guard(3, start);

  /// An attempt at `at` seconds with a ticket of `issued`; it could be repeated for ten seconds.
  [[nodiscard]] bool first(int id, int at, int issued = 0) const {
    EarlyDataAttempt attempt;
    attempt.id.front() = static_cast<std::byte>(id);
    attempt.ticket_issued = start + seconds(issued);
    attempt.now = start + seconds(at);
    attempt.valid_until = start + seconds(at + 10);
    return guard->is_first(attempt);
  }
};

TEST(ReplayGuard, knows_what_it_has_seen) {
  const Guarded world;
  EXPECT_TRUE(world.first(1, 0));
  EXPECT_FALSE(world.first(1, 0));
  EXPECT_TRUE(world.first(2, 0));
  EXPECT_FALSE(world.first(1, 5));
}

TEST(ReplayGuard, refuses_what_it_has_no_room_for) {
  const Guarded world;
  for (const int id : {1, 2, 3}) EXPECT_TRUE(world.first(id, 0));
  EXPECT_FALSE(world.first(4, 0));
  EXPECT_FALSE(world.first(4, 10));
  EXPECT_TRUE(world.first(4, 11));
}

TEST(ReplayGuard, refuses_tickets_from_before_it_was_made) {
  const Guarded world;
  EXPECT_FALSE(world.first(1, 100, -1));
  EXPECT_TRUE(world.first(1, 100, 0));
}

TEST(ReplayGuard, is_not_deceived_by_a_clock_that_is_set_back) {
  const Guarded world;
  EXPECT_TRUE(world.first(1, 0));
  EXPECT_TRUE(world.first(2, 100));  // the first one is forgotten
  EXPECT_FALSE(world.first(1, 0));
  EXPECT_TRUE(world.first(3, 1));
}

}  // namespace
}  // namespace sotto
