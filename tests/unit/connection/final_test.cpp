// What is final: after an error, a cancelled handshake or the end of one half nothing is said, and no key is left.
#include <gtest/gtest.h>

#include <stdexcept>

#include "connection/connection_impl.hpp"
#include "support/early_data.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy only_tls12() {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  policy.renegotiation = Renegotiation::allowed;
  return policy;
}

Pair open_pair(const Policy& policy = Policy::modern()) {
  Pair pair(client_builder().policy(policy).build().value(), server_builder().policy(policy).build().value());
  pair.run();
  EXPECT_TRUE(pair.established());
  return pair;
}

void carry(End& from, End& to) {
  to.in.append(from.out.readable());
  from.out.clear();
  to.run();
}

/// Makes the next record from `from` one that does not open.
void damage(End& from) {
  from.write("x");
  from.out.readable().back() ^= std::byte{1};
}

/// The inside of a client or a server, which the tests look at.
struct Inside {
  template <class... Arguments>
  explicit Inside(Arguments&&... arguments) : impl(std::forward<Arguments>(arguments)...) {}
  Connection::Impl impl;
  Buffer in;
  Buffer out;
  std::optional<Error> error;
  bool peer_closed = false;

  void run() {
    while (!error) {
      auto step = impl.receive(as_view(in.readable()), out);
      if (!step) {
        error = step.error();
        return;
      }
      peer_closed |= std::holds_alternative<PeerClosed>(step->event);
      in.consume(step->consumed);
      if (std::holds_alternative<NeedInput>(step->event)) return;
    }
  }
  [[nodiscard]] bool has_keys() const {
    return impl.handshake || impl.sending.secret().suite != nullptr || impl.receiving.secret().suite != nullptr ||
           !std::holds_alternative<std::monostate>(impl.exporter);
  }
};

struct InsidePair {
  explicit InsidePair(const Policy& policy = Policy::modern())
      : client(client_builder().policy(policy).build().value(), ServerName("localhost"), ConnectionOptions()),
        server(server_builder().policy(policy).build().value(), ConnectionOptions()) {
    EXPECT_TRUE(client.impl.start(client.out));
    EXPECT_TRUE(server.impl.start(server.out));
  }
  static void carry(Inside& from, Inside& to) {
    to.in.append(from.out.readable());
    from.out.clear();
    to.run();
  }
  void run() {
    while (!client.out.empty() || !server.out.empty()) {
      carry(client, server);
      carry(server, client);
    }
  }
  Inside client;
  Inside server;
};

TEST(Final, errors_leave_no_keys_behind_on_either_side) {
  InsidePair pair;
  pair.run();
  ASSERT_TRUE(pair.client.has_keys() && pair.server.has_keys());
  ASSERT_TRUE(pair.client.impl.abort(Alert::access_denied, pair.client.out));
  EXPECT_FALSE(pair.client.has_keys());
  InsidePair::carry(pair.client, pair.server);
  ASSERT_TRUE(pair.server.error);
  EXPECT_FALSE(pair.server.has_keys());
}

TEST(Final, the_end_of_the_transport_in_a_handshake_leaves_no_keys_behind) {
  InsidePair pair;
  InsidePair::carry(pair.client, pair.server);
  ASSERT_TRUE(pair.server.has_keys());
  EXPECT_EQ(pair.server.impl.end_of_input().error().code, Code::truncated);
  EXPECT_FALSE(pair.server.has_keys());
}

TEST(Final, errors_are_what_the_exporter_says_too) {
  auto pair = open_pair();
  damage(pair.server);
  pair.run();
  std::array<std::byte, 32> key{};
  EXPECT_EQ(pair.client.connection.export_keying_material("label", std::nullopt, key).error().code,
            Code::bad_record_mac);
  EXPECT_EQ(key, (std::array<std::byte, 32>()));
}

TEST(Final, a_cancelled_handshake_says_nothing_after_close_notify) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  carry(pair.client, pair.server);
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  const auto said = pair.client.out.size();
  pair.client.in.append(pair.server.out.readable());
  const auto step = pair.client.connection.receive(pair.client.in.readable(), pair.client.out);
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, Code::closed);
  EXPECT_EQ(pair.client.out.size(), said);
  EXPECT_FALSE(pair.client.connection.is_established());
}

TEST(Final, a_server_that_answered_early_data_may_close_before_the_handshake_is_done) {
  const World world;
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  carry(pair.client, pair.server);
  ASSERT_FALSE(pair.server.established);
  pair.server.write("answer");
  ASSERT_TRUE(pair.server.connection.close(pair.server.out));
  carry(pair.server, pair.client);
  carry(pair.client, pair.server);
  ASSERT_TRUE(pair.established());
  EXPECT_TRUE(pair.server.out.empty()) << "no ticket comes behind close_notify";
  EXPECT_EQ(pair.client.data, "answer");
  EXPECT_TRUE(pair.client.peer_closed);
  pair.client.write("more");
  pair.run();
  EXPECT_EQ(pair.server.data, "more");
}

TEST(Final, a_certificate_is_not_shown_after_close_notify) {
  Pair pair(client_builder().post_handshake_authentication().credential(client_credential()).build().value(),
            server_builder().request_client_certificate(ClientAuth::on_request, roots()).build().value());
  pair.run();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  ASSERT_TRUE(pair.server.connection.request_client_certificate(ClientAuth::optional, pair.server.out));
  const auto said = pair.client.out.size();
  carry(pair.server, pair.client);
  EXPECT_FALSE(pair.client.error);
  EXPECT_EQ(pair.client.out.size(), said);
  EXPECT_EQ(pair.client.client_authentications, 0);
}

TEST(Final, keys_that_a_closing_peer_did_not_confirm_carry_no_data) {
  InsidePair pair(only_tls12());
  pair.run();
  auto& client = pair.client;
  ASSERT_TRUE(client.impl.renegotiate(client.out));
  InsidePair::carry(client, pair.server);
  InsidePair::carry(pair.server, client);  // now the client has said change_cipher_spec
  ASSERT_TRUE(client.impl.renegotiation->sending_keys_changed);
  ASSERT_TRUE(client.impl.write(as_view(std::string_view("held")), client.out));
  client.out.clear();
  pair.server.impl.sending.send_alert(Alert::close_notify, pair.server.out);
  InsidePair::carry(pair.server, client);
  EXPECT_TRUE(client.peer_closed);
  EXPECT_EQ(client.impl.write(as_view(std::string_view("late")), client.out).error().code, Code::closed);
  EXPECT_TRUE(client.impl.close(client.out));
  EXPECT_TRUE(client.out.empty());
}

TEST(Final, a_session_is_forgotten_although_the_alert_cannot_be_told) {
  class Trace final : public sotto::Trace {
   public:
    void on(const TraceEvent&) override {
      if (throws) throw std::runtime_error("a fault of the application");
    }
    bool throws = false;
  };
  auto policy = only_tls12();
  const auto store = make_memory_session_store();
  const auto trace = std::make_shared<Trace>();
  ConnectionOptions options;
  options.trace = trace;
  Pair pair(client_builder().policy(policy).session_store(store).build().value(),
            server_builder().policy(policy).build().value(), "localhost", options);
  pair.run();
  ASSERT_TRUE(pair.established());
  trace->throws = true;
  ASSERT_TRUE(pair.server.connection.renegotiate(pair.server.out));
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::internal_error);
  EXPECT_FALSE(store->take("localhost"));
}

TEST(Final, a_refusal_ends_the_handshake_whatever_its_code) {
  Pair pair(client_builder().build().value(), server_builder().ask(Ask::credential).build().value());
  carry(pair.client, pair.server);
  ASSERT_EQ(pair.server.questions.size(), 1u);
  Error refusal;
  refusal.code = Code::wrong_answer;
  EXPECT_FALSE(pair.server.connection.answer(pair.server.questions.front().id, refusal, pair.server.out));
  EXPECT_FALSE(pair.server.connection.receive({}, pair.server.out));
  pair.run();
  EXPECT_TRUE(pair.client.error);
}

TEST(Final, the_summary_stays_where_it_is_as_long_as_the_connection) {
  auto pair = open_pair(only_tls12());
  const auto& summary = pair.client.connection.summary();
  ASSERT_TRUE(pair.client.connection.renegotiate(pair.client.out));
  pair.run();
  EXPECT_EQ(&pair.client.connection.summary(), &summary);
  EXPECT_EQ(summary.renegotiations, 1u);
}

TEST(Final, a_summary_cannot_be_forgotten_before_it_is_complete) {
  const World world;
  world.meet();
  auto pair = world.pair();
  pair.client.connection.forget_summary();
  pair.server.connection.forget_summary();
  write_early(pair);
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().early_data, EarlyDataStatus::accepted);
}

TEST(FinalHalves, the_sending_one_stops_where_the_receiving_one_got_a_fatal_alert) {
  auto pair = open_pair();
  ASSERT_TRUE(pair.server.connection.abort(Alert::access_denied, pair.server.out));
  auto [sender, receiver] = std::move(pair.client.connection).split().value();
  std::optional<Error> seen;
  while (!seen) {
    const auto step = receiver.receive(pair.server.out.readable());
    if (!step) seen = step.error();
    if (step) pair.server.out.consume(step->consumed);
  }
  EXPECT_EQ(seen->alert, Alert::access_denied);
  Buffer out;
  EXPECT_EQ(sender.write(as_bytes("late"), out).error().code, Code::closed);
  EXPECT_TRUE(sender.close(out));
  EXPECT_TRUE(out.empty());
}

TEST(FinalHalves, the_sending_one_says_what_the_receiving_one_owes_before_it_closes) {
  auto pair = open_pair();
  auto [sender, receiver] = std::move(pair.client.connection).split().value();
  damage(pair.server);
  auto& in = pair.server.out;
  while (const auto step = receiver.receive(in.readable())) in.consume(step->consumed);
  Buffer out;
  EXPECT_TRUE(sender.close(out));
  pair.server.in.append(out.readable());
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->alert, Alert::bad_record_mac);
}

TEST(FinalHalves, a_failure_of_the_sending_one_is_told_to_the_peer_and_stays) {
  auto policy = only_tls12();
  policy.limits.gcm_records_per_key = 20;
  auto pair = open_pair(policy);
  auto [sender, receiver] = std::move(pair.client.connection).split().value();
  Buffer out;
  Result<void> written;
  while (written) written = sender.write(as_bytes("x"), out);
  EXPECT_EQ(written.error().code, Code::key_usage_limit_reached);
  const auto said = out.size();
  EXPECT_EQ(sender.write(as_bytes("x"), out).error().code, Code::key_usage_limit_reached);
  EXPECT_EQ(sender.flush(out).error().code, Code::key_usage_limit_reached);
  EXPECT_EQ(out.size(), said);
  pair.server.in.append(out.readable());
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->alert, Alert::internal_error);
}

}  // namespace
}  // namespace sotto
