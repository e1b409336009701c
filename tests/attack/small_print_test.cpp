// Messages that are right but for a detail that the RFCs rule out.
#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

TEST(SmallPrint, hello_request_with_a_body_is_malformed) {
  // RFC 5246, 7.4.1.1: "struct { } HelloRequest;"
  auto policy = Policy::modern();
  for (const auto mode : {Renegotiation::refused, Renegotiation::allowed}) {
    policy.renegotiation = mode;
    Hostile right(From::server, ProtocolVersion::tls12, policy);
    right.send_hex(ContentType::handshake, "00000000");
    EXPECT_FALSE(right.victim->error);
    Hostile wrong(From::server, ProtocolVersion::tls12, policy);
    wrong.send_hex(ContentType::handshake, "0000000100");
    expect_refused(*wrong.victim, Code::malformed_message, Alert::decode_error);
  }
}

/// A client that negotiates its connection anew and gets HelloRequests instead of an answer.
struct Negotiating : Hostile {
  Negotiating() : Hostile(From::server, ProtocolVersion::tls12, renegotiating()) {
    EXPECT_TRUE(victim->connection.renegotiate(victim->out));
  }
  static Policy renegotiating() {
    auto policy = Policy::modern();
    policy.renegotiation = Renegotiation::allowed;
    return policy;
  }
};

TEST(Floods, of_hello_requests_in_a_renegotiation_end_after_4) {
  // RFC 5246, 7.4.1.1: "This message will be ignored by the client if the client is currently negotiating a session."
  Negotiating client;
  for (int i = 0; i < 4; ++i) client.send_hex(ContentType::handshake, "00000000");
  ASSERT_FALSE(client.victim->error) << client.victim->error->message();
  EXPECT_TRUE(client.victim->connection.is_renegotiating());
  client.send_hex(ContentType::handshake, "00000000");
  expect_refused(*client.victim, Code::too_many_warning_alerts, Alert::unexpected_message);
}

TEST(SmallPrint, hello_request_with_a_body_is_not_ignored_in_a_renegotiation) {
  Negotiating client;
  client.send_hex(ContentType::handshake, "0000000100");
  expect_refused(*client.victim, Code::unexpected_message, Alert::unexpected_message);
}

TEST(SmallPrint, a_hello_that_says_ssl_3_is_refused_whatever_its_extensions_say) {
  // RFC 8446, D.5: "MUST abort the handshake with a "protocol_version" alert".
  const auto says_ssl3 = [](auto& message) { message.legacy_version = ProtocolVersion::ssl3; };
  for (const auto side : both_sides) {
    const Conversation conversation(client_builder().build().value(), server_builder().build().value(),
                                    [&](From from, Bytes& raw) {
                                      if (from != side) return;
                                      if (wire::type_of(raw) == HandshakeType::client_hello)
                                        change<wire::ClientHello>(raw, says_ssl3);
                                      if (wire::type_of(raw) == HandshakeType::server_hello)
                                        change<wire::ServerHello>(raw, says_ssl3);
                                    });
    expect_refused(conversation.error_of(side == From::client ? From::server : From::client), Code::obsolete_version,
                   Alert::protocol_version);
  }
}

TEST(SmallPrint, two_host_names_are_refused) {
  // RFC 6066, 3: "MUST NOT contain more than one name of the same name_type". Others on the way may go by the second.
  const std::string_view one = "localhost";
  const std::string_view two = "elsewhere";
  Bytes names;
  wire::Writer writer(names);
  writer.vector(wire::between<1, 0xffff>, [&](wire::Writer& list) {
    for (const auto name : {one, two}) {
      list.u8(0);
      list.vector(wire::between<1, 0xffff>, as_view(name));
    }
  });
  for (const auto version : both_versions) {
    const Conversation conversation(
        client_builder().policy(of_version(version)).build().value(), server_builder().build().value(),
        to_each(From::client, HandshakeType::client_hello,
                [&](Bytes& raw) { change_extension<wire::ClientHello>(raw, ExtensionType::server_name, names); }));
    expect_refused(conversation.server.error, Code::malformed_extension, Alert::decode_error);
  }
}

TEST(SmallPrint, a_second_hello_has_no_cookie_that_nobody_gave_and_no_key_that_was_not_offered) {
  // RFC 8446, 4.1.2: "Including a "cookie" extension if one was provided"; pre_shared_key is updated "if present".
  auto retrying = Policy::modern();
  retrying.groups = retrying.key_shares = {NamedGroup::secp384r1};
  Bytes key = {0, 7, 0, 1, 0x61, 0, 0, 0, 0, 0, 33, 32};
  key.resize(key.size() + 32);
  for (const auto& [type, data] :
       {std::pair(ExtensionType::cookie, Bytes{0, 1, 7}), std::pair(ExtensionType::pre_shared_key, key)}) {
    int hellos = 0;
    const Conversation conversation(client_builder().build().value(), server_builder().policy(retrying).build().value(),
                                    to_each(From::client, HandshakeType::client_hello, [&](Bytes& raw) {
                                      if (++hellos == 2) change_extension<wire::ClientHello>(raw, type, data);
                                    }));
    EXPECT_EQ(hellos, 2);
    expect_refused(conversation.server.error, Code::changed_client_hello, Alert::illegal_parameter,
                   wire::name_of(type));
  }
}

TEST(SmallPrint, finished_of_another_length_is_refused_even_if_it_begins_right) {
  // RFC 8446, 4.4.4: as long as the hash; RFC 5246, 7.4.9: 12 octets.
  for (const auto version : both_versions)
    for (const auto side : both_sides)
      for (const int change : {-1, 1, -1000}) {
        const Conversation conversation(
            client_builder().policy(of_version(version)).build().value(),
            server_builder().policy(of_version(version)).build().value(),
            to_each(side, HandshakeType::finished, [&](Bytes& raw) {
              raw.resize(change < -1 ? wire::handshake_header_octets : raw.size() + static_cast<std::size_t>(change));
              raw[3] = static_cast<std::uint8_t>(raw.size() - wire::handshake_header_octets);
            }));
        const auto receiver = side == From::client ? From::server : From::client;
        expect_refused(conversation.error_of(receiver), Code::bad_finished, Alert::decrypt_error,
                       to_string(version) + ", " + std::to_string(change));
      }
}

/// A client with a session and the server that gave it; the server wants another key share if `retrying`.
struct Resuming {
  explicit Resuming(bool retrying = false) {
    auto policy = Policy::modern();
    if (retrying) policy.groups = policy.key_shares = {NamedGroup::secp384r1};
    server = server_builder().policy(policy).build().value();
    Pair pair(client, server);
    pair.run();
    EXPECT_TRUE(pair.established());
  }
  std::shared_ptr<const ClientConfig> client = client_builder().build().value();
  std::shared_ptr<const ServerConfig> server;
};

/// Makes the extension of a ClientHello that offers one session anew, with this binder.
Bytes with_binder(View raw, View binder) {
  const auto hello = wire::parse_message<wire::ClientHello>(raw).value();
  auto offer = hello.extensions.find<wire::PreSharedKeyOffer>().value();
  EXPECT_EQ(offer.binders.size(), 1u);
  offer.binders.front().binder = binder;
  Bytes data;
  wire::Writer writer(data);
  wire::FieldWriter visit(writer);
  wire::PreSharedKeyOffer::fields(offer, visit);
  return data;
}

TEST(Binders, of_another_length_is_a_wrong_one) {
  // RFC 8446, 4.2.11 has binder<32..255>: short ones are read, to be refused where all wrong ones are.
  for (const std::size_t octets : {0, 1, 31, 33, 48, 255}) {
    const Resuming resuming;
    const Bytes binder(octets, 0x42);
    const auto alter = [&](Bytes& raw) {
      change_extension<wire::ClientHello>(raw, ExtensionType::pre_shared_key, with_binder(raw, binder));
    };
    const Conversation conversation(resuming.client, resuming.server,
                                    to_each(From::client, HandshakeType::client_hello, alter));
    expect_refused(conversation.server.error, Code::bad_binder, Alert::decrypt_error, std::to_string(octets));
  }
}

TEST(RetryLoops, need_the_pre_shared_key_that_the_first_had) {
  // RFC 8446, 4.1.2: it may be updated, and keys that do not go with the suite be left out, but no other.
  const Resuming resuming(true);
  int hellos = 0;
  const auto strip = [&](Bytes& raw) {
    if (++hellos == 2) change_extension<wire::ClientHello>(raw, ExtensionType::pre_shared_key, std::nullopt);
  };
  const Conversation conversation(resuming.client, resuming.server,
                                  to_each(From::client, HandshakeType::client_hello, strip));
  EXPECT_EQ(hellos, 2);
  expect_refused(conversation.server.error, Code::missing_extension, Alert::missing_extension);
}

}  // namespace
}  // namespace sotto::attack
