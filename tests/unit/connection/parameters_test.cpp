// Every suite, group and kind of key, against ourselves.
#include <gtest/gtest.h>

#include <random>

#include "handshake/flow.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy with_suite(CipherSuite suite) {
  auto policy = Policy::modern();
  policy.cipher_suites = {suite};
  return policy;
}
Policy with_group(NamedGroup group) {
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {group};
  return policy;
}

const auto suites = testing::Values(CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                                    CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
const auto groups =
    testing::Values(NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1);

class EverySuite : public testing::TestWithParam<CipherSuite> {};
TEST_P(EverySuite, carries_data_of_every_size) {
  Pair pair(client_builder().policy(with_suite(GetParam())).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().cipher_suite, GetParam());
  std::string all;
  for (const std::size_t size : {1, 15, 16, 17, 16383, 16384, 16385, 100000}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    pair.client.write(data);
    all += data;
  }
  pair.run();
  EXPECT_EQ(pair.server.data, all);
}
INSTANTIATE_TEST_SUITE_P(Tls13, EverySuite, suites, [](const auto& each) { return to_string(each.param); });

class EveryGroup : public testing::TestWithParam<NamedGroup> {};
TEST_P(EveryGroup, is_agreed_on) {
  Pair pair(client_builder().policy(with_group(GetParam())).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.connection.summary().group, GetParam());
  EXPECT_FALSE(pair.client.connection.summary().hello_retried);
}
TEST_P(EveryGroup, is_asked_for_with_a_hello_retry_request) {
  auto offering = Policy::modern();
  offering.key_shares = {GetParam() == NamedGroup::x25519 ? NamedGroup::secp256r1 : NamedGroup::x25519};
  Pair pair(client_builder().policy(offering).build().value(),
            server_builder().policy(with_group(GetParam())).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().group, GetParam());
  EXPECT_TRUE(pair.client.connection.summary().hello_retried);
  EXPECT_TRUE(pair.server.connection.summary().hello_retried);
}
INSTANTIATE_TEST_SUITE_P(Tls13, EveryGroup, groups, [](const auto& each) { return to_string(each.param); });

class EveryKey : public testing::TestWithParam<KeyKind> {};
TEST_P(EveryKey, proves_the_server) {
  Pair pair(client_builder().build().value(),
            ServerConfig::builder().credential(credential(GetParam())).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().peer_chain.size(), 1u);
}
TEST_P(EveryKey, proves_the_client) {
  Pair pair(client_builder().credential(client_credential(GetParam())).build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.connection.summary().peer_chain, client_credential(GetParam()).chain());
}
INSTANTIATE_TEST_SUITE_P(Tls13, EveryKey,
                         testing::Values(KeyKind::ecdsa_p256, KeyKind::ecdsa_p384, KeyKind::ecdsa_p521,
                                         KeyKind::ed25519, KeyKind::rsa_2048, KeyKind::rsa_pss_2048),
                         [](const auto& each) { return "kind" + std::to_string(static_cast<int>(each.param)); });

TEST(Parameters, take_the_protocol_that_the_server_prefers) {
  Pair pair(client_builder().alpn({"http/1.1", "h2"}).build().value(),
            server_builder().alpn({"h2", "http/1.1"}).build().value());
  pair.run();
  EXPECT_EQ(pair.client.connection.summary().application_protocol, "h2");
  EXPECT_EQ(pair.server.connection.summary().application_protocol, "h2");
}

TEST(Parameters, without_a_common_suite_or_group_refuse_with_handshake_failure) {
  Pair suites_apart(client_builder().policy(with_suite(CipherSuite::TLS_AES_128_GCM_SHA256)).build().value(),
                    server_builder().policy(with_suite(CipherSuite::TLS_AES_256_GCM_SHA384)).build().value());
  suites_apart.run();
  ASSERT_TRUE(suites_apart.server.error);
  EXPECT_EQ(suites_apart.server.error->code, Code::no_common_cipher_suite);
  EXPECT_EQ(suites_apart.client.error->alert, Alert::handshake_failure);

  Pair groups_apart(client_builder().policy(with_group(NamedGroup::x25519)).build().value(),
                    server_builder().policy(with_group(NamedGroup::secp384r1)).build().value());
  groups_apart.run();
  ASSERT_TRUE(groups_apart.server.error);
  EXPECT_EQ(groups_apart.server.error->code, Code::no_common_group);
  EXPECT_EQ(groups_apart.client.error->alert, Alert::handshake_failure);
}

TEST(Parameters, choose_the_credential_by_name_and_by_what_the_client_can_verify) {
  const auto server = ServerConfig::builder()
                          .credential(credential(KeyKind::ecdsa_p256, {"a.example"}))
                          .credential(credential(KeyKind::ecdsa_p256, {"*.b.example"}))
                          .credential(credential(KeyKind::rsa_2048, {"*.b.example"}))
                          .build()
                          .value();
  Pair by_name(client_builder().build().value(), server, "www.b.example");
  by_name.run();
  ASSERT_TRUE(by_name.established());
  EXPECT_EQ(by_name.client.connection.summary().signature_scheme, SignatureScheme::ecdsa_secp256r1_sha256);

  auto rsa_only = Policy::modern();
  rsa_only.signature_schemes = {SignatureScheme::rsa_pss_rsae_sha256};
  rsa_only.certificate_signature_schemes = Policy::modern().certificate_signature_schemes;
  Pair by_scheme(client_builder().policy(rsa_only).build().value(), server, "www.b.example");
  by_scheme.run();
  ASSERT_TRUE(by_scheme.established());
  EXPECT_EQ(by_scheme.client.connection.summary().signature_scheme, SignatureScheme::rsa_pss_rsae_sha256);
}

TEST(Parameters, connect_to_an_ip_address_without_sending_it_as_a_name) {
  Pair pair(client_builder().build().value(),
            ServerConfig::builder().credential(credential(KeyKind::ecdsa_p256, {"127.0.0.1"})).build().value(),
            "127.0.0.1");
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.connection.summary().server_name, "");
}

TEST(Parameters, work_with_tiny_fragments_and_padding) {
  auto policy = Policy::modern();
  policy.fragment_size = 7;
  policy.pad_records_to = 64;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().policy(policy).build().value());
  pair.run(3);
  ASSERT_TRUE(pair.established());
  pair.server.write("in very small pieces");
  EXPECT_EQ(pair.server.out.size(), 3 * (5 + 64 + 16u));  // 20 octets in fragments of 7, each padded to 64
  pair.run();
  EXPECT_EQ(pair.client.data, "in very small pieces");
}

TEST(Parameters, work_without_middlebox_compatibility) {
  auto policy = Policy::modern();
  policy.middlebox_compatibility = false;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  EXPECT_TRUE(pair.established());
}

TEST(Parameters, keep_coroutine_frames_within_their_budget) {
  Pair pair(client_builder().credential(client_credential()).build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_GT(handshake::Flow::largest_frame(), 0u);
  EXPECT_LE(handshake::Flow::largest_frame(), 4608u);
}

}  // namespace
}  // namespace sotto
