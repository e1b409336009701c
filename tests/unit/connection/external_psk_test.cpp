// External pre-shared keys, plain and imported, in place of certificates.
#include <gtest/gtest.h>

#include "handshake/psk.hpp"
#include "support/hex.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;
using crypto::HashAlgorithm;

const std::string key_text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::string_view context = "client=a, server=b";

std::vector<std::byte> key(int change = 0) {
  auto octets = from_hex(key_text);
  octets.back() = static_cast<std::uint8_t>(octets.back() + change);
  return own_public(octets);
}

ExternalPsk imported(PskRole role, std::string_view identity = "somebody", PskHash hash = PskHash::sha256) {
  return ExternalPsk::imported(role, identity, key(), context, hash).value();
}
ExternalPsk plain(PskRole role, PskHash hash = PskHash::sha256, int change = 0) {
  return ExternalPsk::plain(role, "somebody", key(change), hash).value();
}

std::shared_ptr<const ClientConfig> client_with(ExternalPsk psk) {
  return client_builder().external_psk(std::move(psk)).build().value();
}
/// A server without any certificate.
std::shared_ptr<const ServerConfig> server_with(ExternalPsk psk) {
  return ServerConfig::builder().external_psk(std::move(psk)).build().value();
}

void expect_psk(Pair& pair) {
  pair.run();
  ASSERT_TRUE(pair.established()) << (pair.server.error   ? pair.server.error->message()
                                      : pair.client.error ? pair.client.error->message()
                                                          : "");
  for (auto* end : {&pair.client, &pair.server}) {
    const auto& summary = end->connection.summary();
    EXPECT_EQ(summary.external_psk, "somebody");
    EXPECT_EQ(summary.peer_authenticated, "by the pre-shared key \"somebody\"");
    EXPECT_FALSE(summary.resumed);
    EXPECT_FALSE(summary.signature_scheme);
    EXPECT_TRUE(summary.peer_chain.empty());
    EXPECT_TRUE(summary.group);
  }
  pair.client.write("up");
  pair.server.write("down");
  pair.run();
  EXPECT_EQ(pair.server.data, "up");
  EXPECT_EQ(pair.client.data, "down");
}

TEST(ExternalPsk, authenticates_both_sides_without_certificates) {
  Pair with_import(client_with(imported(PskRole::client)), server_with(imported(PskRole::server)));
  expect_psk(with_import);
  Pair as_it_is(client_with(plain(PskRole::client)), server_with(plain(PskRole::server)));
  expect_psk(as_it_is);
}

TEST(ExternalPsk, shows_nothing_to_a_client_that_would_take_raw_public_keys_alone) {
  auto policy = Policy::modern();
  policy.peer_certificate_types = {CertificateType::raw_public_key};
  Pair pair(client_builder().policy(policy).external_psk(imported(PskRole::client)).build().value(),
            server_with(imported(PskRole::server)));
  expect_psk(pair);
}

TEST(ExternalPsk, works_octet_by_octet) {
  Pair pair(client_with(imported(PskRole::client)), server_with(imported(PskRole::server)));
  pair.run(1);
  EXPECT_TRUE(pair.established());
}

TEST(ExternalPsk, works_with_suites_of_either_hash) {
  for (const auto suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384}) {
    auto policy = Policy::modern();
    policy.cipher_suites = {suite};
    for (const auto hash : {PskHash::sha256, PskHash::sha384}) {
      Pair pair(client_builder().external_psk(imported(PskRole::client, "somebody", hash)).build().value(),
                ServerConfig::builder()
                    .policy(policy)
                    .external_psk(imported(PskRole::server, "somebody", hash))
                    .build()
                    .value());
      expect_psk(pair);
      EXPECT_EQ(pair.client.connection.summary().cipher_suite, suite);
    }
  }
}

TEST(ExternalPsk, makes_the_server_choose_a_suite_of_its_hash) {
  Pair pair(client_with(plain(PskRole::client, PskHash::sha384)), server_with(plain(PskRole::server, PskHash::sha384)));
  expect_psk(pair);
  EXPECT_EQ(pair.client.connection.summary().cipher_suite, CipherSuite::TLS_AES_256_GCM_SHA384);
}

TEST(ExternalPsk, survives_a_hello_retry_request) {
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  for (const auto hash : {PskHash::sha256, PskHash::sha384}) {
    Pair pair(client_with(plain(PskRole::client, hash)),
              ServerConfig::builder().policy(policy).external_psk(plain(PskRole::server, hash)).build().value());
    expect_psk(pair);
    EXPECT_TRUE(pair.client.connection.summary().hello_retried);
  }
}

TEST(ExternalPsk, can_be_looked_up) {
  std::vector<std::string> asked;
  const auto server = ServerConfig::builder()
                          .external_psk(imported(PskRole::server, "another"))
                          .find_external_psk([&asked](std::string_view identity) {
                            asked.emplace_back(identity);
                            return identity == "somebody" ? std::optional(imported(PskRole::server)) : std::nullopt;
                          })
                          .build()
                          .value();
  Pair pair(client_with(imported(PskRole::client)), server);
  expect_psk(pair);
  EXPECT_EQ(asked, std::vector<std::string>{"somebody"});
}

TEST(ExternalPsk, goes_on_as_a_session) {
  const auto client = client_with(imported(PskRole::client));
  const auto server = server_with(imported(PskRole::server));
  Pair first(client, server);
  expect_psk(first);
  Pair second(client, server);
  second.run();
  ASSERT_TRUE(second.established());
  EXPECT_TRUE(second.client.connection.summary().resumed);
  EXPECT_EQ(second.client.connection.summary().peer_authenticated, "by the pre-shared key \"somebody\"");
}

TEST(ExternalPsk, is_not_asked_for_a_certificate) {
  Pair pair(client_with(imported(PskRole::client)), server_builder()
                                                        .request_client_certificate(ClientAuth::required, roots())
                                                        .external_psk(imported(PskRole::server))
                                                        .build()
                                                        .value());
  expect_psk(pair);
}

TEST(ExternalPsk, that_the_server_does_not_know_leaves_certificates) {
  Pair pair(client_with(imported(PskRole::client)), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().external_psk, "");
  EXPECT_FALSE(pair.client.connection.summary().peer_chain.empty());
}

TEST(ExternalPsk, that_is_required_leaves_nothing_else) {
  const auto client =
      ClientConfig::builder().external_psk(imported(PskRole::client)).require_external_psk().build().value();
  Pair with_psk(client, server_with(imported(PskRole::server)));
  expect_psk(with_psk);
  Pair with_certificate(
      ClientConfig::builder().external_psk(imported(PskRole::client)).require_external_psk().build().value(),
      server_builder().build().value());
  with_certificate.run();
  ASSERT_TRUE(with_certificate.client.error);
  EXPECT_EQ(with_certificate.client.error->code, Code::missing_extension);
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  Pair with_tls12(
      ClientConfig::builder().external_psk(imported(PskRole::client)).require_external_psk().build().value(),
      server_builder().policy(policy).build().value());
  with_tls12.run();
  ASSERT_TRUE(with_tls12.server.error);
  EXPECT_EQ(with_tls12.server.error->code, Code::unsupported_version);
  EXPECT_FALSE(ClientConfig::builder().require_external_psk().build());
}

TEST(ExternalPsk, that_nobody_knows_ends_the_handshake_where_there_is_no_certificate) {
  for (auto psk : {imported(PskRole::client, "stranger"), imported(PskRole::client, "somebody", PskHash::sha384)}) {
    // With another hash of the key the identity on the wire is the same, but the key is not.
    Pair pair(client_with(psk), server_with(imported(PskRole::server)));
    pair.run();
    ASSERT_TRUE(pair.server.error);
    const bool stranger = psk.identity() == "stranger";
    EXPECT_EQ(to_string(pair.server.error->code), to_string(stranger ? Code::unknown_psk : Code::bad_binder));
    EXPECT_EQ(pair.client.error->alert, stranger ? Alert::handshake_failure : Alert::decrypt_error);
  }
}

TEST(ExternalPsk, without_any_key_ends_the_handshake_where_there_is_no_certificate) {
  Pair pair(client_builder().build().value(), server_with(imported(PskRole::server)));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::unknown_psk);
}

TEST(ExternalPsk, of_a_known_identity_with_another_key_is_a_bad_binder) {
  Pair pair(client_with(plain(PskRole::client, PskHash::sha256, 1)), server_with(plain(PskRole::server)));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::bad_binder);
  EXPECT_EQ(pair.client.error->alert, Alert::decrypt_error);
}

TEST(ExternalPsk, as_it_is_and_imported_are_not_the_same) {
  Pair pair(client_with(plain(PskRole::client)), server_with(imported(PskRole::server)));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::unknown_psk);
  Pair other(client_with(imported(PskRole::client)), server_with(plain(PskRole::server)));
  other.run();
  ASSERT_TRUE(other.server.error);
  EXPECT_EQ(other.server.error->code, Code::unknown_psk);
}

TEST(ExternalPsk, is_bound_to_its_context) {
  Pair pair(client_with(ExternalPsk::imported(PskRole::client, "somebody", key(), "another context").value()),
            server_with(imported(PskRole::server)));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::unknown_psk);
}

// RFC 9257, 4.1: the Selfie attack sends a node's own messages back to it.
TEST(ExternalPsk, is_bound_to_a_role) {
  const auto client = client_builder().external_psk(imported(PskRole::server)).build();
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::invalid_configuration);
  const auto server = ServerConfig::builder().external_psk(imported(PskRole::client)).build();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::invalid_configuration);
  Pair looked_up(client_with(imported(PskRole::client)),
                 ServerConfig::builder()
                     .find_external_psk([](std::string_view) { return imported(PskRole::client); })
                     .build()
                     .value());
  looked_up.run();
  ASSERT_TRUE(looked_up.server.error);
  EXPECT_EQ(looked_up.server.error->code, Code::unknown_psk);
}

TEST(ExternalPsk, with_a_flipped_bit_in_either_binder_is_refused) {
  // The two binders of an imported key end the ClientHello: 32 octets, a length, 48 octets. Only the one that the
  // server uses is checked.
  for (const std::size_t from_end : {1, 50}) {
    Pair pair(client_with(imported(PskRole::client)), server_with(imported(PskRole::server)));
    auto hello = pair.client.out.readable();
    hello[hello.size() - from_end] ^= std::byte{1};
    pair.run();
    ASSERT_TRUE(pair.server.error || pair.client.error);
    if (from_end == 50) {
      ASSERT_TRUE(pair.server.error);
      EXPECT_EQ(pair.server.error->code, Code::bad_binder);
    } else {
      // The binder that nobody checked is part of the transcript.
      EXPECT_EQ(pair.client.error->code, Code::bad_record_mac);
    }
  }
}

TEST(ExternalPsk, needs_an_identity_and_a_key_that_cannot_be_guessed) {
  const auto refused = [](const Result<ExternalPsk>& psk) {
    return !psk && psk.error().code == Code::invalid_configuration;
  };
  const std::vector<std::byte> sixteen(16);
  EXPECT_TRUE(ExternalPsk::plain(PskRole::client, "x", sixteen));
  EXPECT_TRUE(refused(ExternalPsk::plain(PskRole::client, "x", std::span(sixteen).first(15))));
  EXPECT_TRUE(refused(ExternalPsk::plain(PskRole::client, "", sixteen)));
  EXPECT_TRUE(ExternalPsk::plain(PskRole::client, std::string(65000, 'x'), sixteen));
  EXPECT_TRUE(refused(ExternalPsk::plain(PskRole::client, std::string(65001, 'x'), sixteen)));
  EXPECT_TRUE(ExternalPsk::imported(PskRole::client, "x", sixteen, std::string(500, 'x')));
  EXPECT_TRUE(refused(ExternalPsk::imported(PskRole::client, "x", sixteen, std::string(501, 'x'))));
}

/// Values computed by an independent program after RFC 9258, 5.1 and 5.2, and RFC 8446, 7.1.
struct Vector {
  PskHash own;
  HashAlgorithm target;
  std::string identity;
  std::string key;
  std::string binder;
};

TEST(ExternalPskVectors, of_the_importer) {
  const std::string head = "0008736f6d65626f64790012636c69656e743d612c207365727665723d620304";
  const std::vector<Vector> vectors = {
      {PskHash::sha256, HashAlgorithm::sha256, head + "0001",
       "acd189004107fc7bb832eb7eb1570d7eecb52fcfe0f8acd614ce9c3e0aa5fed4",
       "4a911cfa1c13860adc604e4fc20866efd294df82d0691038203426af7b470d36"},
      {PskHash::sha256, HashAlgorithm::sha384, head + "0002",
       "595362d7ede042f7f459c3f7b3db97807e6c0c1ad3d6c693d281c62ec89042a1bd78e647f3dff987e43abc2cffd831be",
       "fc8a5cae3a8bb84877bdad2dbace846db748ea02286d4dbec1c264c7bcc7f1bc35f010650e6d754ad766d29a5ce5e2e3"},
      {PskHash::sha384, HashAlgorithm::sha256, head + "0001",
       "507645e3b321fe89d00486fb0828d2e164084da836ecd994d6b5faaae55b58e9",
       "962de17e84a52d05bf8f5d896e4f829eaac4514fbb4eb76760dc83f228615891"},
      {PskHash::sha384, HashAlgorithm::sha384, head + "0002",
       "85bbd8764a17b1158e32498924b2780ee4d61249f8950f5c481beb45eeaf0fdd3aa551f48c354514a6e069754692cc39",
       "9378d2535717551f32fde7c66d1b67de38e479d69927c86244392cd8806cfb383f3ce7007641690be588ea7cb03ee558"},
  };
  for (const auto& vector : vectors) {
    const auto psk = handshake::psk_for(imported(PskRole::client, "somebody", vector.own), vector.target).value();
    ASSERT_TRUE(psk);
    EXPECT_EQ(to_hex(psk->identity), vector.identity);
    EXPECT_EQ(to_hex(psk->key.view()), vector.key);
    EXPECT_EQ(psk->obfuscated_ticket_age, 0U);
    const auto hello = crypto::digest(vector.target, as_view(std::string_view("a ClientHello"))).value();
    EXPECT_EQ(to_hex(handshake::binder_for(psk->kind, psk->hash, psk->key.view(), hello)->view()), vector.binder);
  }
}

TEST(ExternalPskVectors, of_a_key_that_is_used_as_it_is) {
  const auto psk = handshake::psk_for(plain(PskRole::client), HashAlgorithm::sha256).value();
  ASSERT_TRUE(psk);
  EXPECT_EQ(to_hex(psk->key.view()), key_text);
  const auto hello = crypto::digest(HashAlgorithm::sha256, as_view(std::string_view("a ClientHello"))).value();
  EXPECT_EQ(to_hex(handshake::binder_for(psk->kind, psk->hash, psk->key.view(), hello)->view()),
            "df38a1131ae06be5e161fc0d7702c52d4c4d5f23d778d1b16ee776e84da85bad");
  EXPECT_FALSE(handshake::psk_for(plain(PskRole::client), HashAlgorithm::sha384).value());
}

}  // namespace
}  // namespace sotto
