// Early data that a server does not accept: it is skipped, up to a limit, and never taken for anything else.
#include <gtest/gtest.h>

#include "support/pair.hpp"
#include "wire/hellos.hpp"

namespace sotto {
namespace {

using namespace test;

/// Adds the early_data extension to a ClientHello record, behind its other extensions; there is no pre_shared_key here.
std::vector<std::byte> with_early_data(std::span<const std::byte> hello_record) {
  std::vector<std::byte> record(hello_record.begin(), hello_record.end());
  const auto add = [&record](std::size_t at, std::size_t octets, unsigned more) {
    for (auto i = octets; i-- > 0 && more != 0;) {
      more += std::to_integer<unsigned>(record[at + i]);
      record[at + i] = static_cast<std::byte>(more);
      more >>= 8;
    }
  };
  add(3, 2, 4);  // the record
  add(6, 3, 4);  // the message
  const std::size_t session_id = 5 + 4 + 2 + 32;
  const auto suites = session_id + 1 + std::to_integer<std::size_t>(record[session_id]);
  const auto compression = suites + 2 + (std::to_integer<std::size_t>(record[suites]) << 8) +
                           std::to_integer<std::size_t>(record[suites + 1]);
  add(compression + 2, 2, 4);  // the extensions
  for (const int octet : {0x00, 0x2a, 0x00, 0x00}) record.push_back(static_cast<std::byte>(octet));
  return record;
}

/// Returns a record that looks like early data of so many octets.
std::vector<std::byte> early_record(std::size_t octets) {
  std::vector<std::byte> record = {std::byte{23}, std::byte{3}, std::byte{3}, static_cast<std::byte>(octets >> 8),
                                   static_cast<std::byte>(octets)};
  record.resize(5 + octets, std::byte{0xee});
  return record;
}

struct Offer {
  explicit Offer(Policy server_policy)
      : pair(client_builder().build().value(), server_builder().policy(server_policy).build().value()) {
    const auto hello = with_early_data(pair.client.out.readable());
    pair.client.out.clear();
    pair.server.in.append(hello);
  }
  void give(std::size_t octets) {
    pair.server.in.append(early_record(octets));
    pair.server.run();
  }
  Pair pair;
};

TEST(EarlyData, that_is_not_accepted_is_skipped_up_to_the_limit) {
  for (const std::size_t octets : {std::size_t{16384}, std::size_t{16385}}) {
    Offer offer(Policy::modern());
    offer.give(octets - 1000);
    EXPECT_FALSE(offer.pair.server.error);
    offer.give(1000);
    EXPECT_EQ(offer.pair.server.error.has_value(), octets == 16385);
    if (offer.pair.server.error) {
      EXPECT_EQ(offer.pair.server.error->code, Code::too_much_early_data);
    }
  }
}

TEST(EarlyData, is_skipped_between_a_retry_and_the_second_hello) {
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  Offer offer(policy);
  offer.give(100);
  EXPECT_FALSE(offer.pair.server.error);
  offer.give(16384);
  ASSERT_TRUE(offer.pair.server.error);
  EXPECT_EQ(offer.pair.server.error->code, Code::too_much_early_data);
}

TEST(EarlyData, that_was_not_offered_is_a_record_that_does_not_open) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.server.in.append(pair.client.out.readable());
  pair.server.in.append(early_record(100));
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::bad_record_mac);
}

TEST(EarlyData, between_a_retry_and_the_second_hello_may_fill_a_protected_record) {
  auto retrying = Policy::modern();
  retrying.groups = retrying.key_shares = {NamedGroup::secp384r1};
  Offer offer(retrying);
  offer.give(16385);
  ASSERT_TRUE(offer.pair.server.error);
  EXPECT_EQ(offer.pair.server.error->code, Code::too_much_early_data);
}

TEST(EarlyData, inside_the_second_hello_is_refused) {
  auto retrying = Policy::modern();
  retrying.groups = retrying.key_shares = {NamedGroup::secp384r1};
  Offer offer(retrying);
  offer.give(100);
  const std::array part = {std::byte{22}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{1}, std::byte{1}};
  offer.pair.server.in.append(part);
  offer.give(100);
  ASSERT_TRUE(offer.pair.server.error);
  EXPECT_EQ(offer.pair.server.error->code, Code::unexpected_record);
}

}  // namespace
}  // namespace sotto
