#include "crypto/random.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

Bytes draw(std::size_t count) {
  Bytes bytes(count);
  EXPECT_TRUE(fill_random(bytes));
  return bytes;
}

TEST(Random, never_repeats_itself_within_or_across_batches) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(to_hex(draw(32))).second);
}

TEST(Random, fills_every_length_to_its_end) {
  for (const std::size_t length : {1U, 16U, 127U, 128U, 129U, 512U, 5000U}) {
    // The last octet stays zero in all of 40 draws with a chance of 2^-320.
    std::uint8_t last = 0;
    for (int i = 0; i < 40; ++i) last = static_cast<std::uint8_t>(last | draw(length).back());
    EXPECT_NE(last, 0) << length;
  }
  EXPECT_TRUE(fill_random({}));
}

TEST(Random, two_threads_get_different_octets) {
  Bytes here = draw(32);
  Bytes there;
  std::thread([&] { there = draw(32); }).join();
  EXPECT_NE(here, there);
}

// What was drawn ahead before a fork belongs to the parent alone.
TEST(Random, a_child_gets_other_octets_than_its_parent) {
  draw(16);  // the pool is full of what comes next
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto child = fork();
  if (child == 0) {
    Bytes drawn(32);
    const bool done = fill_random(drawn) && write(ends[1], drawn.data(), drawn.size()) == 32;
    _exit(done ? 0 : 1);
  }
  const auto ours = draw(32);
  Bytes theirs(32);
  EXPECT_EQ(read(ends[0], theirs.data(), theirs.size()), 32);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(ours, theirs);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace sotto::crypto
