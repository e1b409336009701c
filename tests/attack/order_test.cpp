// Messages where they do not belong: SMACK, early change_cipher_spec (CVE-2014-0224), heartbeats, octets that are left
// over when keys change, HelloRetryRequests without end, answers to what was not asked. That every message in every
// place is either legal or refused is shown by unit_handshake.
#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

const std::vector<std::byte> change_cipher_spec = plain_record(ContentType::change_cipher_spec, Bytes{1});

TEST(CcsInjection, before_the_key_exchange_is_refused_by_clients) {
  // CVE-2014-0224: keys would be made from an empty master secret.
  for (const auto last : {HandshakeType::server_hello, HandshakeType::certificate, HandshakeType::server_key_exchange,
                          HandshakeType::server_hello_done}) {
    Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    const auto end =
        std::ranges::find(flight.messages, last, [](const auto& message) { return wire::type_of(message); });
    flight.messages.erase(end + 1, flight.messages.end());
    flight.send();
    pair.server.out.append(change_cipher_spec);
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::bad_change_cipher_spec, Alert::unexpected_message, wire::name_of(last));
  }
}

TEST(CcsInjection, before_the_key_exchange_is_refused_by_servers) {
  for (const bool certificate : {false, true}) {
    auto settings = server_builder();
    if (certificate) settings.request_client_certificate(ClientAuth::required, roots());
    Pair pair(client_builder().policy(tls12()).credential(client_credential()).build().value(),
              settings.build().value());
    deliver(pair.client, pair.server);
    pair.server.in.append(change_cipher_spec);
    pair.server.run();
    expect_refused(pair.server, Code::bad_change_cipher_spec, Alert::unexpected_message);
  }
}

TEST(CcsInjection, in_place_of_the_proof_of_a_client_is_refused) {
  // SMACK: a client that shows a certificate and skips CertificateVerify.
  Pair pair(client_builder().policy(tls12()).credential(client_credential()).build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
  deliver(pair.client, pair.server);
  deliver(pair.server, pair.client);
  Flight flight(pair.client.out);
  std::erase_if(flight.messages,
                [](const auto& message) { return wire::type_of(message) == HandshakeType::certificate_verify; });
  flight.send();
  deliver(pair.client, pair.server);
  expect_refused(pair.server, Code::bad_change_cipher_spec, Alert::unexpected_message);
}

TEST(CcsInjection, with_another_content_is_refused) {
  for (const auto& content : {Bytes{0}, Bytes{2}, Bytes{1, 1}})
    for (const auto version : both_versions) {
      Pair pair(client_builder().policy(of_version(version)).build().value(), server_builder().build().value());
      deliver(pair.client, pair.server);
      if (version == ProtocolVersion::tls12) {
        deliver(pair.server, pair.client);
        Flight flight(pair.client.out);
        pair.client.out.clear();
        for (const auto& message : flight.messages)
          pair.client.out.append(plain_record(ContentType::handshake, message));
        deliver(pair.client, pair.server);
      }
      pair.server.in.append(plain_record(ContentType::change_cipher_spec, content));
      pair.server.run();
      expect_refused(pair.server, Code::bad_change_cipher_spec, Alert::unexpected_message, to_hex(content));
    }
}

TEST(CcsInjection, is_refused_twice_in_tls12) {
  for (const bool to_server : {true, false}) {
    Pair pair(client_builder().policy(tls12()).session_store(nullptr).build().value(),
              server_builder().build().value());
    deliver(pair.client, pair.server);
    deliver(pair.server, pair.client);
    if (!to_server) deliver(pair.client, pair.server);
    auto& sender = to_server ? pair.client : pair.server;
    auto& victim = to_server ? pair.server : pair.client;
    Flight flight(sender.out);
    flight.send();
    const auto all = own(as_view(std::as_const(sender.out).readable()));
    const auto at =
        std::search(all.begin(), all.end(), as_view(change_cipher_spec).begin(), as_view(change_cipher_spec).end());
    ASSERT_NE(at, all.end());
    victim.in.append(as_public(View(all).first(static_cast<std::size_t>(at - all.begin()))));
    victim.in.append(change_cipher_spec);
    victim.in.append(change_cipher_spec);
    victim.run();
    expect_refused(victim, Code::bad_change_cipher_spec, Alert::unexpected_message);
  }
}

TEST(CcsInjection, is_refused_after_the_handshake) {
  for (const auto version : both_versions)
    for (const auto side : both_sides) {
      Hostile attacker(side, version);
      attacker.victim->in.append(change_cipher_spec);
      attacker.victim->run();
      ASSERT_TRUE(attacker.victim->error);
      // In TLS 1.2 it would have to be protected, and does not open.
      EXPECT_EQ(attacker.victim->error->code,
                version == ProtocolVersion::tls12 ? Code::bad_record_mac : Code::unexpected_record);
      Hostile protected_one(side, version);
      protected_one.send(ContentType::change_cipher_spec, Bytes{1});
      expect_refused(*protected_one.victim, Code::unexpected_record, Alert::unexpected_message);
    }
}

TEST(Heartbleed, finds_no_heartbeats_at_any_time) {
  const auto overlong = from_hex("01400041");  // claims 16384 octets of payload, has one
  auto first = End(Connection::server(server_builder().build().value()).value());
  first.in.append(plain_record(static_cast<ContentType>(24), overlong));
  first.run();
  expect_refused(first, Code::unexpected_record, Alert::unexpected_message);
  for (const auto version : both_versions)
    for (const auto side : both_sides) {
      Hostile attacker(side, version);
      attacker.send(static_cast<ContentType>(24), overlong);
      expect_refused(*attacker.victim, Code::unexpected_record, Alert::unexpected_message);
      const auto said = attacker.victim->out.size();
      EXPECT_LE(said, 5u + 8 + 3 + 16) << "an alert, and nothing else";
    }
}

TEST(KeyEpochLeftovers, behind_a_client_hello_are_refused) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).build().value(), server_builder().build().value());
    auto hello = Flight(pair.client.out).of(HandshakeType::client_hello);
    hello.insert(hello.end(), {20, 0, 0, 1});  // a piece of Finished
    pair.server.in.append(plain_record(ContentType::handshake, hello));
    pair.server.run();
    expect_refused(pair.server, Code::data_across_key_change, Alert::unexpected_message, to_string(version));
  }
}

TEST(KeyEpochLeftovers, behind_a_server_hello_or_a_retry_are_refused) {
  for (const bool retry : {false, true}) {
    auto policy = Policy::modern();
    if (retry) policy.groups = policy.key_shares = {NamedGroup::secp384r1};
    Pair pair(client_builder().build().value(), server_builder().policy(policy).build().value());
    deliver(pair.client, pair.server);
    auto hello = Flight(pair.server.out).of(HandshakeType::server_hello);
    hello.insert(hello.end(), {8, 0, 0});  // a piece of EncryptedExtensions, which nobody encrypted
    pair.client.in.append(plain_record(ContentType::handshake, hello));
    pair.client.run();
    expect_refused(pair.client, Code::data_across_key_change, Alert::unexpected_message);
  }
}

TEST(KeyEpochLeftovers, behind_the_finished_of_either_side_are_refused) {
  for (const auto side : both_sides) {
    Conversation talk(client_builder().build().value(), server_builder().ticket_keys(nullptr).build().value(),
                      to_each(side, HandshakeType::finished, [](Bytes& message) { message.push_back(24); }));
    expect_refused(talk.error_of(side == From::client ? From::server : From::client), Code::data_across_key_change,
                   Alert::unexpected_message);
  }
}

TEST(KeyEpochLeftovers, behind_a_key_update_are_refused) {
  for (const auto side : both_sides) {
    Hostile attacker(side, ProtocolVersion::tls13);
    attacker.send_hex(ContentType::handshake, "180000010018000001");
    expect_refused(*attacker.victim, Code::data_across_key_change, Alert::unexpected_message);
  }
}

TEST(KeyEpochLeftovers, before_change_cipher_spec_are_refused) {
  Pair pair(client_builder().policy(tls12()).build().value(), server_builder().build().value());
  deliver(pair.client, pair.server);
  deliver(pair.server, pair.client);
  Flight flight(pair.client.out);
  flight.messages.push_back({20, 0, 0});  // Finished begins before the keys are there
  flight.send();
  deliver(pair.client, pair.server);
  expect_refused(pair.server, Code::bad_change_cipher_spec, Alert::unexpected_message);
}

TEST(KeyEpochLeftovers, of_a_message_are_not_mixed_with_other_records) {
  for (const auto version : both_versions) {
    Hostile attacker(From::server, version);
    attacker.send_hex(ContentType::handshake, version == ProtocolVersion::tls12 ? "000000" : "180000");
    attacker.send_hex(ContentType::application_data, "00");
    expect_refused(*attacker.victim, Code::unexpected_record, Alert::unexpected_message, to_string(version));
  }
}

// ---- HelloRetryRequest ----

/// A server that wants P-384, which a client sends no share for at first.
Policy retrying() {
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  policy.middlebox_compatibility = false;
  return policy;
}
/// Gives the client a HelloRetryRequest that `alter` changed.
std::optional<Error> after_retry(const std::function<void(Bytes&)>& alter) {
  Pair pair(client_builder().build().value(), server_builder().policy(retrying()).build().value());
  deliver(pair.client, pair.server);
  Flight flight(pair.server.out);
  alter(flight.of(HandshakeType::server_hello));
  flight.send();
  deliver(pair.server, pair.client);
  return pair.client.error;
}
Bytes octets_of(NamedGroup group) {
  const auto code = static_cast<unsigned>(group);
  return {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)};
}

TEST(RetryLoops, end_with_the_second_retry) {
  Pair pair(client_builder().build().value(), server_builder().policy(retrying()).build().value());
  deliver(pair.client, pair.server);
  const auto retry = own(as_view(std::as_const(pair.server.out).readable()));
  deliver(pair.server, pair.client);
  ASSERT_FALSE(pair.client.error);
  pair.client.in.append(as_public(View(retry)));
  pair.client.run();
  expect_refused(pair.client, Code::unexpected_message, Alert::unexpected_message);
}

TEST(RetryLoops, for_a_group_that_was_not_offered_or_has_a_share_are_illegal) {
  for (const auto group : {NamedGroup::ffdhe2048, NamedGroup::x25519, static_cast<NamedGroup>(0x001e)})
    expect_refused(after_retry([&](Bytes& retry) {
                     change_extension<wire::HelloRetryRequest>(retry, ExtensionType::key_share, octets_of(group));
                   }),
                   Code::wrong_group, Alert::illegal_parameter, to_string(group));
}

TEST(RetryLoops, that_change_nothing_are_illegal) {
  expect_refused(after_retry([](Bytes& retry) {
                   change_extension<wire::HelloRetryRequest>(retry, ExtensionType::key_share, std::nullopt);
                 }),
                 Code::useless_hello_retry_request, Alert::illegal_parameter);
}

TEST(RetryLoops, with_another_session_id_version_or_suite_are_illegal) {
  const Bytes session_id(32, 9);
  expect_refused(after_retry([&](Bytes& retry) {
                   change<wire::HelloRetryRequest>(retry,
                                                   [&](auto& message) { message.legacy_session_id_echo = session_id; });
                 }),
                 Code::wrong_session_id, Alert::illegal_parameter);
  expect_refused(after_retry([](Bytes& retry) {
                   change_extension<wire::HelloRetryRequest>(retry, ExtensionType::supported_versions, Bytes{3, 3});
                 }),
                 Code::wrong_version, Alert::illegal_parameter);
  expect_refused(after_retry([](Bytes& retry) {
                   change<wire::HelloRetryRequest>(
                       retry, [](auto& message) { message.cipher_suite = static_cast<CipherSuite>(0x1305); });
                 }),
                 Code::wrong_cipher_suite, Alert::illegal_parameter);
}

TEST(RetryLoops, must_be_followed_by_the_suite_that_they_named) {
  Pair pair(client_builder().build().value(), server_builder().policy(retrying()).build().value());
  for (int flight = 0; flight < 2; ++flight) {
    deliver(pair.client, pair.server);
    if (flight == 1) {
      Flight hello(pair.server.out);
      change<wire::ServerHello>(hello.of(HandshakeType::server_hello), [](auto& message) {
        message.cipher_suite = message.cipher_suite == CipherSuite::TLS_AES_128_GCM_SHA256
                                   ? CipherSuite::TLS_CHACHA20_POLY1305_SHA256
                                   : CipherSuite::TLS_AES_128_GCM_SHA256;
      });
      hello.send();
    }
    deliver(pair.server, pair.client);
  }
  expect_refused(pair.client, Code::wrong_cipher_suite, Alert::illegal_parameter);
}

TEST(RetryLoops, must_be_answered_with_the_hello_of_before) {
  const Bytes random(32, 5);
  const Bytes suites = {0x13, 0x01};
  const Bytes session_id = {1};
  const std::vector<std::pair<const char*, std::function<void(Bytes&)>>> changes = {
      {"random", [&](Bytes& raw) { change<wire::ClientHello>(raw, [&](auto& hello) { hello.random = random; }); }},
      {"suites",
       [&](Bytes& raw) {
         change<wire::ClientHello>(raw, [&](auto& hello) { hello.cipher_suites = wire::Codes<CipherSuite>(suites); });
       }},
      {"session id",
       [&](Bytes& raw) { change<wire::ClientHello>(raw, [&](auto& hello) { hello.legacy_session_id = session_id; }); }},
      {"name gone",
       [](Bytes& raw) { change_extension<wire::ClientHello>(raw, ExtensionType::server_name, std::nullopt); }},
      {"signature schemes",
       [](Bytes& raw) {
         change_extension<wire::ClientHello>(raw, ExtensionType::signature_algorithms, Bytes{0, 2, 4, 3});
       }},
      {"a new extension",
       [](Bytes& raw) { change_extension<wire::ClientHello>(raw, static_cast<ExtensionType>(0x7777), Bytes{}); }},
  };
  auto settings = Policy::modern();
  settings.middlebox_compatibility = false;
  for (const auto& [what, alter] : changes) {
    Pair pair(client_builder().policy(settings).build().value(), server_builder().policy(retrying()).build().value());
    deliver(pair.client, pair.server);
    deliver(pair.server, pair.client);
    Flight flight(pair.client.out);
    alter(flight.of(HandshakeType::client_hello));
    flight.send();
    deliver(pair.client, pair.server);
    expect_refused(pair.server, Code::changed_client_hello, Alert::illegal_parameter, what);
  }
}

TEST(RetryLoops, may_be_answered_with_the_extensions_in_another_order) {
  auto settings = Policy::modern();
  settings.middlebox_compatibility = false;
  Pair pair(client_builder().policy(settings).build().value(), server_builder().policy(retrying()).build().value());
  deliver(pair.client, pair.server);
  deliver(pair.server, pair.client);
  Flight flight(pair.client.out);
  auto& hello = flight.of(HandshakeType::client_hello);
  change_extension<wire::ClientHello>(hello, ExtensionType::server_name, std::nullopt);
  const Bytes localhost{0, 12, 0, 0, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'};
  change_extension<wire::ClientHello>(hello, ExtensionType::server_name, localhost);
  flight.send();
  pair.server.out.clear();
  deliver(pair.client, pair.server);
  EXPECT_FALSE(pair.server.error) << pair.server.error->message();
  EXPECT_FALSE(pair.server.out.empty());
}

TEST(RetryLoops, end_where_a_client_still_sends_no_share) {
  auto settings = Policy::modern();
  settings.middlebox_compatibility = false;
  Pair pair(client_builder().policy(settings).build().value(), server_builder().policy(retrying()).build().value());
  const auto first = own(as_view(std::as_const(pair.client.out).readable()));
  deliver(pair.client, pair.server);
  pair.server.in.append(as_public(View(first)));
  pair.server.run();
  expect_refused(pair.server, Code::wrong_group, Alert::illegal_parameter);
}

// ---- answers to what was not asked ----

TEST(Unsolicited, extensions_of_a_server_are_refused) {
  const auto unknown = static_cast<ExtensionType>(0x7777);
  struct Place {
    HandshakeType type;
    ProtocolVersion version;
  };
  for (const auto& [type, version] : {Place{HandshakeType::server_hello, ProtocolVersion::tls12},
                                      Place{HandshakeType::server_hello, ProtocolVersion::tls13},
                                      Place{HandshakeType::encrypted_extensions, ProtocolVersion::tls13}}) {
    const auto add = [&](Bytes& raw) {
      if (wire::type_of(raw) == HandshakeType::server_hello)
        change_extension<wire::ServerHello>(raw, unknown, Bytes{});
      else
        change_extension<wire::EncryptedExtensions>(raw, unknown, Bytes{});
    };
    const Conversation talk(client_builder().build().value(),
                            server_builder().policy(of_version(version)).build().value(),
                            to_each(From::server, type, add));
    expect_refused(talk.client.error, Code::unexpected_extension, Alert::unsupported_extension, wire::name_of(type));
  }
}

TEST(Unsolicited, extensions_twice_or_where_they_do_not_belong_are_refused) {
  const Conversation twice(client_builder().build().value(), server_builder().build().value(),
                           to_each(From::client, HandshakeType::client_hello, [](Bytes& raw) {
                             Bytes doubled;
                             change<wire::ClientHello>(raw, [&](auto& hello) {
                               doubled = own(hello.extensions.encoded());
                               doubled.insert(doubled.end(), {0, 23, 0, 0});  // extended_master_secret again
                               hello.extensions = wire::Extensions<wire::In::client_hello>(doubled);
                             });
                           }));
  expect_refused(twice.server.error, Code::duplicate_extension, Alert::decode_error);
  const Conversation misplaced(client_builder().build().value(), server_builder().build().value(),
                               to_each(From::server, HandshakeType::encrypted_extensions, [](Bytes& raw) {
                                 change_extension<wire::EncryptedExtensions>(raw, ExtensionType::key_share,
                                                                             Bytes{0, 0x1d, 0, 1, 9});
                               }));
  expect_refused(misplaced.client.error, Code::extension_not_allowed, Alert::illegal_parameter);
}

TEST(Unsolicited, protocol_of_a_server_is_refused) {
  for (const auto version : both_versions) {
    const auto change_protocol = [&](Bytes& raw) {
      const Bytes other = {0, 3, 2, 'h', '3'};
      if (wire::type_of(raw) == HandshakeType::server_hello)
        change_extension<wire::ServerHello>(raw, ExtensionType::application_layer_protocol_negotiation, other);
      else
        change_extension<wire::EncryptedExtensions>(raw, ExtensionType::application_layer_protocol_negotiation, other);
    };
    const auto type =
        version == ProtocolVersion::tls12 ? HandshakeType::server_hello : HandshakeType::encrypted_extensions;
    const Conversation talk(client_builder().policy(of_version(version)).alpn({"h2"}).build().value(),
                            server_builder().alpn({"h2"}).build().value(),
                            to_each(From::server, type, change_protocol));
    expect_refused(talk.client.error, Code::wrong_application_protocol, Alert::illegal_parameter, to_string(version));
  }
}

// ---- one protocol's server as another's ----

TEST(Alpaca, finds_no_server_that_speaks_another_protocol_than_was_asked_for) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).alpn({"smtp"}).build().value(),
              server_builder().alpn({"h2", "http/1.1"}).build().value());
    pair.run();
    expect_refused(pair.server, Code::no_common_application_protocol, Alert::no_application_protocol);
    ASSERT_TRUE(pair.client.error);
    EXPECT_EQ(pair.client.error->alert, Alert::no_application_protocol);
  }
}

TEST(Alpaca, gets_from_a_server_for_another_name_what_no_client_takes) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).build().value(),
              ServerConfig::builder().credential(credential(KeyKind::ecdsa_p256, {"ftp.example"})).build().value(),
              "www.example");
    pair.run();
    expect_refused(pair.client, Code::certificate_wrong_name, Alert::bad_certificate);
  }
}

TEST(Alpaca, gets_no_answer_to_http_on_a_tls_port_but_a_named_error) {
  auto server = End(Connection::server(server_builder().build().value()).value());
  server.in.append(as_bytes("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nEHLO"));
  server.run();
  ASSERT_TRUE(server.error);
  EXPECT_EQ(server.error->code, Code::http_request);
  EXPECT_TRUE(server.out.empty());
}

}  // namespace
}  // namespace sotto::attack
