// Sessions and what they are bound to.
#include <gtest/gtest.h>

#include "support/resumption.hpp"

namespace sotto {
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::system_clock;

/// A clock that tests set.
struct TestClock {
  std::shared_ptr<system_clock::time_point> now = std::make_shared<system_clock::time_point>(system_clock::now());
  [[nodiscard]] Clock clock() const {
    return [now = now] { return *now; };
  }
};

Policy older_only() {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  return policy;
}

/// The kinds of sessions: a ticket of either version, and TLS 1.2's identifier of what the server keeps.
struct SessionKind {
  std::string name;
  ProtocolVersion version;
  unsigned tickets;
};
class EachSession : public testing::TestWithParam<SessionKind> {
 protected:
  static ClientConfig::Builder client() {
    auto builder = client_builder();
    builder.policy(policy());
    return builder;
  }
  static ServerConfig::Builder server() {
    auto builder = ServerConfig::builder();
    builder.policy(policy());
    return builder;
  }

 private:
  static Policy policy() {
    auto policy = Policy::modern();
    policy.versions = {GetParam().version};
    policy.tickets = GetParam().tickets;
    return policy;
  }
};

TEST_P(EachSession, is_used_again_and_again) {
  const auto own_client = client().build().value();
  const auto own_server = server().credential(credential()).build().value();
  EXPECT_FALSE(resumes(own_client, own_server));
  EXPECT_TRUE(resumes(own_client, own_server));
  EXPECT_TRUE(resumes(own_client, own_server));
}

TEST_P(EachSession, never_crosses_names) {
  const auto own_client = client().build().value();
  const auto of_two_names = credential(KeyKind::ecdsa_p256, {"a.example", "b.example"});
  const auto own_server = server().credential(of_two_names).build().value();
  EXPECT_FALSE(resumes(own_client, own_server, "a.example"));
  EXPECT_FALSE(resumes(own_client, own_server, "b.example"));
  EXPECT_TRUE(resumes(own_client, own_server, "a.example"));
}

TEST_P(EachSession, remembers_who_the_client_is) {
  const auto own_client = client().credential(client_credential()).build().value();
  const auto own_server =
      server().credential(credential()).request_client_certificate(ClientAuth::required, roots()).build().value();
  EXPECT_FALSE(resumes(own_client, own_server));
  Pair second(own_client, own_server);
  second.run();
  ASSERT_TRUE(second.server.connection.summary().resumed);
  EXPECT_EQ(second.server.connection.summary().peer_chain, client_credential().chain());
}

INSTANTIATE_TEST_SUITE_P(Of, EachSession,
                         testing::Values(SessionKind{"tickets13", ProtocolVersion::tls13, 2},
                                         SessionKind{"tickets12", ProtocolVersion::tls12, 1},
                                         SessionKind{"identifiers", ProtocolVersion::tls12, 0}),
                         [](const auto& each) { return each.param.name; });

TEST(Resumption, tells_how_the_server_was_authenticated_before) {
  const auto client = client_builder().build().value();
  const auto server = server_builder().build().value();
  Pair first(client, server);
  first.run();
  Pair second(client, server);
  second.run();
  EXPECT_TRUE(second.client.connection.summary().resumed);
  EXPECT_EQ(second.client.connection.summary().peer_authenticated,
            first.client.connection.summary().peer_authenticated);
  EXPECT_NE(second.client.connection.summary().peer_authenticated, "");
}

TEST(Resumption, survives_a_hello_retry_request) {
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  const auto client = client_builder().build().value();
  const auto server = server_builder().policy(policy).build().value();
  EXPECT_FALSE(resumes(client, server));
  EXPECT_TRUE(resumes(client, server));
}

TEST(Resumption, ends_with_the_life_of_the_ticket) {
  const TestClock clock;
  auto policy = Policy::modern();
  policy.ticket_lifetime = hours(1);
  const auto client = client_builder().clock(clock.clock()).build().value();
  const auto server = server_builder().policy(policy).clock(clock.clock()).build().value();
  EXPECT_FALSE(resumes(client, server));
  *clock.now += std::chrono::minutes(59);
  EXPECT_TRUE(resumes(client, server));
  *clock.now += std::chrono::minutes(61);
  EXPECT_FALSE(resumes(client, server));
}

/// Connects every six hours, by the clock that goes, until nothing is resumed any more.
hours life_of_a_session(const std::shared_ptr<const ClientConfig>& client,
                        const std::shared_ptr<const ServerConfig>& server, const TestClock& clock) {
  EXPECT_FALSE(resumes(client, server));
  hours life(0);
  do {
    *clock.now += hours(6);
    life += hours(6);
  } while (life < std::chrono::days(10) && resumes(client, server));
  return life;
}

TEST(Resumption, again_and_again_keeps_no_session_for_ever_at_a_server) {
  // RFC 8446, 4.6.1: "It is RECOMMENDED that implementations place limits on the total lifetime of such keying
  // material". The clock of this client stands still.
  for (const auto& policy : {Policy::modern(), older_only()}) {
    const TestClock clock;
    const TestClock standing;
    const auto client = client_builder().policy(policy).clock(standing.clock()).build().value();
    const auto server = server_builder().clock(clock.clock()).build().value();
    const auto life = life_of_a_session(client, server, clock);
    // TLS 1.2 keeps its master secret, and so does the ticket its age.
    EXPECT_EQ(life, policy.versions.size() == 1 ? std::chrono::days(1) : std::chrono::days(7));
  }
}

TEST(Resumption, again_and_again_keeps_no_session_for_ever_at_a_client) {
  for (const auto& policy : {Policy::modern(), older_only()}) {
    const TestClock clock;
    const TestClock standing;
    const auto client = client_builder().policy(policy).clock(clock.clock()).build().value();
    const auto server = server_builder().clock(standing.clock()).build().value();
    EXPECT_EQ(life_of_a_session(client, server, clock), std::chrono::days(7));
  }
}

TEST(Resumption, does_not_lend_the_certificate_of_one_client_to_another) {
  for (const auto& policy : {Policy::modern(), older_only()}) {
    const auto store = make_memory_session_store();
    const auto client = [&] { return std::move(client_builder().policy(policy).session_store(store)); };
    const auto server = server_builder().request_client_certificate(ClientAuth::optional, roots()).build().value();
    const auto one = client().credential(client_credential()).build().value();
    EXPECT_FALSE(resumes(one, server));
    EXPECT_TRUE(resumes(one, server));
    EXPECT_FALSE(resumes(client().credential(client_credential(KeyKind::rsa_2048)).build().value(), server));
    EXPECT_FALSE(resumes(one, server));
    EXPECT_FALSE(resumes(client().build().value(), server));
  }
}

TEST(Resumption, does_not_lend_trust_to_a_server_that_was_never_authenticated) {
  const auto store = make_memory_session_store();
  const auto stranger = LocalAuthority::create("a stranger").value();
  const auto server = server_builder().build().value();
  for (auto policy : {Policy::modern(), older_only()}) {
    EXPECT_FALSE(resumes(
        client_builder().policy(policy).session_store(store).verifier(danger::accept_any_certificate()).build().value(),
        server));
    EXPECT_FALSE(store->take("localhost"));
    Pair demanding(ClientConfig::builder()
                       .policy(policy)
                       .session_store(store)
                       .roots(TrustStore::from_pem(stranger.certificate_pem()))
                       .build()
                       .value(),
                   server);
    demanding.run();
    ASSERT_TRUE(demanding.client.error);
    EXPECT_EQ(demanding.client.error->code, Code::certificate_untrusted);
  }
}

TEST(Resumption, falls_back_to_a_full_handshake_when_the_server_has_other_keys) {
  const auto client = client_builder().build().value();
  EXPECT_FALSE(resumes(client, server_builder().build().value()));
  EXPECT_FALSE(resumes(client, server_builder().build().value()));
}

TEST(Resumption, works_between_servers_that_share_ticket_keys) {
  const auto keys = TicketKeys::generate().value();
  const auto client = client_builder().build().value();
  EXPECT_FALSE(resumes(client, server_builder().ticket_keys(keys).build().value()));
  EXPECT_TRUE(resumes(client, server_builder().ticket_keys(keys).build().value()));
}

TEST(Resumption, is_off_where_either_side_switches_it_off) {
  const auto server = server_builder().build().value();
  const auto without_store = client_builder().session_store(nullptr).build().value();
  EXPECT_FALSE(resumes(without_store, server));
  EXPECT_FALSE(resumes(without_store, server));

  const auto client = client_builder().build().value();
  const auto without_keys = server_builder().ticket_keys(nullptr).build().value();
  EXPECT_FALSE(resumes(client, without_keys));
  EXPECT_FALSE(resumes(client, without_keys));
}

TEST(Resumption, uses_sessions_that_were_stored_outside) {
  const auto store = make_memory_session_store();
  const auto client = client_builder().session_store(store).build().value();
  const auto server = server_builder().build().value();
  EXPECT_FALSE(resumes(client, server));
  auto session = store->take("localhost");
  ASSERT_TRUE(session);
  while (store->take("localhost")) {
  }
  const auto bytes = session->serialize();
  auto parsed = Session::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->server_name(), "localhost");
  store->put("localhost", std::move(*parsed));
  EXPECT_TRUE(resumes(client, server));
}

TEST(Resumption, refuses_a_stored_session_that_was_cut_or_changed) {
  const auto store = make_memory_session_store();
  const auto client = client_builder().session_store(store).build().value();
  EXPECT_FALSE(resumes(client, server_builder().build().value()));
  const auto bytes = store->take("localhost")->serialize();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Session::parse(std::span(bytes).first(size))) << size;
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(Session::parse(longer));
}

TEST(SessionStore, drops_the_oldest_first_and_uses_the_newest) {
  const auto client_store = make_memory_session_store(2, 2);
  const auto client = client_builder().session_store(client_store).build().value();
  const auto server = ServerConfig::builder()
                          .credential(credential(KeyKind::ecdsa_p256, {"a.example", "b.example", "c.example"}))
                          .build()
                          .value();
  for (const auto* name : {"a.example", "b.example", "c.example"}) resumes(client, server, name);
  EXPECT_FALSE(client_store->take("a.example"));
  EXPECT_TRUE(client_store->take("b.example"));
  EXPECT_TRUE(client_store->take("c.example"));
  EXPECT_TRUE(client_store->take("c.example"));
  EXPECT_FALSE(client_store->take("c.example"));
}

}  // namespace
}  // namespace sotto
