// Sessions that are stolen, changed or used where they do not belong, and pre-shared keys that are turned against
// their owner.
#include "attack/scene.hpp"
#include "session/session_impl.hpp"
#include "support/resumption.hpp"

namespace sotto::attack {
namespace {

using std::chrono::system_clock;

/// A client's store that gives out whatever session was put in last, whoever it is for.
class LooseStore final : public SessionStore {
 public:
  void put(const std::string&, Session session) override { last_.emplace(std::move(session)); }
  std::optional<Session> take(const std::string&) override { return std::exchange(last_, std::nullopt); }
  void remove(const std::string&, std::span<const std::byte>) override { last_.reset(); }

 private:
  std::optional<Session> last_;
};

/// Finds what a client offers to resume with.
View ticket_in(const wire::ClientHello& hello) {
  if (const auto psk = hello.extensions.find<wire::PreSharedKeyOffer>()) return psk->identities.front().identity;
  return hello.extensions.find<wire::SessionTicketOffer>()->ticket;
}

TEST(TicketTheft, without_the_secret_is_worth_nothing) {
  // Tickets of TLS 1.2 travel in the clear. A thief shows one, and does not know what stands inside.
  for (const auto version : both_versions) {
    const auto client = client_builder().policy(of_version(version)).build().value();
    const auto server = server_builder().build().value();
    EXPECT_FALSE(resumes(client, server));
    Conversation talk(client, server, [&](From from, Bytes& message) {
      const auto proof = version == ProtocolVersion::tls13 ? HandshakeType::client_hello : HandshakeType::finished;
      if (from == From::client && wire::type_of(message) == proof) damage_end(message);
    });
    EXPECT_FALSE(talk.done());
    expect_refused(talk.server.error, version == ProtocolVersion::tls13 ? Code::bad_binder : Code::bad_finished,
                   Alert::decrypt_error, to_string(version));
  }
}

TEST(TicketTheft, and_changing_any_octet_of_it_gets_a_full_handshake) {
  for (const auto version : both_versions) {
    const auto store = std::make_shared<LooseStore>();
    const auto client = client_builder().policy(of_version(version)).session_store(store).build().value();
    const auto server = server_builder().build().value();
    std::size_t octets = 1;
    for (std::size_t at = 0; at < octets; ++at) {
      EXPECT_FALSE(resumes(client_builder().policy(of_version(version)).session_store(store).build().value(),
                           server_builder().build().value()));
      Pair(client, server).run();  // now there is a ticket of `server`
      Pair pair(client, server);
      const auto raw = Flight(pair.client.out).of(HandshakeType::client_hello);
      const auto hello = wire::parse_message<wire::ClientHello>(raw);
      ASSERT_TRUE(hello);
      const auto ticket = ticket_in(*hello);
      octets = ticket.size();
      auto changed = raw;
      changed[static_cast<std::size_t>(ticket.data() - raw.data()) + at] ^= 1;
      pair.server.in.append(plain_record(ContentType::handshake, changed));
      pair.server.run();
      ASSERT_FALSE(pair.server.error) << pair.server.error->message();
      Flight said(pair.server.out);  // which the message borrows from
      const auto answer = wire::parse_message<wire::ServerHello>(said.of(HandshakeType::server_hello));
      ASSERT_TRUE(answer);
      EXPECT_FALSE(answer->extensions.has(ExtensionType::pre_shared_key)) << at;
      if (version == ProtocolVersion::tls12) {
        EXPECT_TRUE(answer->legacy_session_id_echo.empty()) << at;
      }
    }
  }
}

TEST(TicketTheft, for_use_with_another_name_fails_at_the_server) {
  const auto server =
      ServerConfig::builder().credential(credential(KeyKind::ecdsa_p256, {"a.example", "b.example"})).build().value();
  for (const auto version : both_versions) {
    const auto client = client_builder().policy(of_version(version)).build().value();
    EXPECT_FALSE(resumes(client, server, "a.example"));
    Pair pair(client, server, "a.example");
    Flight flight(pair.client.out);
    auto& hello = flight.of(HandshakeType::client_hello);
    const std::string_view name = "a.example";
    const auto at = std::search(hello.begin(), hello.end(), name.begin(), name.end());
    ASSERT_NE(at, hello.end());
    *at = 'b';
    flight.send();
    deliver(pair.client, pair.server);
    Flight said(pair.server.out);  // which the message borrows from
    const auto answer = wire::parse_message<wire::ServerHello>(said.of(HandshakeType::server_hello));
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->extensions.has(ExtensionType::pre_shared_key));
    EXPECT_FALSE(version == ProtocolVersion::tls12 && !answer->legacy_session_id_echo.empty());
  }
}

TEST(TicketTheft, for_use_with_another_name_fails_at_the_client_whatever_its_store_says) {
  const auto server =
      ServerConfig::builder().credential(credential(KeyKind::ecdsa_p256, {"a.example", "b.example"})).build().value();
  for (const auto version : both_versions) {
    const auto client =
        client_builder().policy(of_version(version)).session_store(std::make_shared<LooseStore>()).build().value();
    EXPECT_FALSE(resumes(client, server, "a.example"));
    // A server that would take it must not even see it.
    Pair pair(client, server, "b.example");
    Flight flight(pair.client.out);
    const auto hello = wire::parse_message<wire::ClientHello>(flight.of(HandshakeType::client_hello));
    ASSERT_TRUE(hello);
    EXPECT_FALSE(hello->extensions.has(ExtensionType::pre_shared_key));
    if (const auto ticket = hello->extensions.find<wire::SessionTicketOffer>()) {
      EXPECT_TRUE(ticket->ticket.empty());
    }
    EXPECT_FALSE(resumes(client, server, "b.example"));
    EXPECT_TRUE(resumes(client, server, "b.example"));
  }
}

TEST(TicketTheft, of_parts_that_do_not_go_together_is_not_offered) {
  // A session that comes from a file may hold anything.
  const auto is_offered = [](ProtocolVersion version, CipherSuite suite, std::size_t secret) {
    auto impl = std::make_unique<Session::Impl>();
    impl->version = version;
    impl->cipher_suite = suite;
    impl->psk = crypto::HashSecret(Bytes(secret, 1));
    impl->ticket = Bytes(100, 2);
    impl->received = system_clock::now() - std::chrono::minutes(1);
    impl->lifetime = std::chrono::hours(1);
    impl->server_name = "localhost";
    auto session = Session::parse(Session(std::move(impl)).serialize());
    EXPECT_TRUE(session);
    const auto store = std::make_shared<LooseStore>();
    store->put("localhost", std::move(*session));
    Buffer out;
    const auto client =
        Connection::client(client_builder().session_store(store).build().value(), ServerName("localhost"), out);
    EXPECT_TRUE(client);
    const auto raw = Flight(out).of(HandshakeType::client_hello);
    const auto hello = wire::parse_message<wire::ClientHello>(raw).value();
    return hello.extensions.has(ExtensionType::pre_shared_key) ||
           !hello.extensions.find<wire::SessionTicketOffer>()->ticket.empty();
  };
  using enum CipherSuite;
  constexpr auto newer = ProtocolVersion::tls13;
  constexpr auto older = ProtocolVersion::tls12;
  EXPECT_TRUE(is_offered(newer, TLS_AES_128_GCM_SHA256, 32));
  EXPECT_TRUE(is_offered(newer, TLS_AES_256_GCM_SHA384, 48));
  EXPECT_TRUE(is_offered(older, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 48));
  EXPECT_FALSE(is_offered(newer, TLS_AES_128_GCM_SHA256, 48));
  EXPECT_FALSE(is_offered(older, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 32));
  EXPECT_FALSE(is_offered(newer, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 32));
  EXPECT_FALSE(is_offered(older, TLS_AES_256_GCM_SHA384, 48));
}

TEST(TicketTheft, is_no_way_around_a_client_certificate) {
  for (const auto version : both_versions) {
    const auto keys = TicketKeys::generate().value();
    const auto client = client_builder().policy(of_version(version)).credential(client_credential()).build().value();
    EXPECT_FALSE(resumes(client, server_builder().ticket_keys(keys).build().value()));
    const auto demanding =
        server_builder().ticket_keys(keys).request_client_certificate(ClientAuth::required, roots()).build().value();
    EXPECT_FALSE(resumes(client, demanding));
    EXPECT_TRUE(resumes(client, demanding));
  }
}

TEST(TicketTheft, of_a_certified_client_is_no_way_into_a_service_that_trusts_other_authorities) {
  // Servers behind one address that share ticket keys, as with CVE-2025-23419.
  const auto stranger = LocalAuthority::create("a stranger").value();
  const auto others = TrustStore::from_pem(stranger.certificate_pem()).value();
  for (const auto version : both_versions) {
    const auto keys = TicketKeys::generate().value();
    const auto client = client_builder().policy(of_version(version)).credential(client_credential()).build().value();
    const auto serve = [&](const TrustStore& trusted) {
      return server_builder()
          .ticket_keys(keys)
          .request_client_certificate(ClientAuth::required, trusted)
          .build()
          .value();
    };
    EXPECT_FALSE(resumes(client, serve(roots())));
    EXPECT_TRUE(resumes(client, serve(roots())));
    Pair elsewhere(client, serve(others));
    elsewhere.run();
    // The client has nothing to show that this server would take.
    ASSERT_TRUE(elsewhere.server.error);
    EXPECT_EQ(elsewhere.server.error->code,
              version == ProtocolVersion::tls12 ? Code::certificate_missing_in_tls12 : Code::certificate_missing);
    EXPECT_FALSE(elsewhere.server.established);
  }
}

TEST(TicketTheft, between_versions_and_suites_gets_a_full_handshake) {
  const auto store = std::make_shared<LooseStore>();
  const auto keys = TicketKeys::generate().value();
  const auto server = server_builder().ticket_keys(keys).build().value();
  const auto client = [&](Policy policy) {
    return client_builder().policy(std::move(policy)).session_store(store).build().value();
  };
  EXPECT_FALSE(resumes(client(tls12()), server));
  EXPECT_FALSE(resumes(client(Policy::modern()), server));
  auto other_hash = Policy::modern();
  other_hash.cipher_suites = {CipherSuite::TLS_AES_256_GCM_SHA384};
  const auto strict = server_builder().policy(other_hash).ticket_keys(keys).build().value();
  EXPECT_FALSE(resumes(client(Policy::modern()), strict));
}

TEST(TicketTheft, of_a_session_of_tls12_gets_a_full_handshake_in_tls13) {
  // A client that shows its ticket of TLS 1.2 as a pre-shared key, with a binder made of the master secret.
  const auto store = make_memory_session_store();
  const auto server = server_builder().build().value();
  EXPECT_FALSE(resumes(client_builder().policy(tls12()).session_store(store).build().value(), server));
  auto bytes = store->take("localhost")->serialize();
  const auto suite = static_cast<unsigned>(CipherSuite::TLS_AES_128_GCM_SHA256);  // of the same hash
  for (const auto& [at, octet] : {std::pair(5, 4u), std::pair(6, suite >> 8), std::pair(7, suite & 0xff)})
    bytes[static_cast<std::size_t>(at)] = static_cast<std::byte>(octet);
  auto forged = Session::parse(bytes);
  ASSERT_TRUE(forged);
  ASSERT_EQ(forged->version(), ProtocolVersion::tls13);
  store->put("localhost", std::move(*forged));
  EXPECT_FALSE(resumes(client_builder().session_store(store).build().value(), server));
}

TEST(TicketTheft, of_an_old_ticket_gets_a_full_handshake) {
  for (const auto version : both_versions) {
    auto now = system_clock::now();
    auto behind = now;  // a client whose clock stands still would use its session for ever
    auto policy = Policy::modern();
    policy.ticket_lifetime = std::chrono::hours(1);
    const auto client = client_builder().policy(of_version(version)).clock([&] { return behind; }).build().value();
    const auto server = server_builder().policy(policy).clock([&] { return now; }).build().value();
    EXPECT_FALSE(resumes(client, server));
    now += std::chrono::minutes(59);
    EXPECT_TRUE(resumes(client, server));
    now += std::chrono::minutes(61);
    EXPECT_FALSE(resumes(client, server)) << to_string(version);
  }
}

TEST(TicketTheft, of_the_keys_opens_what_was_sealed_in_the_last_day_at_most) {
  // Keys of the default rotation seal for twelve hours, and open for twelve more.
  auto now = system_clock::now();
  auto policy = Policy::modern();
  policy.ticket_lifetime = std::chrono::hours(24 * 7);
  const auto client = client_builder().clock([&] { return now; }).build().value();
  const auto server = server_builder().policy(policy).clock([&] { return now; }).build().value();
  EXPECT_FALSE(resumes(client, server));
  now += std::chrono::hours(24);
  EXPECT_FALSE(resumes(client, server));
}

// ---- pre-shared keys ----

/// A TLS 1.3 client that offers a session, and its ClientHello.
struct Offer {
  Offer() : client(client_builder().build().value()), server(server_builder().build().value()) {
    Pair(client, server).run();
    pair.emplace(client, server);
    hello = Flight(pair->client.out).of(HandshakeType::client_hello);
  }
  void give() {
    pair->server.in.append(plain_record(ContentType::handshake, hello));
    pair->server.run();
  }
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;
  std::optional<Pair> pair;
  Bytes hello;
};

TEST(Selfie, with_the_clients_own_hello_is_refused) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).build().value(), server_builder().build().value());
    pair.client.in.append(pair.client.out.readable());
    pair.client.run();
    expect_refused(pair.client, Code::unexpected_message, Alert::unexpected_message);
  }
}

TEST(Selfie, with_the_servers_own_flight_is_refused) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).build().value(), server_builder().build().value());
    deliver(pair.client, pair.server);
    pair.server.in.append(pair.server.out.readable());
    pair.server.run();
    // In TLS 1.3 the server waits for protected records by then.
    expect_refused(pair.server, version == ProtocolVersion::tls12 ? Code::unexpected_message : Code::unexpected_record,
                   Alert::unexpected_message);
  }
}

TEST(Binders, are_checked_over_the_whole_hello) {
  // Any octet before the binders: the session identifier, which the server only echoes.
  Offer offer;
  offer.hello[4 + 2 + 32 + 1] ^= 1;
  offer.give();
  expect_refused(offer.pair->server, Code::bad_binder, Alert::decrypt_error);
}

TEST(Binders, stand_in_the_last_extension) {
  Offer offer;
  change_extension<wire::ClientHello>(offer.hello, static_cast<ExtensionType>(0x7777), Bytes{});
  offer.give();
  expect_refused(offer.pair->server, Code::psk_not_last, Alert::illegal_parameter);
}

TEST(Binders, are_as_many_as_the_keys) {
  Offer offer;
  const auto before = offer.hello;
  const auto psk = wire::parse_message<wire::ClientHello>(before)->extensions.find<wire::PreSharedKeyOffer>();
  ASSERT_TRUE(psk);
  auto more = *psk;
  more.binders.push_back(more.binders.front());
  Bytes data;
  wire::Writer writer(data);
  wire::FieldWriter visit(writer);
  wire::PreSharedKeyOffer::fields(more, visit);
  change_extension<wire::ClientHello>(offer.hello, ExtensionType::pre_shared_key, data);
  offer.give();
  expect_refused(offer.pair->server, Code::binder_count_mismatch, Alert::illegal_parameter);
}

TEST(Binders, come_with_the_modes_of_key_exchange) {
  Offer offer;
  change_extension<wire::ClientHello>(offer.hello, ExtensionType::psk_key_exchange_modes, std::nullopt);
  offer.give();
  expect_refused(offer.pair->server, Code::missing_extension, Alert::missing_extension);
}

TEST(Binders, are_of_no_use_to_a_server_that_chooses_what_was_not_offered) {
  const Conversation unasked(client_builder().session_store(nullptr).build().value(), server_builder().build().value(),
                             to_each(From::server, HandshakeType::server_hello, [](Bytes& raw) {
                               change_extension<wire::ServerHello>(raw, ExtensionType::pre_shared_key, Bytes{0, 0});
                             }));
  expect_refused(unasked.client.error, Code::unexpected_extension, Alert::unsupported_extension);
  const auto client = client_builder().build().value();
  const auto server = server_builder().build().value();
  Pair(client, server).run();
  const Conversation another(client, server, to_each(From::server, HandshakeType::server_hello, [](Bytes& raw) {
                               change_extension<wire::ServerHello>(raw, ExtensionType::pre_shared_key, Bytes{0, 1});
                             }));
  expect_refused(another.client.error, Code::wrong_psk_identity, Alert::illegal_parameter);
}

}  // namespace
}  // namespace sotto::attack
