// Values that mean nothing, an order that means nothing, and a suite that says a lot. RFC 8701, RFC 7507.
#include <gtest/gtest.h>

#include <set>

#include "support/pair.hpp"
#include "wire/hellos.hpp"

namespace sotto {
namespace {

using namespace test;

bool is_grease(auto code) {
  const auto number = static_cast<unsigned>(code);
  return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

wire::ClientHello hello_in(const Buffer& out) {
  return wire::parse_message<wire::ClientHello>(as_view(out.readable().subspan(5))).value();
}

std::vector<wire::ExtensionType> extensions_of(const wire::ClientHello& hello) {
  std::vector<wire::ExtensionType> types;
  hello.extensions.each([&](const wire::RawExtension& extension) { types.push_back(extension.type); });
  return types;
}

Policy with_grease() {
  auto policy = Policy::modern();
  policy.grease = true;
  return policy;
}
Policy permuting() {
  auto policy = Policy::modern();
  policy.permute_extensions = true;
  return policy;
}

TEST(Grease, stands_in_every_list_of_a_client_hello) {
  for (int i = 0; i < 32; ++i) {
    Pair pair(client_builder().policy(with_grease()).build().value(), server_builder().build().value());
    const auto hello = hello_in(pair.client.out);
    EXPECT_TRUE(is_grease(*hello.cipher_suites.begin()));
    EXPECT_TRUE(is_grease(*hello.extensions.find<wire::SupportedGroups>()->named_group_list.begin()));
    EXPECT_TRUE(is_grease(*hello.extensions.find<wire::SupportedVersionsOffer>()->versions.begin()));
    EXPECT_TRUE(is_grease(*hello.extensions.find<wire::SignatureAlgorithms>()->supported_signature_algorithms.begin()));
    EXPECT_TRUE(is_grease(hello.extensions.find<wire::KeyShareOffer>()->client_shares.front().group));
    const auto types = extensions_of(hello);
    EXPECT_TRUE(is_grease(types.front()));
    EXPECT_TRUE(is_grease(types.back()));
    EXPECT_NE(types.front(), types.back());
  }
}

TEST(Grease, is_ignored_by_us_with_and_without_a_retry_and_on_resumption) {
  auto retrying = Policy::modern();
  retrying.groups = retrying.key_shares = {NamedGroup::secp384r1};
  retrying.grease = true;
  for (const auto& server_policy : {with_grease(), retrying}) {
    const auto client = client_builder().policy(with_grease()).build().value();
    const auto server = server_builder().policy(server_policy).build().value();
    for (const bool resumed : {false, true}) {
      Pair pair(client, server);
      pair.run();
      ASSERT_TRUE(pair.established());
      EXPECT_EQ(pair.client.connection.summary().resumed, resumed);
    }
  }
}

TEST(Permutation, differs_between_connections_and_ends_with_the_pre_shared_key) {
  const auto client = client_builder().policy(permuting()).build().value();
  const auto server = server_builder().build().value();
  std::set<std::vector<wire::ExtensionType>> orders;
  for (int i = 0; i < 8; ++i) {
    Pair pair(client, server);
    auto types = extensions_of(hello_in(pair.client.out));
    if (i > 0) {
      EXPECT_EQ(types.back(), wire::ExtensionType::pre_shared_key);
      types.pop_back();
    }
    orders.insert(types);
    pair.run();
    ASSERT_TRUE(pair.established());
  }
  EXPECT_GT(orders.size(), 1u);
}

TEST(Permutation, is_the_same_in_both_hellos_of_a_connection) {
  auto server_policy = Policy::modern();
  server_policy.groups = server_policy.key_shares = {NamedGroup::secp384r1};
  for (int i = 0; i < 8; ++i) {
    Pair pair(client_builder().policy(permuting()).build().value(),
              server_builder().policy(server_policy).build().value());
    const auto first = extensions_of(hello_in(pair.client.out));
    pair.server.in.append(pair.client.out.readable());
    pair.client.out.clear();
    pair.server.run();
    pair.client.in.append(pair.server.out.readable());
    pair.server.out.clear();
    pair.client.run();
    pair.client.out.consume(6);  // change_cipher_spec
    EXPECT_EQ(extensions_of(hello_in(pair.client.out)), first);
  }
}

TEST(Fallback, is_refused_by_a_server_that_knows_better) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  policy.fallback = true;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::inappropriate_fallback);
  EXPECT_EQ(pair.client.error->alert, Alert::inappropriate_fallback);
}

TEST(Fallback, is_served_where_there_is_nothing_better) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  auto fallen_back = policy;
  fallen_back.fallback = true;
  Pair pair(client_builder().policy(fallen_back).build().value(), server_builder().policy(policy).build().value());
  pair.run();
  EXPECT_TRUE(pair.established());
}

TEST(KeyShares, can_be_left_for_the_server_to_ask_for) {
  auto policy = Policy::modern();
  policy.key_shares.clear();
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_TRUE(pair.client.connection.summary().hello_retried);
}

}  // namespace
}  // namespace sotto
