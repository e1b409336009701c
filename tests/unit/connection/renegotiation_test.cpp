// TLS 1.2 connections that are negotiated anew, by either side, while data flows. RFC 5246, 7.4.1.1; RFC 5746.
#include <gtest/gtest.h>

#include <map>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy renegotiating() {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  policy.renegotiation = Renegotiation::allowed;
  return policy;
}
ClientConfig::Builder client12() { return std::move(client_builder().policy(renegotiating())); }
ServerConfig::Builder server12() { return std::move(server_builder().policy(renegotiating())); }

struct Opened : Pair {
  Opened(ClientConfig::Builder client_settings, ServerConfig::Builder server_settings)
      : Pair(client_settings.build().value(), server_settings.build().value()) {
    run();
  }
  void expect_open() {
    EXPECT_FALSE(client.error) << client.error->message();
    EXPECT_FALSE(server.error) << server.error->message();
    client.write("question");
    server.write("answer");
    run();
    EXPECT_TRUE(client.data.ends_with("answer"));
    EXPECT_TRUE(server.data.ends_with("question"));
  }
};

class StartedByEither : public testing::TestWithParam<bool> {
 protected:
  static End& starter(Pair& pair) { return GetParam() ? pair.client : pair.server; }
};

TEST_P(StartedByEither, changes_the_keys_and_goes_on) {
  Opened pair(client12(), server12());
  std::array<std::byte, 32> before{};
  std::array<std::byte, 32> after{};
  ASSERT_TRUE(pair.client.connection.export_keying_material("EXPERIMENTAL", std::nullopt, before));
  for (const unsigned round : {1u, 2u, 3u}) {
    ASSERT_TRUE(starter(pair).connection.renegotiate(starter(pair).out));
    pair.run();
    EXPECT_EQ(pair.client.renegotiated, round);
    EXPECT_EQ(pair.server.renegotiated, round);
    EXPECT_EQ(pair.client.connection.summary().renegotiations, round);
    EXPECT_EQ(pair.server.connection.summary().renegotiations, round);
    EXPECT_FALSE(pair.client.connection.is_renegotiating());
    pair.expect_open();
  }
  ASSERT_TRUE(pair.client.connection.export_keying_material("EXPERIMENTAL", std::nullopt, after));
  EXPECT_NE(before, after);
}

TEST_P(StartedByEither, loses_no_data_that_is_written_meanwhile) {
  Opened pair(client12(), server12());
  std::string up;
  std::string down;
  ASSERT_TRUE(starter(pair).connection.renegotiate(starter(pair).out));
  // Something is written between any two octets that travel.
  for (int i = 0; i < 20000 && (pair.client.renegotiated == 0 || pair.server.renegotiated == 0); ++i) {
    if (i % 50 == 0) {
      pair.client.write("up");
      up += "up";
      pair.server.write("down");
      down += "down";
    }
    for (auto [from, to] : {std::pair(&pair.client, &pair.server), std::pair(&pair.server, &pair.client)}) {
      if (from->out.empty()) continue;
      to->in.append(from->out.readable().first(1));
      from->out.consume(1);
      to->run();
      ASSERT_FALSE(to->error) << to->error->message();
    }
  }
  pair.run();
  EXPECT_EQ(pair.client.renegotiated, 1u);
  EXPECT_EQ(pair.server.data, up);
  EXPECT_EQ(pair.client.data, down);
}

TEST_P(StartedByEither, is_declined_where_the_other_side_has_it_switched_off) {
  auto never = renegotiating();
  never.renegotiation = Renegotiation::refused;
  auto client = client12();
  auto server = server12();
  if (GetParam()) {
    server.policy(never);
  } else {
    client.policy(never);
  }
  Opened pair(std::move(client), std::move(server));
  ASSERT_TRUE(starter(pair).connection.renegotiate(starter(pair).out));
  pair.run();
  if (GetParam()) {  // a client that wants it is turned away
    ASSERT_TRUE(pair.server.error);
    EXPECT_EQ(pair.server.error->code, Code::renegotiation_refused);
    EXPECT_EQ(pair.client.error->alert, Alert::no_renegotiation);
  } else {  // a server that wants it is told no, and goes on
    EXPECT_EQ(pair.server.refused, 1u);
    pair.expect_open();
  }
}

TEST_P(StartedByEither, is_not_for_http2) {
  Opened pair(std::move(client12().alpn({"h2"})), std::move(server12().alpn({"h2"})));
  EXPECT_EQ(starter(pair).connection.renegotiate(starter(pair).out).error().code, Code::wrong_state);
  pair.expect_open();
}

TEST_P(StartedByEither, takes_any_other_suite_and_keeps_the_protocol) {
  Opened pair(std::move(client12().alpn({"http/1.1", "other"})), std::move(server12().alpn({"other", "http/1.1"})));
  ASSERT_EQ(pair.client.connection.summary().application_protocol, "other");
  ASSERT_TRUE(starter(pair).connection.renegotiate(starter(pair).out));
  pair.run();
  EXPECT_EQ(pair.client.connection.summary().application_protocol, "other");
  EXPECT_EQ(pair.server.connection.summary().application_protocol, "other");
  EXPECT_EQ(pair.server.connection.summary().server_name, "localhost");
  pair.expect_open();
}

TEST_P(StartedByEither, works_on_a_resumed_connection) {
  const auto client = client12().build().value();
  const auto server = server12().build().value();
  Pair(client, server).run();
  Pair pair(client, server);
  pair.run();
  ASSERT_TRUE(pair.client.connection.summary().resumed);
  ASSERT_TRUE(starter(pair).connection.renegotiate(starter(pair).out));
  pair.run();
  EXPECT_EQ(pair.client.renegotiated, 1u);
  EXPECT_FALSE(pair.client.connection.summary().resumed);
}

TEST_P(StartedByEither, does_not_start_twice_at_once) {
  Opened pair(client12(), server12());
  ASSERT_TRUE(starter(pair).connection.renegotiate(starter(pair).out));
  EXPECT_EQ(starter(pair).connection.renegotiate(starter(pair).out).error().code, Code::wrong_state);
  pair.run();
  pair.expect_open();
}

TEST_P(StartedByEither, with_any_octet_of_it_changed_ends_the_connection) {
  for (std::size_t at = 5; at < 2000; at += 11) {
    Opened pair(client12(), server12());
    ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
    auto& damaged = GetParam() ? pair.client : pair.server;
    if (!GetParam()) {
      pair.server.in.append(pair.client.out.readable());
      pair.client.out.clear();
      pair.server.run();
    }
    if (at >= damaged.out.size()) break;
    damaged.out.readable()[at] ^= std::byte{1};
    pair.run();
    EXPECT_EQ(pair.client.renegotiated + pair.server.renegotiated, 0u) << at;
    EXPECT_TRUE(pair.client.error && pair.server.error) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Renegotiation, StartedByEither, testing::Bool(),
                         [](const auto& each) { return each.param ? "client" : "server"; });

TEST(Renegotiation, of_both_sides_at_once_is_one) {
  Opened pair(client12(), server12());
  ASSERT_TRUE(pair.server.connection.renegotiate(pair.server.out));
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  pair.run();
  EXPECT_EQ(pair.client.renegotiated, 1u);
  EXPECT_EQ(pair.server.renegotiated, 1u);
  pair.expect_open();
}

TEST(Renegotiation, asks_for_the_certificate_that_the_request_needs) {
  for (const auto mode : {ClientAuth::optional, ClientAuth::required}) {
    Opened pair(std::move(client12().credential(client_credential())),
                std::move(server12().request_client_certificate(ClientAuth::on_request, roots())));
    EXPECT_TRUE(pair.server.connection.summary().peer_chain.empty());
    ASSERT_TRUE(pair.server.connection.request_client_certificate(mode, pair.server.out));
    pair.run();
    EXPECT_EQ(pair.server.renegotiated, 1u);
    EXPECT_EQ(pair.server.connection.summary().peer_chain, client_credential().chain());
    EXPECT_NE(pair.server.connection.summary().peer_authenticated, "");
    pair.expect_open();
  }
}

TEST(Renegotiation, for_a_certificate_that_the_client_does_not_have_tells_so) {
  Opened optional(client12(), std::move(server12().request_client_certificate(ClientAuth::on_request, roots())));
  ASSERT_TRUE(optional.server.connection.request_client_certificate(ClientAuth::optional, optional.server.out));
  optional.run();
  EXPECT_EQ(optional.server.renegotiated, 1u);
  EXPECT_TRUE(optional.server.connection.summary().peer_chain.empty());

  Opened required(client12(), std::move(server12().request_client_certificate(ClientAuth::on_request, roots())));
  ASSERT_TRUE(required.server.connection.request_client_certificate(ClientAuth::required, required.server.out));
  required.run();
  EXPECT_EQ(required.server.error->code, Code::certificate_missing_in_tls12);
}

TEST(Renegotiation, keeps_a_client_that_showed_a_certificate_who_it_is) {
  // The application changes the certificate that it answers with.
  for (const bool same : {true, false}) {
    auto server = server12();
    server.request_client_certificate(ClientAuth::optional, roots());
    Pair pair(client12().ask(Ask::credential).build().value(), server.build().value());
    const auto answer = [&](Credential credential) {
      pair.run();
      const auto questions = std::exchange(pair.client.questions, {});
      ASSERT_EQ(questions.size(), 1u);
      ASSERT_TRUE(pair.client.connection.answer(questions.front().id, std::move(credential), pair.client.out));
      pair.run();
    };
    answer(client_credential());
    ASSERT_TRUE(pair.established());
    ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
    answer(same ? client_credential() : client_credential(KeyKind::rsa_2048));
    EXPECT_EQ(pair.server.renegotiated, same ? 1u : 0u);
    if (same) continue;
    EXPECT_EQ(pair.server.error->code, Code::peer_certificate_changed);
    EXPECT_EQ(pair.client.error->alert, Alert::illegal_parameter);
  }
}

TEST(Renegotiation, lets_no_client_become_another_by_way_of_none) {
  // A server that asks again, and would do without: whoever showed a certificate has to show it.
  Pair pair(client12().ask(Ask::credential).build().value(),
            server12().request_client_certificate(ClientAuth::optional, roots()).build().value());
  const auto answer = [&](Answer given) {
    pair.run();
    const auto questions = std::exchange(pair.client.questions, {});
    ASSERT_EQ(questions.size(), 1u);
    ASSERT_TRUE(pair.client.connection.answer(questions.front().id, std::move(given), pair.client.out));
    pair.run();
  };
  answer(client_credential());
  ASSERT_TRUE(pair.established());
  ASSERT_TRUE(pair.server.connection.request_client_certificate(ClientAuth::optional, pair.server.out));
  answer(NoCredential());
  EXPECT_EQ(pair.server.renegotiated, 0u);
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::certificate_missing_in_tls12);
}

/// Counts the handshake messages that one side received, by name.
class CountingTrace final : public Trace {
 public:
  void on(const TraceEvent& event) override {
    if (event.kind == TraceEvent::Kind::handshake_message && event.direction == Direction::received)
      ++received[std::string(event.name)];
  }
  std::map<std::string, int> received;
};

TEST(Renegotiation, is_traced_with_each_message_once) {
  const auto at_client = std::make_shared<CountingTrace>();
  const auto at_server = std::make_shared<CountingTrace>();
  Pair pair(client12().build().value(), server12().build().value(), "localhost", {.trace = at_client},
            {.trace = at_server});
  pair.run();
  ASSERT_TRUE(pair.server.connection.renegotiate(pair.server.out));
  pair.run();
  ASSERT_EQ(pair.server.renegotiated, 1u);
  EXPECT_EQ(at_client->received["HelloRequest"], 1);
  EXPECT_EQ(at_client->received["ServerHello"], 2);
  EXPECT_EQ(at_server->received["ClientHello"], 2);
  EXPECT_EQ(at_server->received["Finished"], 2);
}

TEST(Renegotiation, keeps_back_no_more_data_than_the_limit) {
  auto policy = renegotiating();
  policy.limits.held_data = 100;
  Opened pair(std::move(client12().policy(policy)), server12());
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  EXPECT_TRUE(pair.client.connection.is_renegotiating());
  pair.client.write(std::string(100, 'x'));
  EXPECT_EQ(pair.client.connection.write(as_bytes("y"), pair.client.out).error().code, Code::wrong_state);
  pair.run();
  EXPECT_EQ(pair.server.data, std::string(100, 'x'));
  pair.expect_open();
}

TEST(Renegotiation, is_finished_before_the_connection_closes) {
  Opened pair(client12(), server12());
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  pair.client.write("last words");
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  EXPECT_EQ(pair.client.connection.write(as_bytes("more"), pair.client.out).error().code, Code::closed);
  pair.run();
  EXPECT_EQ(pair.server.data, "last words");
  EXPECT_TRUE(pair.server.peer_closed);
}

TEST(Renegotiation, ends_with_a_peer_that_closes) {
  Opened pair(client12(), server12());
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  pair.client.write("last words");
  Buffer unheard = std::move(pair.client.out);
  pair.client.out = Buffer();
  ASSERT_TRUE(pair.server.connection.close(pair.server.out));
  pair.client.in.append(pair.server.out.readable());
  pair.client.run();
  EXPECT_TRUE(pair.client.peer_closed);
  EXPECT_FALSE(pair.client.connection.is_renegotiating());
  EXPECT_FALSE(pair.client.out.empty());  // what was kept back goes out under the old keys
}

TEST(Renegotiation, is_not_there_before_the_handshake_nor_in_tls13) {
  Pair early(client12().build().value(), server12().build().value());
  EXPECT_EQ(early.client.connection.renegotiate(early.client.out).error().code, Code::wrong_state);
  Opened newer(client_builder(), server_builder());
  EXPECT_EQ(newer.client.connection.renegotiate(newer.client.out).error().code, Code::wrong_state);
}

TEST(Renegotiation, is_refused_by_the_halves_of_a_split_connection) {
  Opened pair(client12(), server12());
  auto [sender, receiver] = std::move(pair.server.connection).split().value();
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  const auto step = receiver.receive(pair.client.out.readable());
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, Code::renegotiation_refused);
}

TEST(SecureRenegotiation, can_be_done_without_where_the_policy_says_so) {
  // Somebody removes renegotiation_info from the ClientHello, which a server before 2010 would not have understood.
  auto policy = renegotiating();
  policy.require_secure_renegotiation = false;
  for (const bool required : {true, false}) {
    Pair pair(client12().build().value(), server12().policy(required ? renegotiating() : policy).build().value());
    auto hello = pair.client.out.readable();
    const std::array<std::byte, 5> info = {std::byte{0xff}, std::byte{1}, std::byte{0}, std::byte{1}, std::byte{0}};
    const auto found = std::search(hello.begin(), hello.end(), info.begin(), info.end());
    ASSERT_NE(found, hello.end());
    *found = std::byte{0xfe};  // an extension that nobody knows
    pair.run();
    EXPECT_FALSE(pair.established());  // the two sides saw different hellos
    ASSERT_TRUE(pair.server.error);
    EXPECT_EQ(pair.server.error->code == Code::no_secure_renegotiation, required);
  }
}

}  // namespace
}  // namespace sotto
