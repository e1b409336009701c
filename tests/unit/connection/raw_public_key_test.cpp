// Identities without certificates. RFC 7250.
#include <gtest/gtest.h>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Credential raw(const std::string& key_pem) { return Credential::raw_public_key_from_pem(key_pem).value(); }

/// A key pair of its own for each role.
const Credential& raw_server() {
  static const auto made = raw(authority().issue({.names = {"localhost"}}).value().key_pem);
  return made;
}
const Credential& raw_client() {
  static const auto made = raw(authority().issue({.names = {"client.example"}}).value().key_pem);
  return made;
}

std::vector<std::byte> key_of(const Credential& credential) {
  const auto der = credential.chain().front().der();
  return {der.begin(), der.end()};
}

class RawPublicKeys : public testing::TestWithParam<ProtocolVersion> {
 protected:
  static Policy policy(std::vector<CertificateType> from_peer) {
    auto made = Policy::modern();
    made.versions = {GetParam()};
    made.peer_certificate_types = std::move(from_peer);
    return made;
  }
  static ClientConfig::Builder client(std::vector<CertificateType> from_server) {
    auto builder = ClientConfig::builder();
    builder.policy(policy(std::move(from_server))).verifier(make_raw_public_key_verifier({key_of(raw_server())}));
    return builder;
  }
  static ServerConfig::Builder server() {
    auto builder = ServerConfig::builder();
    builder.policy(policy({CertificateType::raw_public_key})).credential(raw_server());
    return builder;
  }
};
constexpr auto key = CertificateType::raw_public_key;
constexpr auto x509 = CertificateType::x509;

TEST_P(RawPublicKeys, prove_both_sides_and_survive_resumption) {
  const auto client_config = client({key}).credential(raw_client()).build().value();
  const auto server_config =
      server()
          .request_client_certificate(ClientAuth::required, make_raw_public_key_verifier({key_of(raw_client())}))
          .build()
          .value();
  for (const bool resumed : {false, true}) {
    Pair pair(client_config, server_config);
    pair.run();
    ASSERT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "")
                                    << (pair.server.error ? pair.server.error->message() : "");
    EXPECT_EQ(pair.client.connection.summary().resumed, resumed);
    EXPECT_EQ(pair.client.connection.summary().peer_authenticated, "by its raw public key");
    EXPECT_EQ(pair.server.connection.summary().peer_chain, raw_client().chain());
    EXPECT_EQ(pair.server.connection.summary().peer_chain.front().type(), key);
  }
}

TEST(RawPublicKeysLater, are_shown_where_the_handshake_agreed_on_them) {
  auto policy = Policy::modern();
  policy.peer_certificate_types = policy.own_certificate_types = {key};
  Pair pair(ClientConfig::builder()
                .policy(policy)
                .verifier(make_raw_public_key_verifier({key_of(raw_server())}))
                .post_handshake_authentication()
                .ask(Ask::credential)
                .build()
                .value(),
            ServerConfig::builder()
                .policy(policy)
                .credential(raw_server())
                .request_client_certificate(ClientAuth::optional, make_raw_public_key_verifier({key_of(raw_client())}))
                .build()
                .value());
  const auto answer = [&](Answer given) {
    pair.run();
    const auto questions = std::exchange(pair.client.questions, {});
    ASSERT_EQ(questions.size(), 1U);
    EXPECT_EQ(std::get<ChooseClientCredentialQuestion>(questions.front().what).type, key);
    ASSERT_TRUE(pair.client.connection.answer(questions.front().id, std::move(given), pair.client.out));
    pair.run();
  };
  answer(NoCredential());
  ASSERT_TRUE(pair.established());
  ASSERT_TRUE(pair.server.connection.request_client_certificate(ClientAuth::required, pair.server.out));
  answer(raw_client());
  ASSERT_FALSE(pair.server.error) << pair.server.error->message();
  EXPECT_EQ(pair.server.connection.summary().peer_chain, raw_client().chain());
}

TEST_P(RawPublicKeys, of_another_peer_are_refused) {
  Pair pair(ClientConfig::builder()
                .policy(policy({key}))
                .verifier(make_raw_public_key_verifier({key_of(raw_client())}))
                .build()
                .value(),
            server().build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::certificate_untrusted);
}

TEST_P(RawPublicKeys, are_not_taken_by_the_verifier_of_certificates) {
  Pair pair(ClientConfig::builder().policy(policy({key, x509})).roots(roots()).build().value(),
            server().build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::certificate_untrusted);
}

TEST_P(RawPublicKeys, give_way_to_certificates_where_the_client_takes_nothing_else) {
  Pair pair(client_builder().policy(policy({x509})).build().value(), server().credential(credential()).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().peer_chain, credential().chain());
}

TEST_P(RawPublicKeys, are_missed_by_a_client_that_takes_nothing_else) {
  Pair pair(client({key}).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::no_matching_certificate_type);
}

TEST_P(RawPublicKeys, of_clients_are_refused_by_a_server_that_wants_certificates) {
  auto wants_certificates = server_builder();
  wants_certificates.policy(policy({x509})).request_client_certificate(ClientAuth::required, roots());
  Pair pair(client_builder().policy(policy({x509})).credential(raw_client()).build().value(),
            wants_certificates.build().value());
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::no_common_certificate_type);
  EXPECT_EQ(pair.client.error->alert, Alert::unsupported_certificate);
}

INSTANTIATE_TEST_SUITE_P(Both, RawPublicKeys, testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                         [](const auto& each) { return each.param == ProtocolVersion::tls12 ? "tls12" : "tls13"; });

}  // namespace
}  // namespace sotto
