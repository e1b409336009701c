// Which credential goes to whom, and what each side signs with.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/message_peer.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy legacy12() {
  auto policy = Policy::legacy();
  policy.versions = {ProtocolVersion::tls12};
  return policy;
}

Policy without_p256(Policy policy) {
  policy.groups = policy.key_shares = {NamedGroup::x25519, NamedGroup::secp384r1};
  return policy;
}

std::vector<std::byte> issuer_of(const Credential&) { return roots().subjects().front(); }

TEST(Choice, of_a_server_in_tls12_is_of_a_curve_that_the_client_knows) {
  Pair pair(client_builder().policy(without_p256(legacy12())).build().value(),
            server_builder().credential(credential(KeyKind::ecdsa_p384)).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().peer_chain, credential(KeyKind::ecdsa_p384).chain());
}

TEST(Choice, of_a_server_in_tls12_fails_without_such_a_curve) {
  Pair pair(client_builder().policy(without_p256(legacy12())).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::no_common_group);
  EXPECT_EQ(pair.client.error->alert, Alert::handshake_failure);
}

/// Lets `client` say hello to a server with `key`; returns what that answers.
std::vector<Bytes> answer_of(KeyKind key, MessageClient& client) {
  MessageServer server(ServerConfig::builder().credential(credential(key)).build().value(), nullptr);
  client.run();
  server.run();
  for (const auto& message : client.sent()) server.take(message);
  return server.sent();
}
Bytes certificate_in(const std::vector<Bytes>& messages) {
  const auto is_certificate = [](const Bytes& raw) { return wire::type_of(raw) == wire::HandshakeType::certificate; };
  return *std::ranges::find_if(messages, is_certificate);
}

TEST(Choice, of_a_careless_server_is_refused_by_the_client) {
  // RFC 8422, 5.3: the server's key is on a curve that was not offered.
  MessageClient knows_both(client_builder().policy(legacy12()).build().value(), ServerName("localhost"), nullptr);
  const auto on_p256 = certificate_in(answer_of(KeyKind::ecdsa_p256, knows_both));
  MessageClient client(client_builder().policy(without_p256(legacy12())).build().value(), ServerName("localhost"),
                       nullptr);
  for (const auto& message : answer_of(KeyKind::ecdsa_p384, client))
    client.take(wire::type_of(message) == wire::HandshakeType::certificate ? on_p256 : message);
  ASSERT_TRUE(client.error);
  EXPECT_EQ(client.error->code, Code::wrong_group) << client.error->message();
}

TEST(Choice, of_a_careless_application_is_refused_by_the_server) {
  auto server = ServerConfig::builder();
  server.ask(Ask::credential);
  Pair pair(client_builder().policy(without_p256(legacy12())).build().value(), server.build().value());
  pair.run();
  ASSERT_EQ(pair.server.questions.size(), 1u);
  ASSERT_TRUE(pair.server.connection.answer(pair.server.questions.front().id, credential(), pair.server.out));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::no_common_group);
}

TEST(Choice, of_a_server_without_a_common_scheme_is_rsa_key_exchange) {
  auto policy = legacy12();
  policy.signature_schemes = {SignatureScheme::ed25519};
  Pair pair(client_builder().policy(policy).build().value(),
            ServerConfig::builder().policy(Policy::legacy()).credential(credential(KeyKind::rsa_2048)).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.connection.summary().cipher_suite, CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256);
  EXPECT_FALSE(pair.server.connection.summary().signature_scheme);
}

TEST(Choice, of_a_server_prefers_issuers_that_the_client_names) {
  const auto other_root = LocalAuthority::create("another root").value();
  LeafRequest request;
  request.names = {"localhost"};
  const auto issued = other_root.issue(request).value();
  const std::vector credentials = {credential(), Credential::from_pem(issued.chain_pem, issued.key_pem).value()};
  ChooseCredentialQuestion question;
  question.signature_schemes = Policy::modern().signature_schemes;
  question.server_name = "localhost";
  EXPECT_EQ(choose_credential(question, credentials, Policy::modern())->chain(), credentials[0].chain());
  question.authorities = TrustStore::from_pem(other_root.certificate_pem()).value().subjects();
  EXPECT_EQ(choose_credential(question, credentials, Policy::modern())->chain(), credentials[1].chain());
  // Nobody's issuer is named: something is better than nothing.
  question.authorities = {std::vector<std::byte>(3)};
  EXPECT_EQ(choose_credential(question, credentials, Policy::modern())->chain(), credentials[0].chain());
}

TEST(Choice, of_a_client_is_of_a_kind_that_the_server_takes) {
  const std::vector credentials = {client_credential(KeyKind::ecdsa_p256), client_credential(KeyKind::rsa_2048),
                                   client_credential(KeyKind::ed25519)};
  ChooseClientCredentialQuestion question;
  question.version = ProtocolVersion::tls12;
  question.signature_schemes = Policy::modern().signature_schemes;
  question.certificate_types = {ClientCertificateType::rsa_sign};
  EXPECT_EQ(choose_credential(question, credentials, Policy::modern())->chain(), credentials[1].chain());
  question.certificate_types = {static_cast<ClientCertificateType>(2)};
  EXPECT_EQ(choose_credential(question, credentials, Policy::modern()).error().code,
            Code::no_matching_certificate_type);
  // RFC 8422, 5.5: EdDSA goes under ecdsa_sign.
  question.certificate_types = {ClientCertificateType::ecdsa_sign};
  EXPECT_TRUE(choose_credential(question, std::span(credentials).last(1), Policy::modern()));
}

TEST(Choice, of_a_client_is_of_an_issuer_that_the_server_names) {
  const std::vector credentials = {client_credential()};
  ChooseClientCredentialQuestion question;
  question.signature_schemes = Policy::modern().signature_schemes;
  question.authorities = {std::vector<std::byte>(3), issuer_of(credentials.front())};
  EXPECT_TRUE(credentials.front().is_issued_by(question.authorities));
  EXPECT_TRUE(choose_credential(question, credentials, Policy::modern()));
  question.authorities.pop_back();
  EXPECT_FALSE(credentials.front().is_issued_by(question.authorities));
  EXPECT_EQ(choose_credential(question, credentials, Policy::modern()).error().code, Code::no_matching_issuer);
}

TEST(Signing, can_be_narrower_or_other_than_what_is_verified) {
  auto policy = Policy::modern();
  policy.signature_schemes = {SignatureScheme::ecdsa_secp256r1_sha256};
  policy.signing_schemes = {SignatureScheme::rsa_pss_rsae_sha384};
  Pair pair(client_builder().credential(client_credential()).build().value(),
            ServerConfig::builder()
                .policy(policy)
                .credential(credential(KeyKind::rsa_2048))
                .request_client_certificate(ClientAuth::required, roots())
                .build()
                .value());
  pair.run();
  ASSERT_TRUE(pair.established());
  for (const auto* end : {&pair.client, &pair.server}) {
    EXPECT_EQ(end->connection.summary().signature_scheme, SignatureScheme::rsa_pss_rsae_sha384);
    EXPECT_EQ(end->connection.summary().client_signature_scheme, SignatureScheme::ecdsa_secp256r1_sha256);
  }
}

TEST(Suites, follow_a_client_that_prefers_chacha20) {
  auto policy = Policy::modern();
  std::ranges::sort(policy.cipher_suites, {}, [](CipherSuite suite) { return !to_string(suite).contains("CHACHA20"); });
  for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    policy.versions = {version};
    Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
    pair.run();
    ASSERT_TRUE(pair.established());
    EXPECT_TRUE(to_string(pair.server.connection.summary().cipher_suite).contains("CHACHA20"));
  }
}

}  // namespace
}  // namespace sotto
