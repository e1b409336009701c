// TLS 1.2 against ourselves: what the version changes.
#include <gtest/gtest.h>

#include "support/forger.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy tls12() {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  std::erase_if(policy.cipher_suites, [](CipherSuite suite) { return static_cast<unsigned>(suite) >> 8 == 0x13; });
  return policy;
}
Policy with_suite(CipherSuite suite) {
  auto policy = tls12();
  policy.cipher_suites = {suite};
  return policy;
}
bool is_ecdsa(CipherSuite suite) { return to_string(suite).contains("ECDSA"); }

void expect_established(const Pair& pair) {
  ASSERT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "no error of the client's")
                                  << "; "
                                  << (pair.server.error ? pair.server.error->message() : "no error of the server's");
}

class EverySuite12 : public testing::TestWithParam<CipherSuite> {};
TEST_P(EverySuite12, carries_data_of_every_size) {
  const auto key = is_ecdsa(GetParam()) ? KeyKind::ecdsa_p256 : KeyKind::rsa_2048;
  Pair pair(client_builder().policy(with_suite(GetParam())).build().value(),
            ServerConfig::builder().credential(credential(key)).build().value());
  pair.run();
  expect_established(pair);
  EXPECT_EQ(pair.client.connection.summary().version, ProtocolVersion::tls12);
  EXPECT_EQ(pair.server.connection.summary().cipher_suite, GetParam());
  std::string all;
  for (const std::size_t size : {1, 15, 16, 17, 16383, 16384, 16385, 100000}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    pair.client.write(data);
    pair.server.write(data);
    all += data;
  }
  pair.run();
  EXPECT_EQ(pair.server.data, all);
  EXPECT_EQ(pair.client.data, all);
}
INSTANTIATE_TEST_SUITE_P(Tls12, EverySuite12, testing::ValuesIn(tls12().cipher_suites),
                         [](const auto& each) { return to_string(each.param); });

class EveryGroup12 : public testing::TestWithParam<NamedGroup> {};
TEST_P(EveryGroup12, is_agreed_on) {
  auto policy = tls12();
  policy.groups = policy.key_shares = {GetParam()};
  Pair pair(client_builder().policy(policy).build().value(),
            ServerConfig::builder().credential(credential(KeyKind::rsa_2048)).build().value());
  pair.run();
  expect_established(pair);
  EXPECT_EQ(pair.server.connection.summary().group, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Tls12, EveryGroup12,
                         testing::Values(NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1,
                                         NamedGroup::secp521r1),
                         [](const auto& each) { return to_string(each.param); });

class EveryKey12 : public testing::TestWithParam<KeyKind> {};
TEST_P(EveryKey12, proves_the_server_and_the_client) {
  Pair pair(client_builder().policy(tls12()).credential(client_credential(GetParam())).build().value(),
            ServerConfig::builder()
                .credential(credential(GetParam()))
                .request_client_certificate(ClientAuth::required, roots())
                .build()
                .value());
  pair.run();
  expect_established(pair);
  EXPECT_EQ(pair.server.connection.summary().peer_chain, client_credential(GetParam()).chain());
}
INSTANTIATE_TEST_SUITE_P(Tls12, EveryKey12,
                         testing::Values(KeyKind::ecdsa_p256, KeyKind::ecdsa_p384, KeyKind::ecdsa_p521,
                                         KeyKind::ed25519, KeyKind::rsa_2048, KeyKind::rsa_pss_2048),
                         [](const auto& each) { return "kind" + std::to_string(static_cast<int>(each.param)); });

TEST(Tls12, is_not_spoken_where_both_sides_have_the_newer_version) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.run();
  EXPECT_EQ(pair.client.connection.summary().version, ProtocolVersion::tls13);
}

TEST(Tls12, works_when_every_octet_comes_alone) {
  Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  pair.run(1);
  expect_established(pair);
}

TEST(Tls12, takes_the_protocol_that_the_server_prefers) {
  Pair pair(client_builder().policy(tls12()).alpn({"http/1.1", "h2"}).build().value(),
            server_builder().alpn({"h2", "http/1.1"}).build().value());
  pair.run();
  EXPECT_EQ(pair.client.connection.summary().application_protocol, "h2");
}

TEST(Tls12, chooses_the_suite_that_goes_with_the_certificate) {
  const auto server = ServerConfig::builder().credential(credential(KeyKind::rsa_2048)).build().value();
  Pair pair(client_builder().policy(tls12()).build().value(), server);
  pair.run();
  expect_established(pair);
  EXPECT_EQ(pair.client.connection.summary().cipher_suite, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);

  Pair no_suite(
      client_builder().policy(with_suite(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)).build().value(),
      server);
  no_suite.run();
  ASSERT_TRUE(no_suite.server.error);
  EXPECT_EQ(no_suite.client.error->alert, Alert::handshake_failure);
}

TEST(Tls12, resumes_with_a_ticket_again_and_again) {
  const auto client = client_builder().policy(tls12()).build().value();
  const auto server = server_builder().build().value();
  for (const bool resumed : {false, true, true}) {
    Pair pair(client, server);
    pair.run();
    expect_established(pair);
    EXPECT_EQ(pair.client.connection.summary().resumed, resumed);
    EXPECT_EQ(pair.server.connection.summary().resumed, resumed);
    EXPECT_NE(pair.client.connection.summary().peer_authenticated, "");
    pair.client.write("question");
    pair.server.write("answer");
    pair.run();
    EXPECT_EQ(pair.server.data, "question");
    EXPECT_EQ(pair.client.data, "answer");
  }
}

TEST(Tls12, sessions_do_not_resume_in_the_other_version) {
  const auto store = make_memory_session_store();
  const auto keys = TicketKeys::generate().value();
  Pair older(client_builder().policy(tls12()).session_store(store).build().value(),
             server_builder().ticket_keys(keys).build().value());
  older.run();
  expect_established(older);
  Pair newer(client_builder().session_store(store).build().value(), server_builder().ticket_keys(keys).build().value());
  newer.run();
  expect_established(newer);
  EXPECT_EQ(newer.client.connection.summary().version, ProtocolVersion::tls13);
  EXPECT_FALSE(newer.client.connection.summary().resumed);
}

TEST(Tls12, exports_the_same_on_both_sides) {
  Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  pair.run();
  EXPECT_EQ(pair.client.connection.channel_binding().value(), pair.server.connection.channel_binding().value());
}

TEST(Tls12, logs_the_master_secret) {
  const auto log = std::make_shared<KeptKeyLog>();
  Pair pair(client_builder().policy(tls12()).key_log(log).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_EQ(log->lines.size(), 1u);
  EXPECT_TRUE(log->lines.front().starts_with("CLIENT_RANDOM "));
  EXPECT_EQ(log->secrets.at("CLIENT_RANDOM").size(), 96u);
}

TEST(Tls12, has_no_key_updates_and_ends_at_the_limit_of_its_keys) {
  auto policy = tls12();
  policy.limits.gcm_records_per_key = 8;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  EXPECT_EQ(pair.client.connection.update_keys(Connection::UpdateKeys::ours, pair.client.out).error().code,
            Code::wrong_state);
  Result<void> written;
  int writes = 0;
  while ((written = pair.client.connection.write(as_bytes("x"), pair.client.out)) && writes < 100) ++writes;
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::key_usage_limit_reached);
  EXPECT_EQ(writes, 6);  // Finished was the first record, and the last is left for an alert
}

TEST(Tls12, questions_can_all_be_answered_late) {
  Pair pair(
      client_builder().policy(tls12()).ask(Ask::everything).build().value(),
      server_builder().ask(Ask::everything).request_client_certificate(ClientAuth::required, roots()).build().value());
  const auto verifier = make_verifier(roots());
  int answered = 0;
  for (int round = 0; round < 10 && !pair.established(); ++round) {
    pair.run();
    for (auto* end : {&pair.client, &pair.server})
      for (const auto& question : std::exchange(end->questions, {})) {
        Answer answer = NoCredential{};
        if (const auto* verify = std::get_if<VerifyQuestion>(&question.what))
          answer = verifier->verify(verify->request).value();
        if (const auto* sign = std::get_if<SignQuestion>(&question.what))
          answer = Signature{sign->credential.sign(sign->scheme, sign->message).value()};
        if (std::holds_alternative<ChooseClientCredentialQuestion>(question.what)) answer = client_credential();
        if (std::holds_alternative<ChooseCredentialQuestion>(question.what)) answer = credential();
        ASSERT_TRUE(end->connection.answer(question.id, std::move(answer), end->out));
        ++answered;
      }
  }
  pair.run();
  expect_established(pair);
  EXPECT_EQ(answered, 6);
}

TEST(Tls12, with_any_octet_of_any_flight_changed_there_is_no_connection) {
  const auto client = client_builder().policy(tls12()).session_store(nullptr).build().value();
  const auto server = server_builder().build().value();
  for (std::size_t at = 0; at < 1200; ++at) {
    Pair pair(client, server);
    const auto first = pair.client.out.size();
    if (at < first) {
      pair.client.out.readable()[at] ^= std::byte{0x01};
    } else {
      pair.server.in.append(pair.client.out.readable());
      pair.client.out.clear();
      pair.server.run();
      if (at - first >= pair.server.out.size()) break;
      pair.server.out.readable()[at - first] ^= std::byte{0x01};
    }
    pair.run();
    const bool version_of_a_header = at == 2 || at == first + 2;  // not covered before there are keys
    EXPECT_EQ(pair.established(), version_of_a_header) << at;
  }
}

}  // namespace
}  // namespace sotto
