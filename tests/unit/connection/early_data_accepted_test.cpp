// Early data from both sides: accepted, rejected for each reason, too long, out of order.
#include <gtest/gtest.h>

#include "support/early_data.hpp"

namespace sotto {
namespace {

using namespace test;
/// Expects that early data was rejected for `reason` and that the connection works all the same.
void expect_rejection(Pair& pair, EarlyDataReason server_reason, EarlyDataReason client_reason) {
  pair.run();
  ASSERT_FALSE(pair.server.error) << pair.server.error->message();
  ASSERT_FALSE(pair.client.error) << pair.client.error->message();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.early_data, "");
  ASSERT_TRUE(pair.client.early_answer);
  EXPECT_EQ(pair.client.early_answer->status, EarlyDataStatus::rejected);
  EXPECT_EQ(to_string(pair.client.early_answer->reason), to_string(client_reason));
  EXPECT_EQ(to_string(pair.client.connection.summary().early_data_reason), to_string(client_reason));
  EXPECT_EQ(to_string(pair.server.connection.summary().early_data_reason), to_string(server_reason));
  EXPECT_EQ(pair.server.connection.summary().early_data, EarlyDataStatus::rejected);
  pair.client.write(request);
  pair.run();
  EXPECT_EQ(pair.server.data, request);
}

TEST(EarlyDataAccepted, arrives_before_the_handshake_is_done) {
  const World world;
  world.meet();
  auto pair = world.pair();
  EXPECT_EQ(pair.client.connection.early_data_limit(), 14336U);
  write_early(pair);
  EXPECT_EQ(pair.client.connection.early_data_limit(), 14336U - request.size());
  deliver(pair.client, pair.server);
  EXPECT_EQ(pair.server.early_data, request);
  EXPECT_FALSE(pair.server.established);
  ASSERT_TRUE(pair.server.early_answer);
  EXPECT_EQ(pair.server.early_answer->status, EarlyDataStatus::accepted);
  EXPECT_EQ(pair.server.connection.summary().application_protocol, "first");
  EXPECT_EQ(pair.server.connection.summary().server_name, "localhost");

  pair.run();
  ASSERT_TRUE(pair.established());
  for (auto* end : {&pair.client, &pair.server}) {
    EXPECT_EQ(end->connection.summary().early_data, EarlyDataStatus::accepted);
    EXPECT_EQ(end->connection.summary().early_data_reason, EarlyDataReason::accepted);
    EXPECT_TRUE(end->connection.summary().resumed);
    EXPECT_EQ(end->data, "");
  }
  pair.client.write("later");
  pair.server.write("answer");
  pair.run();
  EXPECT_EQ(pair.server.data, "later");
  EXPECT_EQ(pair.client.data, "answer");
  EXPECT_EQ(pair.client.connection.early_data_limit(), 0U);
}

TEST(EarlyDataAccepted, may_come_octet_by_octet_and_in_many_pieces) {
  const World world;
  world.meet();
  auto pair = world.pair();
  for (const auto* const part : {"one ", "two ", "three"}) write_early(pair, part);
  pair.run(1);
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.early_data, "one two three");
}

TEST(EarlyDataAccepted, may_be_written_until_the_server_has_finished) {
  const World world;
  world.meet();
  auto pair = world.pair();
  deliver(pair.client, pair.server);
  write_early(pair, "while the answer is on its way");
  deliver(pair.client, pair.server);
  EXPECT_EQ(pair.server.early_data, "while the answer is on its way");
  pair.run();
  ASSERT_TRUE(pair.established());
  const auto late = pair.client.connection.write_early(ReplayableData(as_bytes(request)), pair.client.out);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::early_data_unavailable);
}

TEST(EarlyDataAccepted, may_be_empty) {
  const World world;
  world.meet();
  auto pair = world.pair();
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.connection.summary().early_data, EarlyDataStatus::accepted);
}

TEST(EarlyDataAccepted, is_answered_before_the_handshake_is_done) {
  const World world;
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  deliver(pair.client, pair.server);
  pair.server.write("half a round trip");
  deliver(pair.server, pair.client);
  EXPECT_TRUE(pair.client.established);
  EXPECT_EQ(pair.client.data, "half a round trip");
  EXPECT_FALSE(pair.server.established);
  std::array<std::byte, 32> ours{};
  std::array<std::byte, 32> theirs{};
  ASSERT_TRUE(pair.client.connection.export_keying_material("label", {}, ours));
  ASSERT_TRUE(pair.server.connection.export_keying_material("label", {}, theirs));
  EXPECT_EQ(ours, theirs);
  pair.run();
  EXPECT_TRUE(pair.established());
}

TEST(EarlyDataAccepted, is_not_what_a_server_may_answer_where_it_was_rejected) {
  const World world;
  world.meet();
  Pair pair(world.client_config, world.server_config, "localhost", allowed());
  deliver(pair.client, pair.server);
  const auto written = pair.server.connection.write(as_bytes(request), pair.server.out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::wrong_state);
}

TEST(EarlyDataAccepted, works_without_middlebox_compatibility) {
  World world;
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls13};
  policy.middlebox_compatibility = false;
  world.client_config = world.client().policy(policy).build().value();
  world.meet();
  auto pair = world.pair();
  write_early(pair);
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.early_data, request);
}

TEST(EarlyDataAccepted, and_early_data_that_is_skipped_are_not_bound_by_limits_agreed_on_later) {
  for (const bool accepted : {true, false}) {
    World world;
    world.meet();
    auto policy = Policy::modern();
    policy.record_size_limit = 100;
    world.server_config = world.server().policy(policy).build().value();
    Pair pair(world.client_config, world.server_config, "localhost", allowed(),
              accepted ? allowed() : ConnectionOptions());
    const std::string text(5000, 'x');
    write_early(pair, text);
    pair.run();
    ASSERT_TRUE(pair.established());
    EXPECT_EQ(pair.server.early_data, accepted ? text : "");
    pair.client.write(text);
    pair.run();
    EXPECT_EQ(pair.server.data, text);
  }
}

TEST(EarlyDataAccepted, has_an_exporter_of_its_own_until_the_handshake_is_done) {
  const World world;
  world.meet();
  auto pair = world.pair();
  deliver(pair.client, pair.server);
  std::array<std::byte, 40> ours{};
  std::array<std::byte, 40> theirs{};
  ASSERT_TRUE(pair.client.connection.export_early_keying_material("label", as_bytes("context"), ours));
  ASSERT_TRUE(pair.server.connection.export_early_keying_material("label", as_bytes("context"), theirs));
  EXPECT_EQ(ours, theirs);
  pair.run();
  EXPECT_EQ(pair.client.connection.export_early_keying_material("label", {}, ours).error().code, Code::wrong_state);
  ASSERT_TRUE(pair.client.connection.export_keying_material("label", as_bytes("context"), theirs));
  EXPECT_NE(ours, theirs);
}

TEST(EarlyDataAccepted, tells_its_secret_to_a_key_log) {
  const World world;
  world.meet();
  auto pair = world.pair();
  pair.run();
  EXPECT_EQ(world.log->secrets["CLIENT_EARLY_TRAFFIC_SECRET"].size(), 64U);
  EXPECT_EQ(world.log->secrets["EARLY_EXPORTER_SECRET"].size(), 64U);
}

TEST(EarlyDataAccepted, goes_with_a_session_that_was_stored_outside) {
  const World world;
  const auto store = make_memory_session_store();
  const auto client = world.client().session_store(store).build().value();
  Pair first(client, world.server_config);
  first.run();
  auto session = store->take("localhost");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->max_early_data_size(), 14336U);
  store->put("localhost", Session::parse(session->serialize()).value());
  Pair pair(client, world.server_config, "localhost", allowed(), allowed());
  write_early(pair);
  pair.run();
  EXPECT_EQ(pair.server.early_data, request);
}

// ---- not offered ----

TEST(EarlyDataOffer, is_off_unless_the_connection_asks_for_it) {
  const World world;
  world.meet();
  Pair pair(world.client_config, world.server_config);
  const auto written = pair.client.connection.write_early(ReplayableData(as_bytes(request)), pair.client.out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::early_data_unavailable);
  EXPECT_EQ(pair.client.connection.early_data_limit(), 0U);
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_FALSE(pair.client.early_answer);
  EXPECT_EQ(pair.client.connection.summary().early_data, EarlyDataStatus::not_offered);
  EXPECT_EQ(pair.client.connection.summary().early_data_reason, EarlyDataReason::disabled);
}

TEST(EarlyDataOffer, needs_a_session) {
  const World world;
  auto pair = world.pair();
  EXPECT_EQ(pair.client.connection.early_data_limit(), 0U);
  pair.run();
  EXPECT_EQ(pair.client.connection.summary().early_data_reason, EarlyDataReason::no_session_offered);
  EXPECT_EQ(pair.server.connection.summary().early_data_reason, EarlyDataReason::no_session_offered);
}

TEST(EarlyDataOffer, needs_a_session_whose_ticket_allows_it) {
  World world;
  world.server_config = world.server().early_data(0).build().value();
  world.meet();
  auto pair = world.pair();
  pair.run();
  EXPECT_TRUE(pair.client.connection.summary().resumed);
  EXPECT_EQ(pair.client.connection.summary().early_data_reason, EarlyDataReason::unsupported_for_session);
}

TEST(EarlyDataOffer, needs_a_session_of_tls13) {
  World world;
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  world.server_config = world.server().policy(policy).build().value();
  Pair first(world.client_config, world.server_config);
  first.run();
  auto pair = world.pair();
  pair.run();
  EXPECT_TRUE(pair.client.connection.summary().resumed);
  EXPECT_EQ(pair.client.connection.summary().early_data_reason, EarlyDataReason::protocol_version);
  EXPECT_EQ(pair.server.connection.summary().early_data_reason, EarlyDataReason::protocol_version);
}

TEST(EarlyDataOffer, needs_the_application_protocol_of_the_session) {
  const World world;
  const auto store = make_memory_session_store();
  Pair first(world.client().session_store(store).build().value(), world.server_config);
  first.run();
  Pair pair(world.client().session_store(store).alpn({"second"}).build().value(),
            world.server().alpn({"second"}).build().value(), "localhost", allowed(), allowed());
  pair.run();
  EXPECT_TRUE(pair.client.connection.summary().resumed);
  EXPECT_EQ(pair.client.connection.summary().early_data_reason, EarlyDataReason::alpn_mismatch);
  EXPECT_EQ(pair.server.connection.summary().early_data_reason, EarlyDataReason::peer_declined);
}

TEST(EarlyDataOffer, is_bounded_by_the_ticket) {
  World world;
  world.server_config = world.server().early_data(100).build().value();
  world.meet();
  auto pair = world.pair();
  ASSERT_EQ(pair.client.connection.early_data_limit(), 100U);
  const std::string most(100, 'x');
  const auto written = pair.client.connection.write_early(ReplayableData(as_bytes(most + "y")), pair.client.out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::early_data_too_long);
  write_early(pair, most);
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_EQ(pair.server.early_data, most);
}

// ---- rejected ----

TEST(EarlyDataRejected, where_the_connection_does_not_allow_it) {
  const World world;
  world.meet();
  Pair pair(world.client_config, world.server_config, "localhost", allowed());
  write_early(pair);
  expect_rejection(pair, EarlyDataReason::disabled, EarlyDataReason::peer_declined);
  EXPECT_TRUE(pair.client.connection.summary().resumed);
}

TEST(EarlyDataRejected, with_a_ticket_that_does_not_open) {
  World world;
  world.meet();
  world.keys = TicketKeys::generate().value();
  world.server_config = world.server().build().value();
  auto pair = world.pair();
  write_early(pair);
  expect_rejection(pair, EarlyDataReason::session_not_resumed, EarlyDataReason::session_not_resumed);
}

TEST(EarlyDataRejected, after_a_hello_retry_request) {
  World world;
  world.meet();
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  world.server_config = world.server().policy(policy).build().value();
  auto pair = world.pair();
  write_early(pair);
  expect_rejection(pair, EarlyDataReason::hello_retry_request, EarlyDataReason::hello_retry_request);
  EXPECT_TRUE(pair.client.connection.summary().resumed);
}

TEST(EarlyDataRejected, after_a_hello_retry_request_leaves_nothing_of_a_session_that_ends_meanwhile) {
  World world;
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  policy.ticket_lifetime = seconds(5);
  world.server_config =
      world.server().policy(policy).request_client_certificate(ClientAuth::optional, roots()).build().value();
  world.client_config = world.client().ask(Ask::credential).build().value();
  const auto answer = [](End& client, Answer given) {
    ASSERT_EQ(client.questions.size(), 1U);
    ASSERT_TRUE(client.connection.answer(client.questions.front().id, std::move(given), client.out));
  };
  Pair first(world.client_config, world.server_config);
  first.run();
  answer(first.client, client_credential());
  first.run();
  ASSERT_EQ(first.server.connection.summary().peer_chain, client_credential().chain());

  auto pair = world.pair();
  write_early(pair);
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();
  ASSERT_TRUE(pair.server.early_answer);
  EXPECT_TRUE(pair.server.connection.summary().resumed);  // as it looks at the first ClientHello
  *world.now += seconds(6);
  pair.run();
  answer(pair.client, NoCredential());
  pair.run();
  ASSERT_TRUE(pair.established());
  const auto& summary = pair.server.connection.summary();
  EXPECT_FALSE(summary.resumed);
  EXPECT_TRUE(summary.peer_chain.empty());
  EXPECT_EQ(summary.peer_authenticated, "");
  EXPECT_EQ(summary.ticket_age_skew, milliseconds(0));
}

TEST(EarlyDataRejected, after_a_hello_retry_request_is_not_skipped_behind_the_second_hello) {
  World world;
  world.meet();
  auto policy = Policy::modern();
  policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  world.server_config = world.server().policy(policy).build().value();
  auto pair = world.pair();
  deliver(pair.client, pair.server);
  deliver(pair.server, pair.client);
  deliver(pair.client, pair.server);
  ASSERT_FALSE(pair.server.error);
  const std::vector<std::byte> record = {std::byte{23}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{20}};
  pair.server.in.append(record);
  pair.server.in.append(std::vector<std::byte>(20));
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::bad_record_mac);
}

TEST(EarlyDataRejected, with_another_application_protocol) {
  World world;
  world.meet();
  world.server_config = world.server().alpn({"second", "first"}).build().value();
  auto pair = world.pair();
  write_early(pair);
  expect_rejection(pair, EarlyDataReason::alpn_mismatch, EarlyDataReason::peer_declined);
}

TEST(EarlyDataRejected, with_another_cipher_suite_of_the_same_hash) {
  World world;
  world.meet();
  auto policy = Policy::modern();
  policy.cipher_suites = {CipherSuite::TLS_CHACHA20_POLY1305_SHA256};
  policy.versions = {ProtocolVersion::tls13};
  world.server_config = world.server().policy(policy).build().value();
  auto pair = world.pair();
  write_early(pair);
  expect_rejection(pair, EarlyDataReason::cipher_suite_mismatch, EarlyDataReason::peer_declined);
  EXPECT_TRUE(pair.client.connection.summary().resumed);
}

TEST(EarlyDataRejected, outside_the_window_of_time) {
  for (const int late : {-10001, -10000, 0, 10000, 10001}) {
    World world;
    *world.now = std::chrono::floor<milliseconds>(*world.now);
    world.server_config = world.server().build().value();
    world.meet();
    // The client's clock stands still while the ClientHello is under way, or runs ahead.
    auto pair = world.pair();
    write_early(pair);
    *world.now += milliseconds(late);
    if (std::abs(late) > 10000) {
      expect_rejection(pair, EarlyDataReason::ticket_age_skew, EarlyDataReason::peer_declined);
    } else {
      pair.run();
      EXPECT_EQ(pair.server.early_data, request) << late;
    }
    EXPECT_EQ(pair.server.connection.summary().ticket_age_skew, milliseconds(late));
  }
}

TEST(EarlyDataRejected, from_a_client_without_the_certificate_that_is_now_required) {
  World world;
  world.meet();
  world.client_config = world.client().credential(client_credential()).build().value();
  world.meet();
  world.server_config = world.server().request_client_certificate(ClientAuth::required, roots()).build().value();
  auto pair = world.pair();
  write_early(pair);
  expect_rejection(pair, EarlyDataReason::session_not_resumed, EarlyDataReason::session_not_resumed);
}

// ---- what goes wrong ----

/// A server that accepted early data and waits for EndOfEarlyData, and a forger who has the client's secrets.
struct Waiting {
  explicit Waiting(std::uint32_t octets = 100) {
    world.server_config = world.server().early_data(octets).build().value();
    world.meet();
    pair.emplace(world.pair());
    deliver(pair->client, pair->server);
  }
  [[nodiscard]] End& server() { return pair->server; }
  [[nodiscard]] Forger forger(const std::string& label) const { return {*world.log, label}; }
  void give(Forger& from, record::ContentType type, std::string_view hexadecimal) {
    from.append_hex(type, hexadecimal, server().in);
    server().run();
  }
  void expect(Code code) {
    ASSERT_TRUE(server().error);
    EXPECT_EQ(to_string(server().error->code), to_string(code));
  }
  World world;
  std::optional<Pair> pair;
};

constexpr auto application_data = record::ContentType::application_data;
constexpr auto handshake_type = record::ContentType::handshake;
constexpr auto end_of_early_data = "05000000";

TEST(EarlyDataOrder, ends_at_the_limit_of_the_ticket) {
  for (const std::size_t octets : {100, 101}) {
    Waiting waiting(100);
    auto client = waiting.forger("CLIENT_EARLY_TRAFFIC_SECRET");
    client.append(application_data, Bytes(60), waiting.server().in);
    client.append(application_data, Bytes(octets - 60), waiting.server().in);
    waiting.server().run();
    EXPECT_EQ(waiting.server().early_data.size(), octets == 100 ? 100U : 60U);
    if (octets == 101) waiting.expect(Code::too_much_accepted_early_data);
    if (octets == 100) {
      EXPECT_FALSE(waiting.server().error);
    }
  }
}

/// What a client says under one of its keys, and what comes of the last of it.
enum class Key : std::uint8_t { early, handshake };
struct Said {
  Key key;
  record::ContentType type;
  std::string octets;
};
struct Misstep {
  const char* name;
  std::vector<Said> said;
  Code code;
};

class EarlyDataOutOfOrder : public testing::TestWithParam<Misstep> {};

TEST_P(EarlyDataOutOfOrder, is_refused_where) {
  Waiting waiting;
  auto early = waiting.forger("CLIENT_EARLY_TRAFFIC_SECRET");
  auto late = waiting.forger("CLIENT_HANDSHAKE_TRAFFIC_SECRET");
  for (const auto& [key, type, octets] : GetParam().said) {
    EXPECT_FALSE(waiting.server().error) << "too early";
    waiting.give(key == Key::early ? early : late, type, octets);
  }
  waiting.expect(GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Each, EarlyDataOutOfOrder,
    testing::Values(
        Misstep{"the_end_is_missing_before_the_other_keys",
                {{Key::handshake, application_data, "00"}},
                Code::bad_record_mac},
        Misstep{"the_end_is_missing_before_finished",
                {{Key::early, handshake_type, "14000020" + std::string(64, '0')}},
                Code::unexpected_message},
        Misstep{"early_data_comes_after_the_end",
                {{Key::early, handshake_type, end_of_early_data}, {Key::early, application_data, "00"}},
                Code::bad_record_mac},
        Misstep{"data_comes_under_the_handshake_keys",
                {{Key::early, handshake_type, end_of_early_data}, {Key::handshake, application_data, "00"}},
                Code::unexpected_record},
        Misstep{"the_end_comes_twice",
                {{Key::early, handshake_type, end_of_early_data}, {Key::handshake, handshake_type, end_of_early_data}},
                Code::unexpected_message},
        Misstep{"something_stands_behind_the_end_in_its_record",
                {{Key::early, handshake_type, "0500000014"}},
                Code::data_across_key_change},
        Misstep{"the_end_has_content", {{Key::early, handshake_type, "0500000100"}}, Code::malformed_message},
        Misstep{"data_comes_in_the_middle_of_the_end",
                {{Key::early, handshake_type, "0500"}, {Key::early, application_data, "00"}},
                Code::unexpected_record}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(EarlyDataOrder, has_no_end_where_it_was_rejected) {
  const World world;
  world.meet();
  Pair pair(world.client_config, world.server_config, "localhost", allowed());
  deliver(pair.client, pair.server);
  Forger client(*world.log, "CLIENT_HANDSHAKE_TRAFFIC_SECRET");
  client.append_hex(handshake_type, end_of_early_data, pair.server.in);
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::unexpected_message);
}

TEST(EarlyDataOrder, that_is_cut_anywhere_is_an_early_end_and_no_more) {
  const World world;
  const auto client_side = [&] {
    world.meet();
    return world.pair();
  };
  auto whole = client_side();
  write_early(whole);
  const auto octets = whole.client.out.size();
  for (std::size_t count = 0; count < octets; ++count) {
    auto pair = client_side();
    write_early(pair);
    const auto size = std::min(count, pair.client.out.size());
    pair.server.in.append(pair.client.out.readable().first(size));
    pair.server.run();
    EXPECT_FALSE(pair.server.error) << count;
    EXPECT_TRUE(pair.server.early_data.empty() || size == pair.client.out.size());
    const auto ended = pair.server.connection.end_of_input();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Code::truncated);
  }
}

TEST(EarlyDataOrder, is_an_error_where_the_server_answers_with_tls12) {
  World world;
  world.meet();
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  world.server_config = world.server().policy(policy).build().value();
  auto pair = world.pair();
  write_early(pair);
  deliver(pair.client, pair.server);
  deliver(pair.server, pair.client);
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::early_data_with_older_version);
  EXPECT_EQ(pair.client.error->alert, Alert::protocol_version);
}

TEST(EarlyDataConfig, does_not_allow_more_than_would_be_skipped) {
  EXPECT_TRUE(server_builder().early_data(16384).build());
  const auto refused = server_builder().early_data(16385).build();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_configuration);
}

}  // namespace
}  // namespace sotto
