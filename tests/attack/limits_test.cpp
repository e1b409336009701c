// Peers that want memory, time or the last nonce: floods of what costs nothing to send, sizes that are only announced,
// keys that are used too often, connections that are cut.
#include "attack/memory.hpp"
#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

TEST(Floods, of_empty_records_end_after_32) {
  for (const auto version : both_versions)
    for (const auto side : both_sides)
      for (const unsigned records : {32u, 33u}) {
        Hostile attacker(side, version);
        for (unsigned i = 0; i < records; ++i) attacker.send(ContentType::application_data, {});
        if (records == 33) {
          expect_refused(*attacker.victim, Code::too_many_empty_records, Alert::unexpected_message);
        } else {
          EXPECT_FALSE(attacker.victim->error);
        }
      }
}

TEST(Floods, of_warning_alerts_end_after_4) {
  for (const auto version : both_versions)
    for (const auto side : both_sides)
      for (const unsigned alerts : {4u, 5u}) {
        Hostile attacker(side, version);
        for (unsigned i = 0; i < alerts; ++i) attacker.send_hex(ContentType::alert, "015a");  // user_canceled
        if (alerts == 5) {
          expect_refused(*attacker.victim, Code::too_many_warning_alerts, Alert::unexpected_message);
        } else {
          EXPECT_FALSE(attacker.victim->error);
        }
      }
}

TEST(Floods, of_key_updates_end_after_32) {
  for (const auto side : both_sides)
    for (const unsigned updates : {32u, 33u}) {
      Hostile attacker(side, ProtocolVersion::tls13);
      for (unsigned i = 0; i < updates; ++i) {
        attacker.send_hex(ContentType::handshake, i % 2 == 0 ? "1800000100" : "1800000101");
        attacker.newer->update();
      }
      if (updates == 33) {
        expect_refused(*attacker.victim, Code::too_many_key_updates, Alert::unexpected_message);
      } else {
        EXPECT_FALSE(attacker.victim->error);
        EXPECT_TRUE(attacker.victim->out.empty()) << "answers wait for the next data, and are one";
      }
    }
}

TEST(Floods, that_alternate_end_too) {
  // What resets one counter must not be another thing without progress: only data resets all.
  Hostile attacker(From::server, ProtocolVersion::tls13);
  unsigned sent = 0;
  while (!attacker.victim->error && sent < 10000) {
    for (int empty = 0; empty < 20 && !attacker.victim->error; ++empty, ++sent)
      attacker.send(ContentType::application_data, {});
    if (attacker.victim->error) break;
    attacker.send_hex(ContentType::handshake, "1800000100");
    attacker.newer->update();
    ++sent;
  }
  expect_refused(*attacker.victim, Code::too_many_key_updates, Alert::unexpected_message);
  EXPECT_LT(sent, 21u * 34);
}

TEST(Floods, of_change_cipher_spec_in_a_handshake_end_after_32) {
  for (const unsigned records : {32u, 33u}) {
    Pair pair(client_builder().build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    for (unsigned i = 0; i < records; ++i)
      pair.server.in.append(plain_record(ContentType::change_cipher_spec, Bytes{1}));
    pair.server.run();
    if (records == 33) {
      expect_refused(pair.server, Code::too_many_empty_records, Alert::unexpected_message);
    } else {
      EXPECT_FALSE(pair.server.error);
    }
  }
}

TEST(Floods, of_tickets_end_after_32) {
  for (const unsigned tickets : {32u, 33u}) {
    auto policy = Policy::modern();
    policy.tickets = tickets;
    Pair pair(client_builder().build().value(), server_builder().policy(policy).build().value());
    pair.run();
    if (tickets == 33) {
      expect_refused(pair.client, Code::too_many_tickets, Alert::unexpected_message);
    } else {
      EXPECT_FALSE(pair.client.error);
    }
  }
}

TEST(Floods, of_warnings_in_a_handshake_end_after_4) {
  for (const unsigned alerts : {4u, 5u}) {
    Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    for (unsigned i = 0; i < alerts; ++i) pair.server.in.append(plain_record(ContentType::alert, Bytes{1, 90}));
    pair.server.run();
    if (alerts == 5) {
      expect_refused(pair.server, Code::too_many_warning_alerts, Alert::unexpected_message);
    } else {
      EXPECT_FALSE(pair.server.error);
    }
  }
}

TEST(Floods, of_empty_handshake_records_do_not_begin) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.server.in.append(plain_record(ContentType::handshake, {}));
  pair.server.run();
  expect_refused(pair.server, Code::unexpected_record, Alert::unexpected_message);
}

// ---- sizes ----

TEST(SizeBombs, that_are_only_announced_cost_no_memory) {
  // The greatest messages that are allowed, of which nothing but the header comes.
  auto server = End(Connection::server(server_builder().build().value()).value());
  server.in.append(plain_record(ContentType::handshake, from_hex("01004000")));
  const auto before = memory_in_use();
  server.run();
  EXPECT_FALSE(server.error);
  EXPECT_LT(memory_in_use(), before + 4096);

  Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  deliver(pair.client, pair.server);
  Flight flight(pair.server.out);
  pair.client.in.append(plain_record(ContentType::handshake, flight.of(HandshakeType::server_hello)));
  pair.client.in.append(plain_record(ContentType::handshake, from_hex("0b019000")));  // 100 KiB of Certificate
  const auto at_client = memory_in_use();
  pair.client.run();
  EXPECT_FALSE(pair.client.error);
  EXPECT_LT(memory_in_use(), at_client + 8192);
}

TEST(SizeBombs, of_handshake_messages_are_refused_at_the_header) {
  for (const std::string_view header : {"01004001", "01ffffff"}) {
    auto server = End(Connection::server(server_builder().build().value()).value());
    server.in.append(plain_record(ContentType::handshake, from_hex(header)));
    server.run();
    expect_refused(server, Code::handshake_message_too_large, Alert::illegal_parameter, header);
  }
  for (const auto version : both_versions) {
    Hostile attacker(From::server, version);
    attacker.send_hex(ContentType::handshake, "04004001");
    expect_refused(*attacker.victim, Code::handshake_message_too_large, Alert::illegal_parameter, to_string(version));
    Hostile at_the_limit(From::server, version);
    at_the_limit.send_hex(ContentType::handshake, "04004000");
    EXPECT_FALSE(at_the_limit.victim->error);
  }
}

TEST(SizeBombs, of_certificate_chains_are_refused_at_the_header) {
  for (const auto& [header, fits] : {std::pair("0b019000", true), std::pair("0b019001", false)}) {
    Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    pair.client.in.append(plain_record(ContentType::handshake, flight.of(HandshakeType::server_hello)));
    pair.client.in.append(plain_record(ContentType::handshake, from_hex(header)));
    pair.client.run();
    if (fits) {
      EXPECT_FALSE(pair.client.error);
    } else {
      expect_refused(pair.client, Code::certificate_chain_too_large, Alert::illegal_parameter);
    }
  }
}

TEST(SizeBombs, of_records_are_refused_at_the_header) {
  for (const auto version : both_versions) {
    Hostile attacker(From::server, version);
    const auto too_long = version == ProtocolVersion::tls12 ? 16384 + 2049 : 16384 + 257;
    attacker.victim->in.append(
        as_public(View(record::make_header(ContentType::application_data, static_cast<std::size_t>(too_long)))));
    attacker.victim->run();
    expect_refused(*attacker.victim, Code::record_overflow, Alert::record_overflow, to_string(version));
  }
}

TEST(SizeBombs, of_tickets_are_refused) {
  for (const std::size_t octets : {std::size_t{300}, std::size_t{301}}) {
    auto policy = Policy::modern();
    policy.limits.ticket = 300;
    Hostile attacker(From::server, ProtocolVersion::tls13, policy);
    const Bytes ticket(octets, 7);
    wire::NewSessionTicket message;
    message.ticket_lifetime = 100;
    message.ticket = ticket;
    Bytes raw;
    ASSERT_TRUE(wire::encode_message(message, raw));
    attacker.send(ContentType::handshake, raw);
    if (octets == 301) {
      expect_refused(*attacker.victim, Code::ticket_too_large, Alert::illegal_parameter);
    } else {
      EXPECT_FALSE(attacker.victim->error);
    }
  }
}

// ---- keys that are used too often ----

TEST(AeadLimits, of_every_policy_are_below_those_of_the_ciphers) {
  for (const auto& policy : {Policy::modern(), Policy::compatible(), Policy::legacy()})
    EXPECT_LE(policy.limits.gcm_records_per_key, std::uint64_t{1} << 24) << policy.name;  // RFC 8446, 5.5
}

TEST(AeadLimits, are_kept_in_tls13_by_new_keys) {
  auto policy = Policy::modern();
  policy.limits.gcm_records_per_key = 8;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  for (int i = 0; i < 30; ++i) pair.client.write("x");
  pair.run();
  EXPECT_EQ(pair.server.data.size(), 30u);
  EXPECT_EQ(pair.server.keys_updated, 4);  // each key protects seven records of data and the KeyUpdate
}

TEST(AeadLimits, are_kept_in_tls12_by_an_end) {
  auto policy = tls12();
  policy.limits.gcm_records_per_key = 8;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  Result<void> written;
  int writes = 0;
  while ((written = pair.client.connection.write(as_bytes("x"), pair.client.out)) && writes < 100) ++writes;
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::key_usage_limit_reached);
  EXPECT_EQ(writes, 6);  // Finished was the first record, and the last is left for an alert
  EXPECT_EQ(pair.client.connection.write(as_bytes("x"), pair.client.out).error().code, Code::key_usage_limit_reached);
}

TEST(AeadLimits, keep_explicit_nonces_a_counter_that_never_repeats) {
  // The attack on random or constant nonces of AES-GCM in TLS 1.2 ("Nonce-Disrespecting Adversaries", 2016).
  for (const auto side : both_sides) {
    Pair pair(client_builder().policy(with_suite12(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
              legacy_server().build().value());
    pair.run();
    auto& sender = side == From::client ? pair.client : pair.server;
    for (std::uint8_t number = 1; number < 10; ++number) {  // Finished was number 0
      sender.write("data");
      EXPECT_EQ(to_hex(sender.out.readable().subspan(record::header_octets, 8)),
                "00000000000000" + to_hex(Bytes{number}));
      sender.out.clear();
    }
  }
}

// ---- cut connections ----

TEST(Truncation, is_an_error_of_its_own_and_never_a_clean_end) {
  for (const auto version : both_versions)
    for (const auto side : both_sides) {
      Hostile attacker(side, version);
      attacker.send(ContentType::application_data, as_view(std::string_view("Content-Length: 10\r\n\r\nhalf")));
      auto& connection = attacker.victim->connection;
      const auto ended = connection.end_of_input();
      ASSERT_FALSE(ended);
      EXPECT_EQ(ended.error().code, Code::truncated);
      EXPECT_EQ(connection.write(as_bytes("late"), attacker.victim->out).error().code, Code::truncated)
          << "errors are final";
    }
}

TEST(Truncation, after_close_notify_is_the_clean_end) {
  for (const auto version : both_versions) {
    Hostile attacker(From::server, version);
    attacker.send_hex(ContentType::alert, "0100");
    EXPECT_TRUE(attacker.victim->peer_closed);
    EXPECT_TRUE(attacker.victim->connection.end_of_input());
  }
}

TEST(Truncation, by_a_forged_close_notify_is_a_record_that_does_not_open) {
  for (const auto version : both_versions)
    for (const auto side : both_sides) {
      Hostile attacker(side, version);
      if (version == ProtocolVersion::tls12)
        attacker.victim->in.append(plain_record(ContentType::alert, Bytes(26, 1)));
      else
        attacker.victim->in.append(plain_record(ContentType::application_data, Bytes(19, 1)));
      attacker.victim->run();
      expect_refused(*attacker.victim, Code::bad_record_mac, Alert::bad_record_mac);
      EXPECT_FALSE(attacker.victim->peer_closed);
    }
}

TEST(Truncation, in_the_handshake_says_where) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  const auto ended = pair.server.connection.end_of_input();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::truncated);
  EXPECT_EQ(ended.error().during, "server_hello: waiting for ClientHello");
}

}  // namespace
}  // namespace sotto::attack
