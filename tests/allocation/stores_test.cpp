// Stores that outlive a connection are in order after memory ran out in one of them.
#include <gtest/gtest.h>

#include <new>

#include <sotto/early_data.hpp>
#include <sotto/session.hpp>

#include "allocation/shortage.hpp"

namespace sotto::allocation {
namespace {

/// Makes each allocation of `use` fail in turn; says after each what has come of it.
template <class Make, class Use, class Check>
void fail_each(const Make& make, const Use& use, const Check& check) {
  for (std::size_t number = 1;; ++number) {
    const auto store = make();
    {
      const Shortage shortage(Heap::cpp, Failing::once, number);
      try {
        inside([&] { use(*store); });
      } catch (const std::bad_alloc&) {
        // as it should be
      }
      if (!Shortage::came()) {
        EXPECT_GT(number, 1u);
        return;
      }
    }
    check(*store);
  }
}

TEST(StoresWithoutMemory, include_a_replay_guard_whose_room_comes_back) {
  const auto now = EarlyDataAttempt::Time(std::chrono::hours(1000));
  const auto attempt = [](std::uint8_t id, EarlyDataAttempt::Time when) {
    EarlyDataAttempt made;
    made.id.fill(static_cast<std::byte>(id));
    made.now = made.ticket_issued = when;
    made.valid_until = when + std::chrono::seconds(10);
    return made;
  };
  fail_each([&] { return make_memory_replay_guard(1, now); },
            [&](ReplayGuard& guard) { (void)guard.is_first(attempt(1, now)); },
            [&](ReplayGuard& guard) { EXPECT_TRUE(guard.is_first(attempt(2, now + std::chrono::minutes(1)))); });
}

TEST(StoresWithoutMemory, include_a_server_store_that_keeps_what_comes_next) {
  const auto expires = std::chrono::system_clock::now() + std::chrono::hours(1);
  const std::vector<std::byte> id(32, std::byte{1});
  const std::vector<std::byte> sealed(100, std::byte{2});
  const std::vector<std::byte> other(32, std::byte{3});
  fail_each([] { return make_memory_server_session_store(2); },
            [&](ServerSessionStore& store) { store.put(id, sealed, expires); },
            [&](ServerSessionStore& store) {
              store.put(id, sealed, expires);
              store.put(other, sealed, expires);
              EXPECT_TRUE(store.find(id)) << "nothing that nobody can find takes its place";
            });
}

}  // namespace
}  // namespace sotto::allocation
