#include "crypto/constant_time.hpp"

#include <gtest/gtest.h>

namespace sotto::crypto::constant_time {
namespace {

constexpr std::uint64_t ones = ~std::uint64_t{0};
constexpr std::uint64_t numbers[] = {
    0, 1, 2, 254, 255, 256, 1U << 14, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, ones - 1, ones};

TEST(ConstantTime, compares_as_the_language_does) {
  for (const auto left : numbers) {
    EXPECT_EQ(is_zero(left), left == 0 ? ones : 0);
    for (const auto right : numbers) {
      EXPECT_EQ(are_equal(left, right), left == right ? ones : 0) << left << ' ' << right;
      EXPECT_EQ(is_less(left, right), left < right ? ones : 0) << left << ' ' << right;
      EXPECT_EQ(is_at_least(left, right), left >= right ? ones : 0) << left << ' ' << right;
    }
  }
}

TEST(ConstantTime, selects_by_the_mask) {
  EXPECT_EQ(select(ones, 3, 5), 3U);
  EXPECT_EQ(select(0, 3, 5), 5U);
  EXPECT_EQ(select_octet(ones, 0xff, 0), 0xff);
  EXPECT_EQ(select_octet(0, 0xff, 0), 0);
}

TEST(ConstantTime, octets_are_the_same_if_every_one_is_and_none_is_missing) {
  const Bytes octets{1, 2, 3};
  EXPECT_EQ(are_same(octets, octets), ones);
  EXPECT_EQ(are_same({}, {}), ones);
  EXPECT_EQ(are_same(octets, View(octets).first(2)), 0U);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    auto other = octets;
    other[i] = static_cast<std::uint8_t>(other[i] ^ 0x80U);
    EXPECT_EQ(are_same(octets, other), 0U);
  }
}

}  // namespace
}  // namespace sotto::crypto::constant_time
