// What connections of many threads share, used by many threads at once; ThreadSanitizer looks on.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include <sotto/early_data.hpp>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

/// Runs `work(number)` in eight threads at once.
template <class Work>
void in_eight_threads(Work work) {
  std::vector<std::jthread> threads;
  for (int number = 0; number < 8; ++number) threads.emplace_back([=] { work(number); });
}

Policy of(ProtocolVersion version) {
  auto policy = Policy::modern();
  policy.versions = {version};
  return policy;
}

/// Connects again and again in every thread; returns how often a session was resumed.
int count_resumed(const std::shared_ptr<const ClientConfig>& client,
                  const std::shared_ptr<const ServerConfig>& server) {
  std::atomic<int> resumed = 0;
  in_eight_threads([&](int) {
    for (int i = 0; i < 20; ++i) {
      Pair pair(client, server);
      pair.run();
      ASSERT_TRUE(pair.established());
      resumed += pair.server.connection.summary().resumed;
    }
  });
  return resumed;
}

TEST(Threads, resume_each_others_sessions) {
  for (const auto version : {ProtocolVersion::tls13, ProtocolVersion::tls12}) {
    const auto client = client_builder().policy(of(version)).build().value();
    EXPECT_GT(count_resumed(client, server_builder().build().value()), 0);
  }
}

TEST(Threads, resume_sessions_that_the_server_keeps) {
  auto policy = of(ProtocolVersion::tls12);
  policy.tickets = 0;
  const auto client = client_builder().policy(policy).build().value();
  EXPECT_GT(count_resumed(client, server_builder().policy(policy).build().value()), 0);
}

TEST(Threads, rotate_ticket_keys_under_each_others_hands) {
  const auto keys = TicketKeys::generate(std::chrono::seconds(1)).value();
  std::atomic<std::int64_t> seconds = 1'000'000;
  const auto clock = [&] { return std::chrono::system_clock::time_point(std::chrono::seconds(seconds++)); };
  const auto server = server_builder().ticket_keys(keys).clock(clock).build().value();
  in_eight_threads([&](int) {
    const auto client = client_builder().build().value();
    for (int i = 0; i < 20; ++i) {
      Pair pair(client, server);
      pair.run();
      ASSERT_TRUE(pair.established());
    }
  });
}

TEST(Threads, let_early_data_in_once) {
  const auto start = std::chrono::system_clock::now();
  const auto guard = make_memory_replay_guard(65536, start);
  std::atomic<int> accepted = 0;
  in_eight_threads([&](int) {
    for (unsigned number = 0; number < 2000; ++number) {
      EarlyDataAttempt attempt;
      attempt.id[0] = static_cast<std::byte>(number);
      attempt.id[1] = static_cast<std::byte>(number >> 8);
      attempt.ticket_issued = start;
      attempt.now = start + std::chrono::milliseconds(number);
      attempt.valid_until = start + std::chrono::seconds(10);
      accepted += guard->is_first(attempt) ? 1 : 0;
    }
  });
  EXPECT_EQ(accepted, 2000);
}

TEST(Threads, send_early_data_to_one_server) {
  ConnectionOptions early;
  early.early_data = EarlyDataUse::allowed;
  const auto server = server_builder().early_data().build().value();
  const auto client = client_builder().build().value();
  std::atomic<int> accepted = 0;
  in_eight_threads([&](int) {
    for (int i = 0; i < 20; ++i) {
      Pair pair(client, server, "localhost", early, early);
      if (pair.client.connection.early_data_limit() != 0) {
        ASSERT_TRUE(pair.client.connection.write_early(ReplayableData(as_bytes("early")), pair.client.out));
      }
      pair.run();
      ASSERT_TRUE(pair.established());
      accepted += pair.server.early_data == "early" ? 1 : 0;
    }
  });
  EXPECT_GT(accepted, 0);
}

TEST(Threads, swap_the_configuration_while_others_connect) {
  const auto client = client_builder().build().value();
  // Not std::atomic<std::shared_ptr>: in libstdc++ 12 its load unlocks with memory_order_relaxed, a race of its own.
  std::mutex turn;
  std::shared_ptr<const ServerConfig> shared = server_builder().build().value();
  const auto current = [&] {
    const std::scoped_lock lock(turn);
    return shared;
  };
  in_eight_threads([&](int number) {
    for (int i = 0; i < 20; ++i) {
      if (number == 0) {
        auto next = ServerConfig::builder().credential(credential(KeyKind::ed25519)).build().value();
        const std::scoped_lock lock(turn);
        shared.swap(next);
      }
      Pair pair(client, current());
      pair.run();
      ASSERT_TRUE(pair.established());
    }
  });
}

}  // namespace
}  // namespace sotto
