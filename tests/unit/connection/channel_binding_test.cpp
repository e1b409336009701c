// Channel bindings: RFC 5929 and RFC 9266.
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/hash.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy only(ProtocolVersion version) {
  auto policy = Policy::modern();
  policy.versions = {version};
  return policy;
}
std::shared_ptr<const ClientConfig> client_of(ProtocolVersion version) {
  return client_builder().policy(only(version)).build().value();
}

class EveryVersion : public testing::TestWithParam<ProtocolVersion> {};
TEST_P(EveryVersion, has_tls_server_end_point_on_both_sides) {
  Pair pair(client_of(GetParam()), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  // RFC 5929, 4.1: the hash of the certificate, by the hash function of its signature, here ecdsa-with-SHA256.
  const auto hash = crypto::digest(crypto::HashAlgorithm::sha256, as_view(credential().chain().front().der())).value();
  for (const auto* end : {&pair.client, &pair.server})
    EXPECT_EQ(end->connection.channel_binding(ChannelBinding::tls_server_end_point).value(), own_public(hash.view()));
}
TEST_P(EveryVersion, has_no_tls_server_end_point_where_the_server_showed_nothing) {
  const auto client = client_of(GetParam());
  const auto server = server_builder().build().value();
  Pair first(client, server);
  first.run();
  Pair second(client, server);
  second.run();
  ASSERT_TRUE(second.client.connection.summary().resumed);
  for (const auto* end : {&second.client, &second.server}) {
    EXPECT_EQ(end->connection.channel_binding(ChannelBinding::tls_server_end_point).error().code, Code::wrong_state);
    EXPECT_TRUE(end->connection.channel_binding());
  }
}
TEST_P(EveryVersion, has_no_binding_before_the_handshake_is_done) {
  Pair pair(client_of(GetParam()), server_builder().build().value());
  for (const auto type :
       {ChannelBinding::tls_exporter, ChannelBinding::tls_unique, ChannelBinding::tls_server_end_point})
    EXPECT_EQ(pair.client.connection.channel_binding(type).error().code, Code::wrong_state);
}
INSTANTIATE_TEST_SUITE_P(ChannelBindings, EveryVersion, testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                         [](const auto& each) { return each.param == ProtocolVersion::tls13 ? "Tls13" : "Tls12"; });

TEST(TlsUnique, is_the_first_finished_of_the_handshake) {
  const auto client = client_of(ProtocolVersion::tls12);
  const auto server = server_builder().build().value();
  std::vector<std::vector<std::byte>> seen;
  for (const bool resumed : {false, true, true}) {
    Pair pair(client, server);
    pair.run();
    ASSERT_EQ(pair.client.connection.summary().resumed, resumed);
    const auto binding = pair.client.connection.channel_binding(ChannelBinding::tls_unique).value();
    EXPECT_EQ(binding, pair.server.connection.channel_binding(ChannelBinding::tls_unique).value());
    EXPECT_EQ(binding.size(), 12u);
    EXPECT_EQ(std::ranges::count(seen, binding), 0);
    seen.push_back(binding);
  }
}

TEST(TlsUnique, is_not_there_in_tls13) {
  Pair pair(client_of(ProtocolVersion::tls13), server_builder().build().value());
  pair.run();
  EXPECT_EQ(pair.client.connection.channel_binding(ChannelBinding::tls_unique).error().code, Code::wrong_state);
  EXPECT_EQ(pair.server.connection.channel_binding(ChannelBinding::tls_unique).error().code, Code::wrong_state);
}

TEST(TlsServerEndPoint, is_gone_with_a_clients_summary) {
  Pair pair(client_of(ProtocolVersion::tls13), server_builder().build().value());
  pair.run();
  pair.client.connection.forget_summary();
  EXPECT_EQ(pair.client.connection.channel_binding(ChannelBinding::tls_server_end_point).error().code,
            Code::wrong_state);
}

}  // namespace
}  // namespace sotto
