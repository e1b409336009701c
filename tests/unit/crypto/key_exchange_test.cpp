#include "crypto/key_exchange.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <thread>

#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

constexpr auto groups = std::to_array<NamedGroup>(
    {NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1});
constexpr auto curves =
    std::to_array<NamedGroup>({NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1});

TEST(KeyExchange, both_sides_agree_on_the_same_secret) {
  for (const auto group : groups) {
    const auto alice = KeyExchange::generate(group);
    const auto bob = KeyExchange::generate(group);
    ASSERT_TRUE(alice && bob) << to_string(group);
    const auto hers = alice->agree(bob->public_value());
    const auto his = bob->agree(alice->public_value());
    ASSERT_TRUE(hers && his) << to_string(group);
    EXPECT_TRUE(same(hers->view(), his->view()));
  }
}

TEST(KeyExchange, public_values_and_secrets_have_the_lengths_of_rfc8446) {
  const std::size_t values[] = {32, 65, 97, 133};
  const std::size_t secrets[] = {32, 32, 48, 66};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto ours = KeyExchange::generate(groups[i]);
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->public_value().size(), values[i]);
    EXPECT_EQ(ours->agree(ours->public_value())->size(), secrets[i]);
  }
}

TEST(KeyExchange, no_two_pairs_are_the_same) {
  for (const auto group : groups)
    EXPECT_FALSE(same(KeyExchange::generate(group)->public_value(), KeyExchange::generate(group)->public_value()));
}

// RFC 7748, 6.1.
TEST(KeyExchange, computes_the_vector_of_rfc7748) {
  const auto alice = KeyExchange::from_private_key(
      NamedGroup::x25519, from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  ASSERT_TRUE(alice);
  EXPECT_EQ(to_hex(alice->public_value()), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  const auto secret = alice->agree(from_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  ASSERT_TRUE(secret);
  EXPECT_EQ(to_hex(secret->view()), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(KeyExchange, refuses_points_that_are_not_on_the_curve) {
  for (const auto group : curves) {
    const auto ours = KeyExchange::generate(group);
    auto value = own(KeyExchange::generate(group)->public_value());
    value.back() = static_cast<std::uint8_t>(value.back() ^ 1U);
    EXPECT_EQ(ours->agree(value).error().code, Code::bad_key_share) << to_string(group);
    // The next good point is taken as ever.
    EXPECT_TRUE(ours->agree(ours->public_value()));
    Bytes zeros(value.size());
    zeros[0] = 4;
    EXPECT_EQ(ours->agree(zeros).error().code, Code::bad_key_share);
    Bytes ones(value.size(), 0xff);
    ones[0] = 4;
    EXPECT_EQ(ours->agree(ones).error().code, Code::bad_key_share);
  }
}

TEST(KeyExchange, refuses_every_form_of_a_point_but_the_uncompressed_one) {
  for (const auto group : curves) {
    const auto ours = KeyExchange::generate(group);
    const auto value = own(ours->public_value());
    for (const std::uint8_t form : {0, 1, 2, 3, 5, 6, 7, 255}) {
      auto changed = value;
      changed[0] = form;
      EXPECT_EQ(ours->agree(changed).error().code, Code::bad_key_share) << int{form};
    }
    Bytes compressed(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(1 + value.size() / 2));
    compressed[0] = static_cast<std::uint8_t>(2 | (value.back() & 1U));
    EXPECT_EQ(ours->agree(compressed).error().code, Code::bad_key_share);
    EXPECT_EQ(ours->agree(Bytes{0}).error().code, Code::bad_key_share) << "the point at infinity";
  }
}

TEST(KeyExchange, refuses_every_other_length) {
  for (const auto group : groups) {
    const auto ours = KeyExchange::generate(group);
    auto value = own(ours->public_value());
    value.push_back(0);
    EXPECT_EQ(ours->agree(value).error().code, Code::bad_key_share);
    value.resize(value.size() - 2);
    EXPECT_EQ(ours->agree(value).error().code, Code::bad_key_share);
    EXPECT_EQ(ours->agree({}).error().code, Code::bad_key_share);
  }
}

// RFC 8446, 7.4.2: the all-zero value must be refused; these points have a small order.
TEST(KeyExchange, refuses_an_all_zero_result_of_x25519) {
  const auto ours = KeyExchange::generate(NamedGroup::x25519);
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"}) {
    EXPECT_EQ(ours->agree(from_hex(point)).error().code, Code::bad_key_share) << point;
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

TEST(KeyExchange, works_on_a_thread_that_ends_at_once) {
  const auto ours = KeyExchange::generate(NamedGroup::secp256r1);
  Bytes here;
  Bytes there;
  std::thread([&] {
    const auto other = KeyExchange::generate(NamedGroup::secp256r1);
    here = own(ours->agree(other->public_value())->view());
    there = own(other->agree(ours->public_value())->view());
  }).join();
  EXPECT_FALSE(here.empty());
  EXPECT_EQ(here, there);
}

TEST(KeyExchange, one_that_was_moved_from_fails_instead_of_crashing) {
  auto first = KeyExchange::generate(NamedGroup::x25519);
  const auto second = std::move(*first);
  EXPECT_TRUE(second.agree(second.public_value()));
  EXPECT_EQ(first->agree(second.public_value()).error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::crypto
