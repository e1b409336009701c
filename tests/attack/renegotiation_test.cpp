// Attacks by renegotiation: a prefix spliced before somebody else's handshake (CVE-2009-3555), the same again by
// three handshakes (2014), and a flood of handshakes. RFC 5746; RFC 7627.
#include "attack/scene.hpp"
#include "handshake/agreed12.hpp"
#include "keys/exporter.hpp"

namespace sotto::attack {
namespace {

using std::chrono::system_clock;

Policy renegotiating() {
  auto policy = tls12();
  policy.renegotiation = Renegotiation::allowed;
  return policy;
}
ClientConfig::Builder client12() { return std::move(client_builder().policy(renegotiating())); }
ServerConfig::Builder server12() { return std::move(server_builder().policy(renegotiating())); }

/// Carries the client's hello to the server with that extension changed, or removed where there is no `data`.
void deliver_hello(Pair& pair, ExtensionType type, const std::optional<Bytes>& data) {
  Flight hello(pair.client.out);
  change_extension<wire::ClientHello>(hello.of(HandshakeType::client_hello), type, data);
  hello.send();
  deliver(pair.client, pair.server);
}
/// The same with the server's answer.
void deliver_answer(Pair& pair, ExtensionType type, const std::optional<Bytes>& data) {
  Flight answer(pair.server.out);
  change_extension<wire::ServerHello>(answer.of(HandshakeType::server_hello), type, data);
  answer.send();
  deliver(pair.server, pair.client);
}

TEST(RenegotiationPrefix, before_the_hello_of_a_victim_is_refused) {
  // The attacker has a connection of its own, and hands the victim's first ClientHello to the server on it: the server
  // would take what the attacker said before for the victim's words.
  Hostile attacker(From::client, ProtocolVersion::tls12, renegotiating());
  attacker.send(ContentType::application_data,
                as_view(std::string_view("GET /transfer?to=attacker HTTP/1.1\r\nX-Ignore: ")));
  EXPECT_FALSE(attacker.victim->data.empty());
  Buffer victims_hello;
  const auto victim = Connection::client(client12().build().value(), ServerName("localhost"), victims_hello);
  ASSERT_TRUE(victim);
  attacker.send(ContentType::handshake, Flight(victims_hello).of(HandshakeType::client_hello));
  expect_refused(*attacker.victim, Code::renegotiation_mismatch, Alert::handshake_failure);
}

TEST(RenegotiationPrefix, without_the_extension_is_refused_on_an_open_connection) {
  for (const bool scsv : {false, true}) {
    Hostile attacker(From::client, ProtocolVersion::tls12, renegotiating());
    Buffer out;
    const auto victim = Connection::client(client12().build().value(), ServerName("localhost"), out);
    ASSERT_TRUE(victim);
    auto hello = Flight(out).of(HandshakeType::client_hello);
    if (!scsv) change_extension<wire::ClientHello>(hello, ExtensionType::renegotiation_info, std::nullopt);
    Bytes suites;
    change<wire::ClientHello>(hello, [&](auto& message) {
      suites = own(message.cipher_suites.encoded());
      if (scsv) suites.insert(suites.end(), {0x00, 0xff});
      message.cipher_suites = wire::Codes<CipherSuite>(suites);
    });
    attacker.send(ContentType::handshake, hello);
    expect_refused(*attacker.victim, Code::renegotiation_mismatch, Alert::handshake_failure);
  }
}

TEST(RenegotiationPrefix, in_a_first_handshake_is_refused_by_both_sides) {
  // RFC 5746, 3.4 and 3.6: in a first handshake the extension has to be empty.
  const Bytes not_empty = {12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  Pair to_server(client12().build().value(), server12().build().value());
  deliver_hello(to_server, ExtensionType::renegotiation_info, not_empty);
  expect_refused(to_server.server, Code::renegotiation_mismatch, Alert::handshake_failure);

  Pair to_client(client12().build().value(), server12().build().value());
  deliver(to_client.client, to_client.server);
  deliver_answer(to_client, ExtensionType::renegotiation_info, not_empty);
  expect_refused(to_client.client, Code::renegotiation_mismatch, Alert::handshake_failure);
}

TEST(RenegotiationPrefix, could_work_with_peers_that_do_not_know_the_extension_so_they_are_refused) {
  Pair to_server(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  deliver_hello(to_server, ExtensionType::renegotiation_info, std::nullopt);
  expect_refused(to_server.server, Code::no_secure_renegotiation, Alert::handshake_failure);

  Pair to_client(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  deliver(to_client.client, to_client.server);
  deliver_answer(to_client, ExtensionType::renegotiation_info, std::nullopt);
  expect_refused(to_client.client, Code::no_secure_renegotiation, Alert::handshake_failure);
}

TEST(RenegotiationPrefix, by_a_server_that_answers_a_renegotiation_as_a_first_handshake_is_refused) {
  // Two messages in one: the ServerHello of the renegotiation, with the extension emptied or gone.
  for (const auto& info : {std::optional(Bytes{0}), std::optional<Bytes>()}) {
    Hostile attacker(From::server, ProtocolVersion::tls12, renegotiating());
    auto& client = *attacker.victim;
    ASSERT_TRUE(client.connection.renegotiate(client.out));
    Pair other(client12().build().value(), server12().build().value());
    deliver(other.client, other.server);
    auto hello = Flight(other.server.out).of(HandshakeType::server_hello);
    change_extension<wire::ServerHello>(hello, ExtensionType::renegotiation_info, info);
    attacker.send(ContentType::handshake, hello);
    expect_refused(client, Code::renegotiation_mismatch, Alert::handshake_failure);
  }
}

TEST(RenegotiationPrefix, is_no_matter_where_renegotiation_is_off_as_it_is_by_default) {
  Buffer out;
  const auto victim = Connection::client(client12().build().value(), ServerName("localhost"), out);
  ASSERT_TRUE(victim);
  const auto hello = Flight(out).of(HandshakeType::client_hello);
  Hostile older(From::client, ProtocolVersion::tls12);
  older.send(ContentType::handshake, hello);
  expect_refused(*older.victim, Code::renegotiation_refused, Alert::no_renegotiation);
  Hostile newer(From::client, ProtocolVersion::tls13);
  newer.send(ContentType::handshake, hello);
  expect_refused(*newer.victim, Code::unexpected_message, Alert::unexpected_message);
}

TEST(Downgrade, from_encrypt_then_mac_is_refused_by_both_sides) {
  // RFC 7366, 3.1: "implementations MUST NOT downgrade from encrypt-then-MAC to MAC-then-encrypt".
  auto policy = with_suite12(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA);
  policy.require_extended_master_secret = false;
  const auto client_config = client_builder().policy(policy).build().value();
  const auto server_config = server_builder().policy(policy).build().value();
  for (const auto victim : both_sides)
    for (const bool attacked : {false, true}) {
      const auto before = [] {
        auto left = std::make_unique<handshake::Renegotiable>();
        left->encrypt_then_mac = left->extended_master_secret = true;
        left->server_name = "localhost";
        return left;
      };
      MessageClient client(client_config, before(), nullptr);
      MessageServer server(server_config, before(), ClientAuth::none, nullptr);
      client.run();
      server.run();
      auto hello = client.sent().front();
      if (attacked && victim == From::server)
        change_extension<wire::ClientHello>(hello, ExtensionType::encrypt_then_mac, std::nullopt);
      server.take(hello);
      if (victim == From::server) {
        if (attacked) {
          expect_refused(server.error, Code::renegotiation_mismatch, Alert::handshake_failure);
        } else {
          EXPECT_FALSE(server.error);
        }
        continue;
      }
      auto answer = server.sent().front();
      if (attacked) change_extension<wire::ServerHello>(answer, ExtensionType::encrypt_then_mac, std::nullopt);
      client.take(answer);
      if (attacked) {
        expect_refused(client.error, Code::renegotiation_mismatch, Alert::handshake_failure);
      } else {
        EXPECT_FALSE(client.error);
      }
    }
}

TEST(Downgrade, from_encrypt_then_mac_is_not_forgotten_over_a_suite_without_it) {
  const auto policy = renegotiating();
  handshake::Agreed12 agreed;
  agreed.secure_renegotiation = agreed.encrypt_then_mac = true;
  const auto first = handshake::renegotiable_after(agreed, nullptr, policy, {}, {});
  ASSERT_TRUE(first);
  agreed.encrypt_then_mac = false;
  const auto second = handshake::renegotiable_after(agreed, first.get(), policy, {}, {});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->encrypt_then_mac);
  EXPECT_FALSE(handshake::renegotiable_after(agreed, nullptr, policy, {}, {})->encrypt_then_mac);
}

TEST(RenegotiationFlood, of_a_peer_is_limited_in_each_minute) {
  for (const bool by_client : {true, false}) {
    auto time = system_clock::now();
    const auto clock = [&time] { return time; };
    Pair pair(client12().clock(clock).build().value(), server12().clock(clock).build().value());
    pair.run();
    auto& starter = by_client ? pair.client : pair.server;
    auto& peer = by_client ? pair.server : pair.client;
    for (int i = 0; i < 8; ++i) {
      if (i == 4) time += std::chrono::minutes(1);
      ASSERT_TRUE(starter.connection.renegotiate(starter.out));
      pair.run();
      ASSERT_FALSE(peer.error);
    }
    ASSERT_TRUE(starter.connection.renegotiate(starter.out));
    pair.run();
    expect_refused(peer, Code::too_many_renegotiations, Alert::no_renegotiation);
  }
}

TEST(RenegotiationFlood, of_requests_to_a_client_that_declines_ends_it) {
  for (const unsigned requests : {4u, 5u}) {
    Hostile attacker(From::server, ProtocolVersion::tls12);
    for (unsigned i = 0; i < requests; ++i) attacker.send_hex(ContentType::handshake, "00000000");
    if (requests == 4) {
      EXPECT_FALSE(attacker.victim->error);
    } else {
      expect_refused(*attacker.victim, Code::too_many_warning_alerts, Alert::unexpected_message);
    }
  }
}

TEST(TripleHandshake, needs_a_server_that_changes_and_it_may_not) {
  Pair pair(client12().build().value(), server_builder().policy(renegotiating()).ask(Ask::credential).build().value());
  const auto answer = [&](Credential credential) {
    pair.run();
    const auto questions = std::exchange(pair.server.questions, {});
    ASSERT_EQ(questions.size(), 1u);
    ASSERT_TRUE(pair.server.connection.answer(questions.front().id, std::move(credential), pair.server.out));
    pair.run();
  };
  answer(credential());
  ASSERT_TRUE(pair.established());
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  answer(credential(KeyKind::rsa_2048));
  expect_refused(pair.client, Code::peer_certificate_changed, Alert::illegal_parameter);
}

TEST(TripleHandshake, needs_a_resumption_without_extended_master_secret_and_neither_side_takes_one) {
  const auto client = client_builder().policy(tls12()).build().value();
  const auto server = server_builder().build().value();
  Pair(client, server).run();
  Pair to_server(client, server);
  deliver_hello(to_server, ExtensionType::extended_master_secret, std::nullopt);
  expect_refused(to_server.server, Code::extended_master_secret_changed, Alert::handshake_failure);

  Pair(client, server).run();
  Pair to_client(client, server);
  deliver(to_client.client, to_client.server);
  deliver_answer(to_client, ExtensionType::extended_master_secret, std::nullopt);
  expect_refused(to_client.client, Code::extended_master_secret_changed, Alert::handshake_failure);
}

TEST(TripleHandshake, gets_no_session_without_extended_master_secret) {
  // RFC 7627, 5.3. The two sides disagree about the hello and end at Finished; until then the server promised no
  // ticket.
  Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  deliver_hello(pair, ExtensionType::extended_master_secret, std::nullopt);
  Flight said(pair.server.out);  // which the message borrows from
  const auto answer = wire::parse_message<wire::ServerHello>(said.of(HandshakeType::server_hello));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->extensions.has(ExtensionType::extended_master_secret));
  EXPECT_FALSE(answer->extensions.has(ExtensionType::session_ticket));
}

TEST(TripleHandshake, gets_no_exporter_and_so_no_channel_binding_without_extended_master_secret) {
  // RFC 7627, 5.4.
  handshake::Agreed12 agreed;
  agreed.suite = keys::find_suite(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
  agreed.master = keys::MasterSecret(Bytes(48, 7));
  std::array<std::uint8_t, 32> out{};
  EXPECT_FALSE(keys::export_from(handshake::exporter_of(agreed), "EXPORTER-Channel-Binding", std::nullopt, out));
  agreed.extended_master_secret = true;
  EXPECT_TRUE(keys::export_from(handshake::exporter_of(agreed), "EXPORTER-Channel-Binding", std::nullopt, out));
}

TEST(TripleHandshake, is_met_by_the_offer_of_every_client) {
  for (const auto& policy : {Policy::modern(), Policy::compatible(), Policy::legacy()}) {
    Buffer out;
    const auto client =
        Connection::client(client_builder().policy(policy).build().value(), ServerName("localhost"), out);
    ASSERT_TRUE(client);
    const auto raw = Flight(out).of(HandshakeType::client_hello);
    const auto hello = wire::parse_message<wire::ClientHello>(raw);
    ASSERT_TRUE(hello);
    EXPECT_TRUE(hello->extensions.has(ExtensionType::extended_master_secret)) << policy.name;
    EXPECT_TRUE(hello->extensions.has(ExtensionType::renegotiation_info)) << policy.name;
  }
}

}  // namespace
}  // namespace sotto::attack
