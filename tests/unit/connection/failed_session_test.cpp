// RFC 5246, 7.2.2: "any connection terminated with a fatal alert MUST NOT be resumed", by the client's own doing.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy older(std::size_t tickets) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  policy.tickets = tickets;
  policy.renegotiation = Renegotiation::allowed;
  return policy;
}

/// A client with its sessions and a server that gives tickets, which it cannot take back, or keeps its sessions.
class FailedSession : public testing::TestWithParam<std::size_t> {
 protected:
  std::shared_ptr<SessionStore> store = make_memory_session_store();
  std::shared_ptr<const ClientConfig> client =
      client_builder().policy(older(GetParam())).session_store(store).build().value();
  std::shared_ptr<const ServerConfig> server = server_builder().policy(older(GetParam())).build().value();

  Pair connect() const {
    Pair pair(client, server);
    pair.run();
    EXPECT_TRUE(pair.established());
    return pair;
  }
  [[nodiscard]] bool is_there() const {
    auto session = store->take("localhost");
    if (!session) return false;
    store->put("localhost", std::move(*session));
    return true;
  }
};

/// Makes what `from` says next fail at the other end.
void damage(End& from) {
  from.write("x");
  from.out.readable().back() ^= std::byte{1};
}

TEST_P(FailedSession, is_forgotten_when_the_client_sends_a_fatal_alert) {
  auto pair = connect();
  EXPECT_TRUE(is_there());
  damage(pair.server);
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->alert, Alert::bad_record_mac);
  EXPECT_FALSE(is_there());
  EXPECT_FALSE(connect().client.connection.summary().resumed);
}

TEST_P(FailedSession, is_forgotten_when_the_client_gets_a_fatal_alert) {
  auto pair = connect();
  damage(pair.client);
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::peer_alert);
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, is_forgotten_when_the_application_aborts) {
  auto pair = connect();
  ASSERT_TRUE(pair.client.connection.abort(Alert::internal_error, pair.client.out));
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, is_kept_when_the_connection_is_closed_or_cut) {
  // RFC 5246, 7.2.1: "failure to properly close a connection no longer requires that a session not be resumed".
  auto closed = connect();
  ASSERT_TRUE(closed.client.connection.close(closed.client.out));
  closed.run();
  ASSERT_TRUE(closed.server.connection.close(closed.server.out));
  closed.run();
  EXPECT_TRUE(is_there());
  auto cut = connect();
  EXPECT_TRUE(cut.client.connection.summary().resumed);
  EXPECT_EQ(cut.client.connection.end_of_input().error().code, Code::truncated);
  EXPECT_TRUE(is_there());
}

TEST_P(FailedSession, is_forgotten_when_a_connection_that_resumed_it_fails) {
  connect();
  auto pair = connect();
  ASSERT_TRUE(pair.client.connection.summary().resumed);
  damage(pair.server);
  pair.run();
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, is_forgotten_when_the_handshake_that_resumes_it_fails) {
  auto first = connect();
  auto kept = Session::parse(store->take("localhost").value().serialize()).value();
  store->put("localhost", Session::parse(kept.serialize()).value());
  Pair second(client, server);
  second.server.in.append(second.client.out.readable());
  second.client.out.clear();
  second.server.run();
  second.server.out.readable().back() ^= std::byte{1};  // of Finished
  second.client.in.append(second.server.out.readable());
  second.client.run();
  ASSERT_TRUE(second.client.error);
  store->put("localhost", std::move(kept));  // as a third connection would that resumed it meanwhile
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, is_not_kept_when_another_connection_puts_it_back) {
  auto first = connect();
  Pair second(client, server);  // has taken the session
  damage(first.server);
  first.client.in.append(first.server.out.readable());
  first.client.run();  // and the alert is lost
  ASSERT_TRUE(first.client.error);
  second.run();
  ASSERT_TRUE(second.established());
  EXPECT_TRUE(second.client.connection.summary().resumed) << "which may go on";
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, of_a_renegotiated_connection_is_its_latest_and_no_earlier_one_is_left) {
  auto pair = connect();
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  pair.run();
  ASSERT_EQ(pair.client.renegotiated, 1u);
  EXPECT_TRUE(is_there());
  damage(pair.server);
  pair.run();
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, is_forgotten_by_a_half_of_a_connection) {
  auto pair = connect();
  auto halves = std::move(pair.client.connection).split();
  ASSERT_TRUE(halves);
  EXPECT_TRUE(is_there());
  damage(pair.server);
  EXPECT_EQ(halves->second.receive(pair.server.out.readable()).error().code, Code::bad_record_mac);
  EXPECT_FALSE(is_there());
}

TEST_P(FailedSession, of_a_server_is_forgotten_by_a_half_of_a_connection) {
  auto pair = connect();
  auto halves = std::move(pair.server.connection).split();
  ASSERT_TRUE(halves);
  damage(pair.client);
  EXPECT_EQ(halves->second.receive(pair.client.out.readable()).error().code, Code::bad_record_mac);
  EXPECT_EQ(connect().client.connection.summary().resumed, GetParam() > 0) << "a ticket cannot be taken back";
}

INSTANTIATE_TEST_SUITE_P(By, FailedSession, testing::Values(0, 1),
                         [](const auto& each) { return each.param == 0 ? "session_id" : "ticket"; });

TEST(SessionStore, forgets_the_session_that_it_is_told_and_no_other) {
  const auto store = make_memory_session_store();
  const auto client = client_builder().policy(older(1)).session_store(store).build().value();
  std::vector<std::vector<std::byte>> kept;
  for (int i = 0; i < 3; ++i) {
    Pair(client, server_builder().build().value()).run();  // another server: a new session
    auto session = store->take("localhost").value();
    kept.push_back(session.serialize());
  }
  for (const auto& bytes : kept) store->put("localhost", Session::parse(bytes).value());
  store->remove("localhost", Session::parse(kept[1]).value().id().value());
  store->remove("elsewhere", std::vector<std::byte>(32));
  EXPECT_EQ(store->take("localhost").value().serialize(), kept[2]);
  EXPECT_EQ(store->take("localhost").value().serialize(), kept[0]);
  EXPECT_FALSE(store->take("localhost"));
}

TEST(SessionStore, of_tls13_keeps_its_other_tickets_when_a_connection_fails) {
  const auto store = make_memory_session_store();
  const auto client = client_builder().session_store(store).build().value();
  Pair pair(client, server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  damage(pair.server);
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_TRUE(store->take("localhost"));
}

TEST(Session, has_an_id_that_stays_and_is_no_part_of_the_secret) {
  const auto store = make_memory_session_store();
  const auto client = client_builder().policy(older(1)).session_store(store).build().value();
  const auto server = server_builder().policy(older(1)).build().value();
  std::vector<std::byte> id;
  for (int i = 0; i < 2; ++i) {
    Pair(client, server).run();
    auto session = store->take("localhost").value();
    const auto now = session.id().value();
    EXPECT_EQ(now.size(), 32u);
    EXPECT_TRUE(id.empty() || id == now) << "a new ticket is no new session";
    id = now;
    const auto bytes = session.serialize();
    EXPECT_TRUE(std::ranges::search(bytes, id).empty());
    store->put("localhost", std::move(session));
  }
}

}  // namespace
}  // namespace sotto
