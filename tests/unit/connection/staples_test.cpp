// What a server shows with its certificate: OCSP responses (RFC 6066, 8) and signed certificate timestamps (RFC 6962).
#include <gtest/gtest.h>

#include <algorithm>

#include "support/hex.hpp"
#include "support/message_peer.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

const auto kept_response = own_public(as_view(std::string_view("an OCSP response, to us just octets")));
const auto kept_timestamps = own_public(as_view(std::string_view("\0\1x\0\2yz", 7)));

/// Keeps what it was asked to judge.
class Listener final : public Verifier {
 public:
  mutable std::optional<VerifyRequest> heard;

 private:
  [[nodiscard]] Result<Judgement> judge(const VerifyRequest& request) const override {
    heard = request;
    return Judgement{request.chain, "by a listener", true};
  }
};

enum class Asks { nothing, response, timestamps, both };
Policy asking(ProtocolVersion version, Asks asks) {
  auto policy = Policy::legacy();
  policy.versions = {version};
  policy.request_ocsp_response = asks == Asks::response || asks == Asks::both;
  policy.request_sct_list = asks == Asks::timestamps || asks == Asks::both;
  return policy;
}
Credential stapled(KeyKind key = KeyKind::ecdsa_p256) {
  return credential(key).with_ocsp_response(kept_response).with_sct_list(kept_timestamps);
}
std::shared_ptr<const ServerConfig> stapling() {
  return ServerConfig::builder().policy(Policy::legacy()).credential(stapled()).build().value();
}

class Staples : public testing::TestWithParam<ProtocolVersion> {};
TEST_P(Staples, reach_the_verifier_and_the_summary_if_they_were_asked_for) {
  for (const auto asks : {Asks::nothing, Asks::response, Asks::timestamps, Asks::both}) {
    const auto listener = std::make_shared<Listener>();
    Pair pair(client_builder().policy(asking(GetParam(), asks)).verifier(listener).build().value(), stapling());
    pair.run();
    ASSERT_TRUE(pair.established());
    const bool wants_response = asks == Asks::response || asks == Asks::both;
    const bool wants_timestamps = asks == Asks::timestamps || asks == Asks::both;
    const auto& summary = pair.client.connection.summary();
    EXPECT_EQ(summary.ocsp_response, wants_response ? kept_response : std::vector<std::byte>());
    EXPECT_EQ(summary.sct_list, wants_timestamps ? kept_timestamps : std::vector<std::byte>());
    EXPECT_EQ(listener->heard->ocsp_response, summary.ocsp_response);
    EXPECT_EQ(listener->heard->sct_list, summary.sct_list);
  }
}

TEST_P(Staples, with_an_empty_timestamp_cannot_be_read) {
  const std::vector<std::byte> with_empty_one = {std::byte{0}, std::byte{1}, std::byte{'x'}, std::byte{0},
                                                 std::byte{0}};
  Pair pair(client_builder().policy(asking(GetParam(), Asks::timestamps)).build().value(),
            ServerConfig::builder().credential(credential().with_sct_list(with_empty_one)).build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::malformed_extension);
}

TEST_P(Staples, may_be_missing) {
  Pair pair(client_builder().policy(asking(GetParam(), Asks::both)).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_TRUE(pair.client.connection.summary().ocsp_response.empty());
  EXPECT_TRUE(pair.client.connection.summary().sct_list.empty());
}

TEST_P(Staples, are_not_shown_again_on_resumption) {
  const auto client = client_builder().policy(asking(GetParam(), Asks::both)).build().value();
  const auto server = stapling();
  for (const bool resumed : {false, true}) {
    Pair pair(client, server);
    pair.run();
    ASSERT_EQ(pair.client.connection.summary().resumed, resumed);
    EXPECT_EQ(pair.client.connection.summary().ocsp_response.empty(), resumed);
  }
}

TEST_P(Staples, that_nobody_asked_for_are_refused) {
  // RFC 8446, 4.4.2 and RFC 5246, 7.4.1.4: what answers no extension of ours is unsupported_extension.
  for (const auto asks : {Asks::response, Asks::timestamps}) {
    MessageClient quiet(client_builder().policy(asking(GetParam(), Asks::nothing)).build().value(),
                        ServerName("localhost"), nullptr);
    MessageServer server(stapling(), nullptr);
    // The server answers another client, which asks; the quiet one is told.
    MessageClient asker(client_builder().policy(asking(GetParam(), asks)).build().value(), ServerName("localhost"),
                        nullptr);
    asker.run();
    quiet.run();
    server.take(asker.sent().front());
    const auto flight = server.sent();
    if (GetParam() == ProtocolVersion::tls12) {
      quiet.take(flight.front());
      ASSERT_TRUE(quiet.error);
      EXPECT_EQ(quiet.error->alert, Alert::unsupported_extension);
      continue;
    }
    // In TLS 1.3 keys differ, which matters to records alone: the messages can be taken as they are.
    MessageServer other(server_builder().build().value(), nullptr);
    other.take(quiet.sent().front());
    const auto ours = other.sent();
    for (std::size_t i = 0; i < 2; ++i) quiet.take(ours.at(i));
    quiet.take(flight.at(2));
    ASSERT_TRUE(quiet.error);
    EXPECT_EQ(quiet.error->code, Code::unexpected_extension) << quiet.error->message();
  }
}
INSTANTIATE_TEST_SUITE_P(BothVersions, Staples, testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                         [](const auto& each) { return each.param == ProtocolVersion::tls13 ? "Tls13" : "Tls12"; });

class EveryExchange : public testing::TestWithParam<CipherSuite> {};
TEST_P(EveryExchange, takes_certificate_status_or_does_without_it) {
  // RFC 6066, 8: a server "MAY also choose not to send a CertificateStatus message" that it announced.
  for (const bool dropped : {false, true}) {
    auto policy = asking(ProtocolVersion::tls12, Asks::response);
    policy.cipher_suites = {GetParam()};
    MessageClient client(client_builder().policy(policy).build().value(), ServerName("localhost"), nullptr);
    MessageServer server(ServerConfig::builder()
                             .policy(Policy::legacy())
                             .credential(stapled(KeyKind::rsa_2048))
                             .request_client_certificate(ClientAuth::optional, roots())
                             .build()
                             .value(),
                         nullptr);
    client.run();
    server.take(client.sent().front());
    for (const auto& message : server.sent()) {
      const bool status = wire::type_of(message) == wire::HandshakeType::certificate_status;
      if (!status || !dropped) client.take(message);
    }
    ASSERT_FALSE(client.error) << client.error->message();
    EXPECT_GE(client.sent().size(), 2u);  // it answered the whole flight
  }
}
INSTANTIATE_TEST_SUITE_P(Tls12, EveryExchange,
                         testing::Values(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                         CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
                                         CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256),
                         [](const auto& each) { return to_string(each.param); });

TEST(CertificateStatus, that_was_not_announced_is_unexpected) {
  MessageClient client(client_builder().policy(asking(ProtocolVersion::tls12, Asks::response)).build().value(),
                       ServerName("localhost"), nullptr);
  MessageServer server(server_builder().build().value(), nullptr);
  client.run();
  server.take(client.sent().front());
  const auto flight = server.sent();
  client.take(flight.at(0));
  client.take(flight.at(1));
  client.take(Bytes{22, 0, 0, 5, 1, 0, 0, 1, 'x'});
  ASSERT_TRUE(client.error);
  EXPECT_EQ(client.error->code, Code::unexpected_message);
}

TEST(CertificateStatus, of_another_type_or_empty_cannot_be_read) {
  for (const auto& bad : {Bytes{22, 0, 0, 5, 2, 0, 0, 1, 'x'}, Bytes{22, 0, 0, 4, 1, 0, 0, 0}}) {
    MessageClient client(client_builder().policy(asking(ProtocolVersion::tls12, Asks::response)).build().value(),
                         ServerName("localhost"), nullptr);
    MessageServer server(stapling(), nullptr);
    client.run();
    server.take(client.sent().front());
    const auto flight = server.sent();
    client.take(flight.at(0));
    client.take(flight.at(1));
    client.take(bad);
    ASSERT_TRUE(client.error);
    EXPECT_EQ(client.error->alert, Alert::decode_error);
  }
}

}  // namespace
}  // namespace sotto
