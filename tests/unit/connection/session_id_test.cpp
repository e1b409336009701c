// TLS 1.2 sessions that the server keeps and the client names by their identifier. RFC 5246, 7.3 and F.1.4.
#include <gtest/gtest.h>

#include <thread>

#include "support/message_peer.hpp"
#include "support/resumption.hpp"

namespace sotto {
namespace {

using namespace test;
using std::chrono::system_clock;

Policy older() {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  return policy;
}
/// A server that gives no tickets.
ServerConfig::Builder stateful() {
  auto policy = Policy::modern();
  policy.tickets = 0;
  auto builder = server_builder();
  builder.policy(policy);
  return builder;
}
ClientConfig::Builder client12() {
  auto builder = client_builder();
  builder.policy(older());
  return builder;
}

/// What two server configurations need to have in common to resume one another's sessions.
struct Shared {
  std::shared_ptr<TicketKeys> keys = TicketKeys::generate().value();
  std::shared_ptr<ServerSessionStore> store = make_memory_server_session_store();
  [[nodiscard]] ServerConfig::Builder server() const {
    auto builder = stateful();
    builder.ticket_keys(keys).session_store(store);
    return builder;
  }
};

TEST(SessionId, is_used_by_a_client_of_both_versions_with_an_older_server) {
  const auto client = client_builder().build().value();
  auto policy = older();
  policy.tickets = 0;
  const auto server = server_builder().policy(policy).build().value();
  EXPECT_FALSE(resumes(client, server));
  EXPECT_TRUE(resumes(client, server));
}

TEST(SessionId, gives_way_to_tickets) {
  // RFC 5077, 3.4: a server that gives a ticket "SHOULD include an empty Session ID in the ServerHello".
  MessageClient client(client12().build().value(), ServerName("localhost"), nullptr);
  MessageServer server(server_builder().build().value(), nullptr);
  client.run();
  server.take(client.sent().front());
  EXPECT_EQ(server.sent().front().at(38), 0);
}

TEST(SessionId, is_new_for_each_session_and_not_the_clients) {
  Bytes before;
  for (int round = 0; round < 2; ++round) {
    MessageClient client(client_builder().build().value(), ServerName("localhost"), nullptr);
    auto policy = older();
    policy.tickets = 0;
    MessageServer server(server_builder().policy(policy).build().value(), nullptr);
    client.run();
    const auto hello = client.sent().front();
    server.take(hello);
    const auto answer = server.sent().front();
    ASSERT_EQ(answer.at(38), 32);
    const auto id = View(answer).subspan(39, 32);
    EXPECT_FALSE(same(id, View(hello).subspan(39, 32)));
    EXPECT_FALSE(same(id, before));
    before = own(id);
  }
}

TEST(SessionId, does_not_cross_names_with_a_client_that_lies) {
  auto policy = Policy::modern();
  policy.tickets = 0;
  const auto server = ServerConfig::builder()
                          .policy(policy)
                          .credential(credential(KeyKind::ecdsa_p256, {"a.example", "b.example"}))
                          .build()
                          .value();
  // The session of one name is offered under another.
  const auto store = make_memory_session_store();
  const auto lying = client12().session_store(store).build().value();
  EXPECT_FALSE(resumes(lying, server, "a.example"));
  auto bytes = store->take("a.example")->serialize();
  const auto name = as_bytes("a.example");
  const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
  ASSERT_NE(at, bytes.end());
  *at = std::byte{'b'};
  store->put("b.example", Session::parse(bytes).value());
  EXPECT_FALSE(resumes(lying, server, "b.example"));
}

TEST(SessionId, is_no_way_around_a_client_certificate) {
  const Shared shared;
  const auto client = client12().credential(client_credential()).build().value();
  EXPECT_FALSE(resumes(client, shared.server().build().value()));
  const auto demanding = shared.server().request_client_certificate(ClientAuth::required, roots()).build().value();
  EXPECT_FALSE(resumes(client, demanding));
  EXPECT_TRUE(resumes(client, demanding));
  // Nor does who the client is outlive the wish to know.
  EXPECT_FALSE(resumes(client, shared.server().build().value()));
}

TEST(SessionId, keeps_its_cipher_suite_or_does_not_resume) {
  const auto store = make_memory_session_store();
  const auto server = stateful().build().value();
  EXPECT_FALSE(resumes(client12().session_store(store).build().value(), server));
  auto other = older();
  other.cipher_suites = {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384};
  EXPECT_FALSE(resumes(client12().policy(other).session_store(store).build().value(), server));
}

TEST(SessionId, offered_without_the_extended_master_secret_is_refused) {
  // RFC 7627, 5.3: the original session had it, so "the server MUST abort the abbreviated handshake".
  const auto client = client12().build().value();
  const auto server = stateful().build().value();
  EXPECT_FALSE(resumes(client, server));
  MessageClient second(client, ServerName("localhost"), nullptr);
  MessageServer answering(server, nullptr);
  second.run();
  auto hello = second.sent().front();
  const Bytes extension = {0, 23, 0, 0};
  const auto at = std::search(hello.begin(), hello.end(), extension.begin(), extension.end());
  ASSERT_NE(at, hello.end());
  *(at + 1) = 99;
  answering.take(hello);
  ASSERT_TRUE(answering.error);
  EXPECT_EQ(answering.error->code, Code::extended_master_secret_changed);
}

TEST(SessionId, has_an_end) {
  const auto now = std::make_shared<system_clock::time_point>(system_clock::now());
  const auto clock = [now] { return *now; };
  const auto client = client12().clock(clock).build().value();
  const auto server = stateful().clock(clock).build().value();
  EXPECT_FALSE(resumes(client, server));
  *now += std::chrono::hours(23);
  EXPECT_TRUE(resumes(client, server));
  *now += std::chrono::hours(2);
  EXPECT_FALSE(resumes(client, server));
}

TEST(SessionId, is_off_without_a_store_or_without_keys) {
  const auto client = client12().build().value();
  for (const auto& server :
       {stateful().session_store(nullptr).build().value(), stateful().ticket_keys(nullptr).build().value()}) {
    EXPECT_FALSE(resumes(client, server));
    EXPECT_FALSE(resumes(client, server));
  }
}

TEST(SessionId, is_forgotten_when_its_connection_fails) {
  // RFC 5246, 7.2.2: "any connection terminated with a fatal alert MUST NOT be resumed".
  const auto client = client12().build().value();
  const auto server = stateful().build().value();
  Pair pair(client, server);
  pair.run();
  ASSERT_TRUE(pair.established());
  pair.client.write("x");
  pair.client.out.readable().back() ^= std::byte{1};
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_FALSE(resumes(client, server));
  EXPECT_TRUE(resumes(client, server));
}

TEST(SessionId, survives_being_stored_outside_by_the_client) {
  const auto store = make_memory_session_store();
  const auto client = client12().session_store(store).build().value();
  const auto server = stateful().build().value();
  EXPECT_FALSE(resumes(client, server));
  const auto bytes = store->take("localhost")->serialize();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Session::parse(std::span(bytes).first(size))) << size;
  store->put("localhost", Session::parse(bytes).value());
  EXPECT_TRUE(resumes(client, server));
}

TEST(SessionId, of_a_store_with_other_keys_leads_to_a_full_handshake) {
  const Shared shared;
  const auto client = client12().build().value();
  EXPECT_FALSE(resumes(client, shared.server().build().value()));
  EXPECT_FALSE(resumes(client, stateful().session_store(shared.store).build().value()));
}

std::vector<std::byte> octets(int value) { return std::vector<std::byte>(32, static_cast<std::byte>(value)); }

TEST(ServerSessionStore, drops_the_one_that_was_not_used_for_longest) {
  const auto store = make_memory_server_session_store(2);
  const auto later = system_clock::now() + std::chrono::hours(1);
  store->put(octets(1), octets(11), later);
  store->put(octets(2), octets(12), later);
  EXPECT_EQ(store->find(octets(1)), octets(11));
  store->put(octets(3), octets(13), later);
  EXPECT_EQ(store->find(octets(1)), octets(11));
  EXPECT_FALSE(store->find(octets(2)));
  EXPECT_EQ(store->find(octets(3)), octets(13));
  store->remove(octets(3));
  EXPECT_FALSE(store->find(octets(3)));
  store->put(octets(1), octets(14), later);
  EXPECT_EQ(store->find(octets(1)), octets(14));
  EXPECT_FALSE(store->find({}));
}

TEST(ServerSessionStore, does_not_hold_what_has_ended) {
  const auto store = make_memory_server_session_store(100);
  store->put(octets(1), octets(11), system_clock::now() + std::chrono::hours(1));
  store->put(octets(2), octets(12), system_clock::now() - std::chrono::seconds(1));
  EXPECT_FALSE(store->find(octets(2)));
  EXPECT_TRUE(store->find(octets(1)));
}

TEST(ServerSessionStore, can_be_used_by_several_threads) {
  const auto store = make_memory_server_session_store(8);
  const auto later = system_clock::now() + std::chrono::hours(1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 500; ++i) {
        store->put(octets(thread * 16 + i % 16), octets(i), later);
        static_cast<void>(store->find(octets(i % 64)));
        store->remove(octets((i + 7) % 64));
      }
    });
  for (auto& thread : threads) thread.join();
  int kept = 0;
  for (int i = 0; i < 64; ++i) kept += store->find(octets(i)) ? 1 : 0;
  EXPECT_LE(kept, 8);
}

}  // namespace
}  // namespace sotto
