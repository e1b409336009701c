// What a server's certificate lets its key do decides which handshakes it serves.
#include <gtest/gtest.h>

#include "keys/cipher_suites.hpp"
#include "support/forge.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using test::Pair;

struct Server {
  Credential credential;
  TrustStore roots;
};

/// An RSA server whose certificate has this keyUsage.
Server with_key_usage(const std::string& usage) {
  const forge::Forged root(forge::authority("usage root"), nullptr);
  forge::Recipe recipe;
  recipe.key = "RSA:2048";
  recipe.extensions.emplace_back(NID_key_usage, "critical," + usage);
  const forge::Forged leaf(recipe, &root);
  return {Credential::from_pem(leaf.pem(), leaf.key_pem()).value(), TrustStore::from_pem(root.pem()).value()};
}

Policy older() {
  auto policy = Policy::legacy();
  policy.versions = {ProtocolVersion::tls12};
  return policy;
}

Pair connect(const Server& server, const Policy& of_client, const Policy& of_server = Policy::legacy()) {
  Pair pair(ClientConfig::builder().roots(server.roots).policy(of_client).build().value(),
            ServerConfig::builder().credential(server.credential).policy(of_server).build().value(), "server.example");
  pair.run();
  return pair;
}

TEST(KeyUsage, for_encryption_alone_serves_rsa_key_exchange_under_the_policy_legacy) {
  const auto server = with_key_usage("keyEncipherment");
  EXPECT_TRUE(server.credential.schemes().empty());
  EXPECT_TRUE(server.credential.tls12_schemes().empty());
  EXPECT_TRUE(server.credential.can_decrypt());
  const auto pair = connect(server, older());
  ASSERT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "")
                                  << (pair.server.error ? pair.server.error->message() : "");
  const auto& summary = pair.server.connection.summary();
  EXPECT_EQ(keys::find_suite(summary.cipher_suite)->key_agreement, keys::KeyAgreement::rsa_transport);
  EXPECT_FALSE(summary.signature_scheme);
}

TEST(KeyUsage, that_is_for_tls12_alone_is_refused_where_the_policy_has_only_tls13) {
  auto newer = Policy::modern();
  newer.versions = {ProtocolVersion::tls13};
  const auto rsa = test::credential(KeyKind::rsa_2048);
  const auto pkcs1 = Credential::with_remote_key(rsa.chain(), {SignatureScheme::rsa_pkcs1_sha256}).value();
  for (const auto& credential : {pkcs1, with_key_usage("keyEncipherment").credential}) {
    EXPECT_TRUE(credential.schemes().empty());
    EXPECT_TRUE(ServerConfig::builder().credential(credential).build());
    for (const auto& error : {ServerConfig::builder().credential(credential).policy(newer).build().error(),
                              test::client_builder().credential(credential).policy(newer).build().error()}) {
      EXPECT_EQ(error.code, Code::invalid_configuration);
      EXPECT_NE(error.detail.find("serves in TLS 1.2 alone"), std::string::npos) << error.detail;
    }
  }
}

TEST(KeyUsage, for_encryption_alone_serves_nobody_else) {
  const auto server = with_key_usage("keyEncipherment");
  for (const auto& [client, policy] :
       {std::pair(Policy::legacy(), Policy::legacy()), std::pair(older(), Policy::modern())}) {
    const auto pair = connect(server, client, policy);
    ASSERT_TRUE(pair.server.error);
    EXPECT_EQ(pair.client.error->alert, Alert::handshake_failure);
  }
}

TEST(KeyUsage, for_signatures_alone_serves_everything_but_rsa_key_exchange) {
  const auto server = with_key_usage("digitalSignature");
  EXPECT_FALSE(server.credential.can_decrypt());
  EXPECT_TRUE(connect(server, older()).established());
  EXPECT_TRUE(connect(server, Policy::modern()).established());
  auto rsa_only = older();
  rsa_only.cipher_suites = {CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256};
  const auto pair = connect(server, rsa_only);
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::no_common_cipher_suite);
  EXPECT_EQ(pair.server.error->detail, "that goes with the certificate's key");
}

TEST(KeyUsage, for_neither_is_no_credential) {
  const forge::Forged root(forge::authority("usage root"), nullptr);
  forge::Recipe recipe;
  recipe.extensions.emplace_back(NID_key_usage, "critical,keyAgreement");
  const forge::Forged leaf(recipe, &root);
  EXPECT_EQ(Credential::from_pem(leaf.pem(), leaf.key_pem()).error().code, Code::unsupported_key);
  EXPECT_EQ(Credential::with_remote_key({leaf.certificate()}, {SignatureScheme::ecdsa_secp256r1_sha256}).error().code,
            Code::unsupported_key);
}

TEST(KeyUsage, for_encryption_alone_goes_with_a_remote_key_without_schemes) {
  const forge::Forged root(forge::authority("usage root"), nullptr);
  forge::Recipe recipe;
  recipe.key = "RSA:2048";
  recipe.extensions.emplace_back(NID_key_usage, "critical,keyEncipherment");
  const forge::Forged leaf(recipe, &root);
  EXPECT_TRUE(Credential::with_remote_key({leaf.certificate()}, {})->can_decrypt());
  EXPECT_EQ(Credential::with_remote_key({leaf.certificate()}, {SignatureScheme::rsa_pkcs1_sha256}).error().code,
            Code::unsupported_key);
}

TEST(RemoteKeys, of_tls12_alone_have_no_schemes_for_tls13_and_serve_tls12) {
  const auto key = test::credential(KeyKind::rsa_2048);
  const auto remote = Credential::with_remote_key(key.chain(), {SignatureScheme::rsa_pkcs1_sha256}).value();
  EXPECT_TRUE(remote.schemes().empty());
  const auto server = ServerConfig::builder().credential(remote).build().value();
  Pair newer(test::client_builder().build().value(), server);
  newer.run();
  ASSERT_TRUE(newer.server.error);
  EXPECT_EQ(newer.server.error->code, Code::no_common_signature_scheme);
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  Pair pair(test::client_builder().policy(policy).build().value(), server);
  pair.run();
  ASSERT_EQ(pair.server.questions.size(), 1u);
  const auto& asked = std::get<SignQuestion>(pair.server.questions.front().what);
  EXPECT_EQ(asked.scheme, SignatureScheme::rsa_pkcs1_sha256);
  ASSERT_TRUE(pair.server.connection.answer(pair.server.questions.front().id,
                                            Signature{key.sign(asked.scheme, asked.message).value()}, pair.server.out));
  pair.run();
  EXPECT_TRUE(pair.established());
}

}  // namespace
}  // namespace sotto
