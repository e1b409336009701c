// Public values that are no points, or points that give the secret away: invalid curves, small orders, wrong lengths.
// RFC 8446, 4.2.8.2 and 7.4.2; RFC 8422, 5.10 and 5.11; RFC 7919, 5.1.
#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

struct BadValue {
  const char* what;
  NamedGroup group;
  Bytes value;
};

Bytes point(std::size_t coordinate, std::uint8_t form, std::uint8_t fill) {
  Bytes octets(1 + 2 * coordinate, fill);
  octets[0] = form;
  return octets;
}
Bytes generator_of_p256(std::uint8_t form) {
  auto octets = from_hex(
      "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315e"
      "cecbb6406837bf51f5");
  octets[0] = form;
  return octets;
}
Bytes off_the_curve() {
  auto octets = generator_of_p256(4);
  octets.back() ^= 1;
  return octets;
}

std::vector<BadValue> bad_values() {
  return {
      {"zero", NamedGroup::x25519, Bytes(32, 0)},
      {"one", NamedGroup::x25519, from_hex("01" + std::string(62, '0'))},
      {"order eight", NamedGroup::x25519, from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")},
      {"order eight again", NamedGroup::x25519,
       from_hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")},
      {"p - 1", NamedGroup::x25519, from_hex("ec" + std::string(60, 'f') + "7f")},
      {"p", NamedGroup::x25519, from_hex("ed" + std::string(60, 'f') + "7f")},
      {"31 octets", NamedGroup::x25519, Bytes(31, 9)},
      {"33 octets", NamedGroup::x25519, Bytes(33, 9)},
      {"off the curve", NamedGroup::secp256r1, off_the_curve()},
      {"zero", NamedGroup::secp256r1, point(32, 4, 0)},
      {"beyond the field", NamedGroup::secp256r1, point(32, 4, 0xff)},
      {"compressed", NamedGroup::secp256r1,
       from_hex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")},
      {"hybrid form", NamedGroup::secp256r1, generator_of_p256(7)},
      {"infinity", NamedGroup::secp256r1, Bytes{0}},
      {"a point of P-384's length", NamedGroup::secp256r1, point(48, 4, 1)},
      {"off the curve", NamedGroup::secp384r1, point(48, 4, 1)},
      {"off the curve", NamedGroup::secp521r1, point(66, 4, 1)},
  };
}
Bytes share(const BadValue& bad) {
  const auto code = static_cast<unsigned>(bad.group);
  Bytes entry = {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code), 0,
                 static_cast<std::uint8_t>(bad.value.size())};
  entry.insert(entry.end(), bad.value.begin(), bad.value.end());
  return entry;
}
Policy with_group(NamedGroup group, ProtocolVersion version) {
  auto policy = of_version(version);
  policy.groups = policy.key_shares = {group};
  return policy;
}

TEST(BadPoints, of_clients_are_refused_in_tls13) {
  for (const auto& bad : bad_values()) {
    Pair pair(client_builder().policy(with_group(bad.group, ProtocolVersion::tls13)).build().value(),
              server_builder().build().value());
    Flight flight(pair.client.out);
    auto list = share(bad);
    list.insert(list.begin(), {0, static_cast<std::uint8_t>(list.size())});
    change_extension<wire::ClientHello>(flight.of(HandshakeType::client_hello), ExtensionType::key_share, list);
    flight.send();
    deliver(pair.client, pair.server);
    expect_refused(pair.server, Code::bad_key_share, Alert::illegal_parameter, to_string(bad.group) + " " + bad.what);
  }
}

TEST(BadPoints, of_servers_are_refused_in_tls13) {
  for (const auto& bad : bad_values()) {
    Pair pair(client_builder().policy(with_group(bad.group, ProtocolVersion::tls13)).build().value(),
              server_builder().build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    change_extension<wire::ServerHello>(flight.of(HandshakeType::server_hello), ExtensionType::key_share, share(bad));
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::bad_key_share, Alert::illegal_parameter, to_string(bad.group) + " " + bad.what);
  }
}

TEST(BadPoints, of_clients_are_refused_in_tls12) {
  for (const auto& bad : bad_values()) {
    Pair pair(client_builder().policy(with_group(bad.group, ProtocolVersion::tls12)).build().value(),
              legacy_server().build().value());
    deliver(pair.client, pair.server);
    deliver(pair.server, pair.client);
    Flight flight(pair.client.out);
    change<wire::ClientKeyExchange>(flight.of(HandshakeType::client_key_exchange),
                                    [&](auto& message) { message.public_value = bad.value; });
    flight.send();
    deliver(pair.client, pair.server);
    expect_refused(pair.server, Code::bad_key_share, Alert::illegal_parameter, to_string(bad.group) + " " + bad.what);
  }
}

TEST(BadPoints, of_servers_are_refused_in_tls12_even_if_they_are_signed) {
  for (const auto& bad : bad_values()) {
    Pair pair(client_builder().policy(with_group(bad.group, ProtocolVersion::tls12)).build().value(),
              legacy_server().ask(Ask::signature).build().value());
    deliver(pair.client, pair.server);
    const auto question = pair.server.questions.front();
    const auto& sign = std::get<SignQuestion>(question.what);
    wire::ServerEcdhParams params;
    params.named_curve = bad.group;
    params.public_value = bad.value;
    auto content = own(as_view(std::span(sign.message)).first(64));  // both randoms
    wire::Writer writer(content);
    wire::FieldWriter visit(writer);
    wire::ServerEcdhParams::fields(params, visit);
    const auto signature = sign.credential.sign(sign.scheme, as_public(View(content))).value();
    ASSERT_TRUE(pair.server.connection.answer(question.id, Signature{signature}, pair.server.out));
    pair.server.run();
    Flight flight(pair.server.out);
    change<wire::ServerKeyExchange>(flight.of(HandshakeType::server_key_exchange), [&](auto& message) {
      message.params = params;
      message.signature = as_view(std::span(signature));
    });
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::bad_key_share, Alert::illegal_parameter, to_string(bad.group) + " " + bad.what);
  }
}

TEST(BadPoints, of_dhe_are_refused) {
  // RFC 7919, 5.1: 1 < y < p - 1. What stands for p is longer than the prime of ffdhe2048 says.
  for (const auto& value :
       {Bytes(256, 0), from_hex(std::string(510, '0') + "01"), Bytes(256, 0xff), Bytes{1}, Bytes{0}}) {
    Pair pair(client_builder().policy(with_suite12(CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
              legacy_server().build().value());
    deliver(pair.client, pair.server);
    deliver(pair.server, pair.client);
    Flight flight(pair.client.out);
    change<wire::ClientKeyExchangeClassic>(flight.of(HandshakeType::client_key_exchange),
                                           [&](auto& message) { message.exchange_keys = value; });
    flight.send();
    deliver(pair.client, pair.server);
    expect_refused(pair.server, Code::bad_key_share, Alert::illegal_parameter, to_hex(value));
  }
}

TEST(BadPoints, in_a_group_that_was_not_offered_are_refused) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  deliver(pair.client, pair.server);
  Flight flight(pair.server.out);
  change_extension<wire::ServerHello>(flight.of(HandshakeType::server_hello), ExtensionType::key_share,
                                      share({"", NamedGroup::secp521r1, point(66, 4, 1)}));
  flight.send();
  deliver(pair.server, pair.client);
  expect_refused(pair.client, Code::wrong_group, Alert::illegal_parameter);
}

}  // namespace
}  // namespace sotto::attack
