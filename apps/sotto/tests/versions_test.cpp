#include <string>

#include <gtest/gtest.h>

#include "versions.hpp"

namespace program {
namespace {

using enum sotto::ProtocolVersion;

sotto::Policy modern_within(const std::string& min, const std::string& max) {
  auto policy = sotto::Policy::modern();
  keep_versions(policy, {min, max});
  return policy;
}

TEST(Versions, stay_where_nothing_is_said) {
  auto policy = sotto::Policy::modern();
  keep_versions(policy, {});
  EXPECT_EQ(policy.versions, sotto::Policy::modern().versions);
  EXPECT_EQ(policy.signature_schemes, sotto::Policy::modern().signature_schemes);
}

TEST(Versions, outside_the_range_are_taken_out_and_the_policy_stays_usable) {
  EXPECT_EQ(modern_within("tls1.3", "tls1.3").versions, std::vector{tls13});
  EXPECT_EQ(modern_within("tls1.2", "tls1.2").versions, std::vector{tls12});
  EXPECT_TRUE(modern_within("tls1.3", "tls1.3").check());
  EXPECT_TRUE(modern_within("tls1.2", "tls1.2").check());
}

TEST(Versions, are_named_with_their_flag_when_they_are_none) {
  const auto checked = check_versions({"tls1.2", "tls1.4"}, "--min-version", "--max-version");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().sentence, "--max-version: 'tls1.4' is no version; use tls1.2 or tls1.3");
}

TEST(Versions, in_the_wrong_order_are_refused) {
  EXPECT_TRUE(check_versions({"tls1.2", "tls1.2"}, "min_version", "max_version"));
  EXPECT_FALSE(check_versions({"tls1.3", "tls1.2"}, "min_version", "max_version"));
}

}  // namespace
}  // namespace program
