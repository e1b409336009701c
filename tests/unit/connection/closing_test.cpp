// The ways in which a connection ends: closed, truncated, failed.
#include <gtest/gtest.h>

#include "support/forger.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Pair established_pair() {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.run();
  return pair;
}

TEST(Closing, is_reported_once_and_leaves_the_other_direction_open) {
  auto pair = established_pair();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  pair.run();
  EXPECT_TRUE(pair.server.peer_closed);
  EXPECT_TRUE(pair.server.connection.peer_has_closed());
  pair.server.write("still speaking");
  pair.run();
  EXPECT_EQ(pair.client.data, "still speaking");
  EXPECT_FALSE(pair.client.peer_closed);
}

TEST(Closing, makes_the_end_of_input_clean) {
  auto pair = established_pair();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  pair.run();
  EXPECT_TRUE(pair.server.connection.end_of_input());
}

TEST(Closing, forbids_writing_afterwards) {
  auto pair = established_pair();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  const auto size = pair.client.out.size();
  const auto written = pair.client.connection.write(as_bytes("late"), pair.client.out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::closed);
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  EXPECT_EQ(pair.client.out.size(), size) << "close_notify is sent once";
}

TEST(Closing, ignores_what_comes_after_close_notify) {
  auto pair = established_pair();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  pair.client.out.append(as_bytes("anything at all"));
  pair.run();
  EXPECT_TRUE(pair.server.peer_closed);
  EXPECT_FALSE(pair.server.error);
  EXPECT_TRUE(pair.server.in.empty());
}

TEST(Cancelling, tells_the_peer_user_canceled_and_close_notify) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.client.out.clear();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::peer_alert);
  EXPECT_EQ(pair.server.error->detail, "it closed the connection during the handshake");
}

TEST(Cancelling, is_the_last_that_is_said) {
  // RFC 8446, 6.1: "the sender will not send any more messages on this connection".
  for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    auto policy = Policy::modern();
    policy.versions = {version};
    Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
    pair.server.in.append(pair.client.out.readable());
    pair.client.out.clear();
    pair.server.run();
    ASSERT_TRUE(pair.client.connection.close(pair.client.out));
    EXPECT_FALSE(pair.client.out.empty());
    pair.client.out.clear();
    pair.client.in.append(pair.server.out.readable());
    pair.client.run();
    EXPECT_TRUE(pair.client.out.empty());
  }
}

TEST(Failing, is_final_and_sends_one_alert) {
  auto pair = established_pair();
  std::array<std::byte, 30> forged{std::byte{23}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{25}};
  pair.server.in.append(forged);
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::bad_record_mac);
  const auto again = pair.server.connection.receive({}, pair.server.out);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::bad_record_mac);
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::peer_alert);
  EXPECT_EQ(pair.client.error->alert, Alert::bad_record_mac);
}

TEST(Failing, of_a_client_before_it_has_keys_reaches_the_server_in_the_clear) {
  // The client does not accept the server's group, so its alert is not protected, though the server expects it to be.
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();
  const std::array<std::byte, 7> alert = {std::byte{21}, std::byte{3}, std::byte{3}, std::byte{0},
                                          std::byte{2},  std::byte{2}, std::byte{47}};
  pair.server.in.append(alert);
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::peer_alert);
  EXPECT_EQ(pair.server.error->alert, Alert::illegal_parameter);
}

TEST(LateRefusal, of_a_client_certificate_is_reported_as_exactly_that) {
  Pair pair(client_builder().build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
  pair.run();
  EXPECT_TRUE(pair.client.established) << "in TLS 1.3 the client is done before the server judges it";
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::certificate_missing);
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->alert, Alert::certificate_required);
}

TEST(Dropping, a_connection_at_any_point_leaves_nothing_behind) {
  for (std::size_t octets = 0; octets < 4000; octets += 97) {
    Pair pair(client_builder().build().value(), server_builder().build().value());
    pair.server.in.append(pair.client.out.readable().first(std::min(octets, pair.client.out.size())));
    pair.server.run();
    pair.client.in.append(pair.server.out.readable().first(std::min(octets, pair.server.out.size())));
    pair.client.run();
  }
}

TEST(Aborting, tells_the_peer_why_and_ends_everything) {
  auto pair = established_pair();
  ASSERT_TRUE(pair.client.connection.abort(Alert::access_denied, pair.client.out));
  EXPECT_EQ(pair.client.connection.write(as_bytes("x"), pair.client.out).error().code, Code::closed);
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::peer_alert);
  EXPECT_EQ(pair.server.error->alert, Alert::access_denied);
  EXPECT_EQ(pair.client.error->code, Code::closed);
}

TEST(Aborting, works_during_the_handshake_too) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.client.out.clear();
  ASSERT_TRUE(pair.client.connection.abort(Alert::internal_error, pair.client.out));
  pair.run();
  EXPECT_EQ(pair.server.error->alert, Alert::internal_error);
}

}  // namespace
}  // namespace sotto
