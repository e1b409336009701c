// Client authentication after the handshake, in TLS 1.3.
#include <gtest/gtest.h>

#include <map>

#include "support/forger.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

ClientConfig::Builder willing_client() {
  auto builder = client_builder();
  builder.post_handshake_authentication().credential(client_credential());
  return builder;
}
ServerConfig::Builder asking_server() {
  auto builder = server_builder();
  builder.request_client_certificate(ClientAuth::on_request, roots());
  return builder;
}

struct Open : Pair {
  explicit Open(std::shared_ptr<const ClientConfig> client_config = willing_client().build().value(),
                std::shared_ptr<const ServerConfig> server_config = asking_server().build().value())
      : Pair(std::move(client_config), std::move(server_config)) {
    run();
    EXPECT_TRUE(established());
    EXPECT_TRUE(server.connection.summary().peer_chain.empty());
  }
  Result<void> ask(ClientAuth mode = ClientAuth::required) {
    return server.connection.request_client_certificate(mode, server.out);
  }
};

TEST(LaterAuthentication, shows_the_certificate_on_an_open_connection) {
  Open pair;
  ASSERT_TRUE(pair.ask());
  EXPECT_FALSE(pair.server.connection.is_renegotiating());
  pair.run();
  ASSERT_FALSE(pair.server.error) << pair.server.error->message();
  ASSERT_FALSE(pair.client.error) << pair.client.error->message();
  EXPECT_EQ(pair.server.client_authentications, 1);
  EXPECT_EQ(pair.client.client_authentications, 1);
  EXPECT_EQ(pair.server.connection.summary().peer_chain, client_credential().chain());
  EXPECT_NE(pair.server.connection.summary().peer_authenticated, "");
  EXPECT_EQ(pair.server.connection.summary().server_name, "localhost");
  pair.client.write("up");
  pair.server.write("down");
  pair.run();
  EXPECT_EQ(pair.server.data, "up");
  EXPECT_EQ(pair.client.data, "down");
}

TEST(LaterAuthentication, works_octet_by_octet_and_more_than_once) {
  Open pair;
  for (const int count : {1, 2, 3}) {
    ASSERT_TRUE(pair.ask());
    pair.run(1);
    EXPECT_EQ(pair.server.client_authentications, count);
  }
}

TEST(LaterAuthentication, lets_data_flow_meanwhile) {
  Open pair;
  ASSERT_TRUE(pair.ask());
  pair.server.write("behind the request");
  pair.client.write("before the answer");
  pair.run();
  EXPECT_EQ(pair.client.data, "behind the request");
  EXPECT_EQ(pair.server.data, "before the answer");
  EXPECT_EQ(pair.server.client_authentications, 1);
}

TEST(LaterAuthentication, survives_key_updates_before_meanwhile_and_after) {
  Open pair;
  const auto update = [&pair] {
    ASSERT_TRUE(pair.client.connection.update_keys(Connection::UpdateKeys::both, pair.client.out));
    ASSERT_TRUE(pair.server.connection.update_keys(Connection::UpdateKeys::ours, pair.server.out));
  };
  update();
  pair.run();
  ASSERT_TRUE(pair.ask());
  update();
  pair.run();
  EXPECT_EQ(pair.server.client_authentications, 1);
  update();
  pair.run();
  pair.client.write("goes on");
  pair.run();
  EXPECT_EQ(pair.server.data, "goes on");
}

TEST(LaterAuthentication, can_be_answered_late_in_one_piece_with_data_before_it) {
  Open pair(willing_client().ask(Ask::signature).build().value());
  ASSERT_TRUE(pair.ask());
  pair.run();
  ASSERT_EQ(pair.client.questions.size(), 1U);
  const auto& question = pair.client.questions.front();
  const auto& sign = std::get<SignQuestion>(question.what);
  pair.client.write("while the signature is made");
  ASSERT_TRUE(pair.client.connection.update_keys(Connection::UpdateKeys::ours, pair.client.out));
  pair.run();
  EXPECT_EQ(pair.server.data, "while the signature is made");
  EXPECT_EQ(pair.server.client_authentications, 0);
  auto signature = sign.credential.sign(sign.scheme, sign.message).value();
  ASSERT_TRUE(pair.client.connection.answer(question.id, Signature{std::move(signature)}, pair.client.out));
  pair.run();
  ASSERT_FALSE(pair.server.error) << pair.server.error->message();
  EXPECT_EQ(pair.server.client_authentications, 1);
}

TEST(LaterAuthentication, is_traced_with_each_message_once) {
  struct Counts final : Trace {
    void on(const TraceEvent& event) override {
      if (event.kind == TraceEvent::Kind::handshake_message && event.direction == Direction::received)
        ++received[std::string(event.name)];
    }
    std::map<std::string, int> received;
  };
  const auto at_client = std::make_shared<Counts>();
  const auto at_server = std::make_shared<Counts>();
  Pair pair(willing_client().build().value(), asking_server().build().value(), "localhost", {.trace = at_client},
            {.trace = at_server});
  pair.run();
  ASSERT_TRUE(pair.server.connection.request_client_certificate(ClientAuth::required, pair.server.out));
  pair.run();
  ASSERT_EQ(pair.server.client_authentications, 1);
  EXPECT_EQ(at_client->received["CertificateRequest"], 1);
  EXPECT_EQ(at_server->received["Certificate"], 1);
  EXPECT_EQ(at_server->received["CertificateVerify"], 1);
  EXPECT_EQ(at_server->received["Finished"], 2);
}

TEST(LaterAuthentication, says_nothing_more_once_the_client_has_closed) {
  Open pair(willing_client().ask(Ask::signature).build().value());
  ASSERT_TRUE(pair.ask());
  pair.run();
  ASSERT_EQ(pair.client.questions.size(), 1U);
  const auto& question = pair.client.questions.front();
  const auto& sign = std::get<SignQuestion>(question.what);
  auto signature = sign.credential.sign(sign.scheme, sign.message).value();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  pair.run();
  EXPECT_TRUE(pair.server.peer_closed);
  ASSERT_TRUE(pair.client.connection.answer(question.id, Signature{std::move(signature)}, pair.client.out));
  pair.client.run();
  EXPECT_TRUE(pair.client.out.empty());
}

TEST(LaterAuthentication, can_be_declined_where_it_is_optional) {
  Open pair(client_builder().post_handshake_authentication().build().value());
  ASSERT_TRUE(pair.ask(ClientAuth::optional));
  pair.run();
  EXPECT_EQ(pair.server.client_authentications, 1);
  EXPECT_TRUE(pair.server.connection.summary().peer_chain.empty());
  ASSERT_TRUE(pair.ask(ClientAuth::required));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::certificate_missing);
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->alert, Alert::certificate_required);
  EXPECT_NE(pair.client.error->message().find("the server wants a client certificate, and none was shown"),
            std::string::npos)
      << pair.client.error->message();
}

TEST(LaterAuthentication, works_on_a_resumed_connection) {
  const auto client = willing_client().build().value();
  const auto server = asking_server().build().value();
  const Open first(client, server);
  Open second(client, server);
  EXPECT_TRUE(second.client.connection.summary().resumed);
  ASSERT_TRUE(second.ask());
  second.run();
  EXPECT_EQ(second.server.client_authentications, 1);
}

TEST(LaterAuthentication, is_not_for_clients_that_did_not_offer_it) {
  Open pair(client_builder().credential(client_credential()).build().value());
  const auto asked = pair.ask();
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, Code::wrong_state);
}

TEST(LaterAuthentication, is_not_for_http2) {
  Open pair(willing_client().alpn({"h2"}).build().value(), asking_server().alpn({"h2"}).build().value());
  EXPECT_FALSE(pair.ask());
}

TEST(LaterAuthentication, needs_a_verifier_and_one_request_at_a_time) {
  Open without(willing_client().build().value(), server_builder().build().value());
  EXPECT_FALSE(without.ask());
  Open pair;
  ASSERT_TRUE(pair.ask());
  EXPECT_FALSE(pair.ask());
  EXPECT_FALSE(pair.client.connection.request_client_certificate(ClientAuth::required, pair.client.out));
}

TEST(LaterAuthentication, is_limited_in_each_minute) {
  Open pair;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pair.ask());
    pair.run();
    ASSERT_FALSE(pair.client.error);
  }
  ASSERT_TRUE(pair.ask());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::too_many_renegotiations);
}

// ---- what goes wrong ----

constexpr auto handshake_type = record::ContentType::handshake;

/// Returns the octets of a CertificateRequest with the context "abc" and ecdsa_secp256r1_sha256.
constexpr std::string_view request_hex =
    "0d00000e03616263000800"
    "0d000400020403";

// RFC 8446, 4.6.2: "A client that receives a post-handshake CertificateRequest message without having sent the
// "post_handshake_auth" extension MUST send an "unexpected_message" fatal alert."
TEST(LaterAuthentication, of_a_client_that_did_not_offer_it_is_an_unexpected_message) {
  for (const bool offered : {false, true}) {
    const auto log = std::make_shared<KeptKeyLog>();
    auto policy = Policy::modern();
    policy.tickets = 0;
    auto builder = client_builder();
    if (offered) builder.post_handshake_authentication();
    Pair pair(builder.key_log(log).build().value(), server_builder().policy(policy).build().value());
    pair.run();
    ASSERT_TRUE(pair.established());
    Forger server(*log, "SERVER_TRAFFIC_SECRET_0");
    server.append_hex(handshake_type, request_hex, pair.client.in);
    pair.client.run();
    EXPECT_EQ(pair.client.error.has_value(), !offered);
    if (!offered) {
      EXPECT_EQ(pair.client.error->code, Code::unexpected_message);
    } else {
      EXPECT_EQ(pair.client.client_authentications, 1);
    }
  }
}

/// A server that waits for the answer, and a forger with the client's secrets.
struct Waiting {
  Waiting() {
    pair.emplace(client_builder().post_handshake_authentication().build().value(),
                 asking_server().key_log(log).build().value());
    EXPECT_TRUE(pair->ask(ClientAuth::optional));
    client.emplace(*log, "CLIENT_TRAFFIC_SECRET_0");
  }
  void give(std::string_view hexadecimal, record::ContentType type = handshake_type) {
    client->append_hex(type, hexadecimal, pair->server.in);
    pair->server.run();
  }
  void expect(Code code) {
    ASSERT_TRUE(pair->server.error);
    EXPECT_EQ(to_string(pair->server.error->code), to_string(code));
  }
  std::shared_ptr<KeptKeyLog> log = std::make_shared<KeptKeyLog>();
  std::optional<Open> pair;
  std::optional<Forger> client;
};

TEST(LaterAuthentication, has_the_context_of_the_request) {
  Waiting waiting;
  waiting.give(
      "0b000004"
      "00000000");
  waiting.expect(Code::malformed_message);
}

TEST(LaterAuthentication, begins_with_a_certificate) {
  for (const auto* const message : {"14000020"
                                    "0000000000000000000000000000000000000000000000000000000000000000",
                                    "0f000008"
                                    "0403000400000000",
                                    "0d00000e"
                                    "03616263000800"
                                    "0d000400020403",
                                    "05000000", "01000000"}) {
    Waiting waiting;
    waiting.give(message);
    waiting.expect(Code::unexpected_message);
  }
}

TEST(LaterAuthentication, that_nobody_asked_for_is_an_unexpected_message) {
  const auto log = std::make_shared<KeptKeyLog>();
  Open pair(client_builder().post_handshake_authentication().build().value(),
            asking_server().key_log(log).build().value());
  Forger client(*log, "CLIENT_TRAFFIC_SECRET_0");
  client.append_hex(handshake_type,
                    "0b000004"
                    "00000000",
                    pair.server.in);
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::unexpected_message);
}

// RFC 8446, 4.6.2: the client believes that the handshake is over when the server refuses its certificate.
TEST(LateRefusal, of_a_client_certificate_is_told_as_what_it_is) {
  const auto stranger = LocalAuthority::create("a stranger").value();
  Pair pair(client_builder().credential(client_credential()).build().value(),
            server_builder()
                .request_client_certificate(ClientAuth::required, TrustStore::from_pem(stranger.certificate_pem()))
                .build()
                .value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_TRUE(pair.client.established);
  EXPECT_EQ(pair.client.error->code, Code::peer_alert);
  // The client has no certificate of that authority, so it showed none.
  EXPECT_NE(pair.client.error->message().find("the server wants a client certificate, and none was shown"),
            std::string::npos)
      << pair.client.error->message();
}

TEST(LateRefusal, of_a_certificate_that_was_shown_says_so) {
  auto refusing = server_builder();
  refusing.ask(Ask::verification).request_client_certificate(ClientAuth::required, roots());
  Pair pair(client_builder().credential(client_credential()).build().value(), refusing.build().value());
  pair.run();
  ASSERT_EQ(pair.server.questions.size(), 1U);
  auto refusal = Error{Code::certificate_refused, Origin::peer, Alert::certificate_unknown, {}, {}};
  EXPECT_FALSE(pair.server.connection.answer(pair.server.questions.front().id, std::move(refusal), pair.server.out));
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_TRUE(pair.client.established);
  EXPECT_NE(pair.client.error->message().find("the server refused the client certificate \"CN = client.example\""),
            std::string::npos)
      << pair.client.error->message();
}

/// What a client of TLS 1.2 says whose certificate the server refuses with `alert`, before its own Finished.
std::string words_after_refusal(Alert alert) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  auto refusing = server_builder();
  refusing.ask(Ask::verification).request_client_certificate(ClientAuth::required, roots());
  Pair pair(client_builder().policy(policy).credential(client_credential()).build().value(), refusing.build().value());
  pair.run();
  auto refusal = Error{Code::certificate_refused, Origin::peer, alert, {}, {}};
  EXPECT_FALSE(pair.server.connection.answer(pair.server.questions.front().id, std::move(refusal), pair.server.out));
  pair.run();
  EXPECT_FALSE(pair.client.established);
  return pair.client.error.value().message();
}

TEST(RefusalInTls12, of_a_certificate_that_was_shown_says_so_and_names_it) {
  const auto words = words_after_refusal(Alert::certificate_revoked);
  EXPECT_TRUE(words.starts_with("the peer ended the connection with the alert certificate_revoked")) << words;
  EXPECT_NE(words.find("the server refused the client certificate \"CN = client.example\""), std::string::npos)
      << words;
}

TEST(RefusalInTls12, by_an_alert_that_may_mean_other_things_says_no_more_than_is_known) {
  const auto words = words_after_refusal(Alert::handshake_failure);
  EXPECT_NE(words.find("it followed the client certificate \"CN = client.example\", which the server may not have "
                       "accepted"),
            std::string::npos)
      << words;
}

TEST(RefusalInTls12, of_a_client_that_shows_none_says_so) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  Pair pair(client_builder().policy(policy).build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->alert, Alert::handshake_failure);
  EXPECT_NE(pair.client.error->message().find("the server asked for a client certificate, and none was shown"),
            std::string::npos)
      << pair.client.error->message();
}

TEST(RefusalInTls12, for_other_reasons_says_nothing_of_certificates) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  policy.cipher_suites = {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  Pair pair(client_builder().policy(policy).credential(client_credential()).build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->alert, Alert::handshake_failure);
  EXPECT_EQ(pair.client.error->message().find("certificate"), std::string::npos) << pair.client.error->message();
}

}  // namespace
}  // namespace sotto
