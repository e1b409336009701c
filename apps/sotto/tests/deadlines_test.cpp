#include "proxy/deadlines.hpp"

#include <map>

#include <gtest/gtest.h>

namespace program {
namespace {

using std::chrono::seconds;

class DeadlinesTest : public testing::Test {
 protected:
  std::vector<std::uint64_t> expired(seconds now) {
    const auto find = [this](std::uint64_t id) {
      const auto found = connections_.find(id);
      return found == connections_.end() ? nullptr : &found->second;
    };
    std::vector<std::uint64_t> ids;
    while (const auto id = deadlines_.take_expired(at(now), find)) ids.push_back(*id);
    return ids;
  }
  void set(std::uint64_t id, seconds when) { deadlines_.set(id, connections_[id], at(when)); }
  static Deadline::Time at(seconds when) { return Deadline::Time(when); }

  Deadlines deadlines_;
  std::map<std::uint64_t, Deadline> connections_;
};

TEST_F(DeadlinesTest, reports_a_connection_once_when_its_time_is_up) {
  set(1, seconds(10));
  EXPECT_TRUE(expired(seconds(9)).empty());
  EXPECT_EQ(expired(seconds(10)), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(expired(seconds(20)).empty());
}

TEST_F(DeadlinesTest, follows_a_deadline_that_moved_later) {
  set(1, seconds(10));
  set(1, seconds(30));
  EXPECT_TRUE(expired(seconds(15)).empty());
  EXPECT_EQ(deadlines_.next(), at(seconds(30)));
  EXPECT_EQ(expired(seconds(30)), std::vector<std::uint64_t>{1});
}

TEST_F(DeadlinesTest, follows_a_deadline_that_moved_earlier) {
  set(1, seconds(100));
  set(1, seconds(5));
  EXPECT_EQ(expired(seconds(5)), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(expired(seconds(200)).empty()) << "the later entry is void";
}

TEST_F(DeadlinesTest, forgets_connections_that_are_gone) {
  set(1, seconds(10));
  set(2, seconds(10));
  connections_.erase(1);
  EXPECT_EQ(expired(seconds(10)), std::vector<std::uint64_t>{2});
}

TEST_F(DeadlinesTest, can_be_set_again_after_it_passed) {
  set(1, seconds(10));
  EXPECT_EQ(expired(seconds(10)).size(), 1u);
  set(1, seconds(12));
  EXPECT_EQ(expired(seconds(12)), std::vector<std::uint64_t>{1});
}

}  // namespace
}  // namespace program
