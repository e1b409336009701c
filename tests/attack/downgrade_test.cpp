// Attempts to make two peers use less than both have. RFC 8446, 4.1.3 and 4.2.1; RFC 7507.
#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

const Bytes only_tls12 = {2, 3, 3};

TEST(Downgrade, by_removing_the_newer_version_from_the_hello_is_seen_by_the_client) {
  for (const auto& offer : {std::optional(only_tls12), std::optional<Bytes>()}) {
    Pair pair(client_builder().build().value(), server_builder().build().value());
    Flight flight(pair.client.out);
    change_extension<wire::ClientHello>(flight.of(HandshakeType::client_hello), ExtensionType::supported_versions,
                                        offer);
    flight.send();
    pair.run();
    expect_refused(pair.client, Code::downgrade_detected, Alert::illegal_parameter);
    ASSERT_TRUE(pair.server.error);
    EXPECT_EQ(pair.server.error->alert, Alert::illegal_parameter);
  }
}

TEST(Downgrade, mark_of_a_server_that_has_tls12_counts_too) {
  // A client that has TLS 1.3 heeds both marks: "DOWNGRD" and 1 for TLS 1.2, or 0 for what is older.
  for (const std::uint8_t last : {0, 1, 2}) {
    Pair pair(client_builder().build().value(), server_builder().policy(tls12()).build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    Bytes random;
    change<wire::ServerHello>(flight.of(HandshakeType::server_hello), [&](auto& hello) {
      random = own(hello.random);
      copy(as_view(std::string_view("DOWNGRD")), MutableView(random).last(8));
      random.back() = last;
      hello.random = random;
    });
    flight.send();
    deliver(pair.server, pair.client);
    ASSERT_TRUE(pair.client.error);
    EXPECT_EQ(pair.client.error->code == Code::downgrade_detected, last <= 1) << pair.client.error->message();
  }
}

TEST(Downgrade, by_a_client_that_falls_back_is_seen_by_the_server) {
  // RFC 7507, 3: TLS_FALLBACK_SCSV says that the client has more than it offers now.
  for (const bool server_has_more : {true, false}) {
    Pair pair(client_builder().policy(tls12()).build().value(),
              server_builder().policy(server_has_more ? Policy::modern() : tls12()).build().value());
    Flight flight(pair.client.out);
    Bytes suites;
    change<wire::ClientHello>(flight.of(HandshakeType::client_hello), [&](auto& hello) {
      suites = own(hello.cipher_suites.encoded());
      suites.insert(suites.end(), {0x56, 0x00});
      hello.cipher_suites = wire::Codes<CipherSuite>(suites);
    });
    flight.send();
    deliver(pair.client, pair.server);
    if (server_has_more) {
      expect_refused(pair.server, Code::inappropriate_fallback, Alert::inappropriate_fallback);
    } else {
      EXPECT_FALSE(pair.server.error);
    }
  }
}

TEST(Downgrade, by_an_answer_in_supported_versions_is_illegal) {
  // RFC 8446, 4.2.1: "selects a version of TLS prior to TLS 1.3" there, or one that was not offered.
  for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls11, static_cast<ProtocolVersion>(0x0305)}) {
    Pair pair(client_builder().build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    const auto code = static_cast<unsigned>(version);
    change_extension<wire::ServerHello>(flight.of(HandshakeType::server_hello), ExtensionType::supported_versions,
                                        Bytes{static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)});
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::wrong_version, Alert::illegal_parameter, to_string(version));
  }
}

TEST(Downgrade, to_a_suite_that_was_not_offered_is_illegal) {
  for (const auto version : both_versions) {
    auto policy = of_version(version);
    policy.drop_unusable();
    const auto unwanted = policy.cipher_suites.back();
    policy.cipher_suites.pop_back();
    Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    change<wire::ServerHello>(flight.of(HandshakeType::server_hello),
                              [&](auto& hello) { hello.cipher_suite = unwanted; });
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::wrong_cipher_suite, Alert::illegal_parameter, to_string(version));
  }
}

TEST(Downgrade, of_what_a_client_offers_ends_at_finished) {
  // Whatever somebody takes out of a hello: both sides must have seen the same one.
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).build().value(), server_builder().build().value());
    Flight flight(pair.client.out);
    change<wire::ClientHello>(flight.of(HandshakeType::client_hello), [](auto& hello) {
      hello.cipher_suites = wire::Codes<CipherSuite>(hello.cipher_suites.encoded().subspan(2));
    });
    flight.send();
    pair.run();
    EXPECT_FALSE(pair.client.established);
    EXPECT_FALSE(pair.server.established);
    EXPECT_TRUE(pair.client.error || pair.server.error);
  }
}

}  // namespace
}  // namespace sotto::attack
