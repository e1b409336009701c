// The handshake of old: RSA key exchange and DHE, CBC and CCM, under the policies that allow them.
#include <gtest/gtest.h>

#include <algorithm>

#include "handshake/flow.hpp"
#include "keys/cipher_suites.hpp"
#include "support/message_peer.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy with_suite(CipherSuite suite) {
  auto policy = Policy::legacy();
  policy.versions = {ProtocolVersion::tls12};
  policy.cipher_suites = {suite};
  return policy;
}
std::vector<CipherSuite> suites_of_tls12() {
  auto suites = Policy::legacy().cipher_suites;
  std::erase_if(suites, [](CipherSuite suite) { return keys::find_suite(suite)->version != ProtocolVersion::tls12; });
  return suites;
}
std::shared_ptr<const ServerConfig> legacy_server() {
  return ServerConfig::builder()
      .policy(Policy::legacy())
      .credential(credential(KeyKind::ecdsa_p256))
      .credential(credential(KeyKind::rsa_2048))
      .build()
      .value();
}

class EveryClassicSuite : public testing::TestWithParam<CipherSuite> {};
TEST_P(EveryClassicSuite, carries_data_of_every_size_and_resumes) {
  const auto client = client_builder().policy(with_suite(GetParam())).build().value();
  const auto server = legacy_server();
  for (const bool resumed : {false, true}) {
    Pair pair(client, server);
    pair.run();
    ASSERT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "") << "; "
                                    << (pair.server.error ? pair.server.error->message() : "");
    EXPECT_EQ(pair.client.connection.summary().cipher_suite, GetParam());
    EXPECT_EQ(pair.client.connection.summary().resumed, resumed);
    const bool ephemeral = keys::find_suite(GetParam())->key_agreement != keys::KeyAgreement::rsa_transport;
    EXPECT_EQ(pair.client.connection.summary().group, pair.server.connection.summary().group);
    EXPECT_EQ(pair.client.connection.summary().group.has_value(), ephemeral && !resumed);
    std::string all;
    for (const std::size_t size : {1, 15, 16, 17, 250, 16383, 16384, 16385}) {
      const std::string data(size, static_cast<char>('a' + size % 26));
      pair.client.write(data);
      pair.server.write(data);
      all += data;
    }
    pair.run(1000);
    EXPECT_EQ(pair.server.data, all);
    EXPECT_EQ(pair.client.data, all);
    EXPECT_EQ(pair.client.connection.channel_binding().value(), pair.server.connection.channel_binding().value());
  }
}
INSTANTIATE_TEST_SUITE_P(Tls12, EveryClassicSuite, testing::ValuesIn(suites_of_tls12()),
                         [](const auto& each) { return to_string(each.param); });

TEST(Frames, of_the_longer_flows_keep_their_budget_too) {
  auto policy = Policy::legacy();
  policy.versions = {ProtocolVersion::tls12};
  Pair pair(client_builder().policy(policy).credential(client_credential()).build().value(),
            server_builder()
                .policy(Policy::legacy())
                .request_client_certificate(ClientAuth::required, roots())
                .build()
                .value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_LE(handshake::Flow::largest_frame(), 4608u);
}

TEST(Policies, allow_the_classics_by_name_alone) {
  const auto has = [](const Policy& policy, auto wanted) {
    return std::ranges::any_of(policy.cipher_suites, [&](auto suite) { return wanted(*keys::find_suite(suite)); });
  };
  const auto cbc = [](const auto& row) { return row.cbc.has_value(); };
  const auto rsa = [](const auto& row) { return row.key_agreement == keys::KeyAgreement::rsa_transport; };
  const auto dhe = [](const auto& row) { return row.key_agreement == keys::KeyAgreement::dhe; };
  EXPECT_FALSE(has(Policy::modern(), cbc));
  EXPECT_FALSE(has(Policy::modern(), rsa));
  EXPECT_FALSE(has(Policy::modern(), dhe));
  EXPECT_TRUE(has(Policy::compatible(), cbc));
  EXPECT_FALSE(has(Policy::compatible(), rsa));
  EXPECT_FALSE(has(Policy::compatible(), dhe));
  EXPECT_TRUE(has(Policy::legacy(), rsa));
  EXPECT_TRUE(has(Policy::legacy(), dhe));
  for (const auto* name : {"modern", "compatible", "legacy", "legacy_2026"}) EXPECT_TRUE(Policy::named(name)) << name;
  EXPECT_FALSE(Policy::named("old"));
}

TEST(Policies, name_no_prime_field_among_the_groups) {
  // A prime field needs no setting: DHE takes the one that the client lists. No key share can be made for one.
  for (const auto group : {NamedGroup::ffdhe2048, NamedGroup::ffdhe3072, NamedGroup::ffdhe4096}) {
    auto policy = Policy::legacy();
    policy.groups.push_back(group);
    const auto checked = policy.check();
    ASSERT_FALSE(checked) << to_string(group);
    EXPECT_EQ(checked.error().code, Code::invalid_policy);
  }
}

TEST(Policies, that_are_fips_like_take_the_extended_master_secret_or_nothing) {
  // RFC 7627, 5.2 and 5.3: "the server/client MAY choose to abort the handshake".
  EXPECT_TRUE(Policy::named("fips-like"));
  auto older = Policy::fips_like();
  older.versions = {ProtocolVersion::tls12};
  const auto client = client_builder().policy(older).build().value();
  const auto server = server_builder().policy(Policy::fips_like()).build().value();
  Pair pair(client, server);
  pair.run();
  EXPECT_TRUE(pair.established());

  MessageClient without(client, ServerName("localhost"), nullptr);
  MessageServer asked(server, nullptr);
  without.run();
  auto hello = without.sent().front();
  const Bytes extension = {0, 23, 0, 0};
  const auto at = std::search(hello.begin(), hello.end(), extension.begin(), extension.end());
  ASSERT_NE(at, hello.end());
  *(at + 1) = 99;
  asked.take(hello);
  ASSERT_TRUE(asked.error);
  EXPECT_EQ(asked.error->code, Code::no_extended_master_secret);
  EXPECT_EQ(asked.error->alert, Alert::handshake_failure);

  MessageServer simple(server_builder().build().value(), nullptr);
  simple.take(hello);  // a server that does without it
  ASSERT_FALSE(simple.error);
  without.take(simple.sent().front());
  ASSERT_TRUE(without.error);
  EXPECT_EQ(without.error->code, Code::no_extended_master_secret);
}

TEST(EcdsaCertificates, are_on_a_curve_that_the_client_lists) {
  // RFC 8422, 5.1, for TLS 1.2, whose signature schemes name no curve.
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  policy.groups = {NamedGroup::x25519, NamedGroup::secp256r1};
  const auto client = client_builder().policy(policy).build().value();
  const auto p384 = credential(KeyKind::ecdsa_p384);
  Pair apart(client, ServerConfig::builder().credential(p384).build().value());
  apart.run();
  ASSERT_TRUE(apart.server.error);
  EXPECT_EQ(apart.client.error->alert, Alert::handshake_failure);

  Pair other(client,
             ServerConfig::builder().credential(p384).credential(credential(KeyKind::ecdsa_p256)).build().value());
  other.run();
  ASSERT_TRUE(other.established());
  EXPECT_EQ(other.client.connection.summary().peer_chain, credential(KeyKind::ecdsa_p256).chain());

  // A caller that chooses by itself is held to it, too.
  Pair late(client, ServerConfig::builder().ask(Ask::credential).build().value());
  late.run();
  ASSERT_EQ(late.server.questions.size(), 1u);
  const auto& asked = std::get<ChooseCredentialQuestion>(late.server.questions.front().what);
  EXPECT_EQ(asked.groups, policy.groups);
  ASSERT_TRUE(late.server.connection.answer(late.server.questions.front().id, p384, late.server.out));
  late.run();
  ASSERT_TRUE(late.server.error);
  EXPECT_EQ(late.server.error->code, Code::no_common_group);
}

TEST(RsaKeyExchange, can_be_decrypted_late) {
  const auto key = credential(KeyKind::rsa_2048);
  Pair pair(client_builder().policy(with_suite(CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
            ServerConfig::builder().policy(Policy::legacy()).credential(key).ask(Ask::decryption).build().value());
  pair.run();
  ASSERT_EQ(pair.server.questions.size(), 1u);
  const auto& asked = std::get<DecryptQuestion>(pair.server.questions.front().what);
  auto premaster = key.decrypt_premaster(asked.encrypted, asked.client_version).value();
  ASSERT_TRUE(pair.server.connection.answer(pair.server.questions.front().id, PremasterSecret{std::move(premaster)},
                                            pair.server.out));
  pair.run();
  EXPECT_TRUE(pair.established());
}

}  // namespace
}  // namespace sotto
