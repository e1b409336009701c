// What happens after the handshake: key updates, limits, exporters, the key log, and two halves in two threads.
#include <gtest/gtest.h>

#include <thread>

#include "support/forger.hpp"
#include "support/pair.hpp"
#include "wire/messages13.hpp"

namespace sotto {
namespace {

using namespace test;
using record::ContentType;

/// An established pair without tickets, so that the server's sequence number is zero, with the secrets at hand.
struct OpenPair {
  explicit OpenPair(Policy server_policy = without_tickets(), Policy client_policy = Policy::modern())
      : log(std::make_shared<KeptKeyLog>()),
        pair(client_builder().policy(client_policy).build().value(),
             server_builder().policy(server_policy).key_log(log).build().value()) {
    pair.run();
  }
  static Policy without_tickets() {
    auto policy = Policy::modern();
    policy.tickets = 0;
    return policy;
  }
  /// Forges the server's records.
  [[nodiscard]] Forger as_server() const { return Forger(*log, "SERVER_TRAFFIC_SECRET_0"); }
  std::shared_ptr<KeptKeyLog> log;
  Pair pair;
};

TEST(KeyUpdate, of_one_side_changes_its_keys_alone) {
  OpenPair open;
  auto& client = open.pair.client;
  auto& server = open.pair.server;
  ASSERT_TRUE(client.connection.update_keys(Connection::UpdateKeys::ours, client.out));
  client.write("under new keys");
  open.pair.run();
  EXPECT_EQ(server.data, "under new keys");
  EXPECT_EQ(server.keys_updated, 1);
  server.write("under old ones");
  open.pair.run();
  EXPECT_EQ(client.keys_updated, 0);
  EXPECT_EQ(client.data, "under old ones");
}

TEST(KeyUpdate, asked_of_the_peer_comes_before_its_next_data) {
  OpenPair open;
  auto& client = open.pair.client;
  auto& server = open.pair.server;
  ASSERT_TRUE(client.connection.update_keys(Connection::UpdateKeys::both, client.out));
  open.pair.run();
  EXPECT_EQ(client.keys_updated, 0) << "the answer may wait until there is data";
  server.write("here it is");
  open.pair.run();
  EXPECT_EQ(client.keys_updated, 1);
  EXPECT_EQ(client.data, "here it is");
}

TEST(KeyUpdate, comes_by_itself_before_the_limit_of_the_keys) {
  auto policy = Policy::modern();
  policy.limits.gcm_records_per_key = 8;
  OpenPair open(OpenPair::without_tickets(), policy);
  for (int i = 0; i < 30; ++i) open.pair.client.write("x");
  open.pair.run();
  EXPECT_EQ(open.pair.server.data.size(), 30u);
  EXPECT_EQ(open.pair.server.keys_updated, 4);  // each key protects seven records of data and the KeyUpdate
}

TEST(KeyUpdate, without_data_between_is_limited) {
  for (const unsigned updates : {32u, 33u}) {
    OpenPair open;
    auto forger = open.as_server();
    for (unsigned i = 0; i < updates; ++i) {
      forger.append_hex(ContentType::handshake, "1800000100", open.pair.client.in);
      forger.update();
    }
    open.pair.client.run();
    EXPECT_EQ(open.pair.client.error.has_value(), updates == 33) << updates;
    if (open.pair.client.error) {
      EXPECT_EQ(open.pair.client.error->code, Code::too_many_key_updates);
    }
  }
}

TEST(KeyUpdate, with_an_unknown_request_is_illegal) {
  OpenPair open;
  open.as_server().append_hex(ContentType::handshake, "1800000102", open.pair.client.in);
  open.pair.client.run();
  ASSERT_TRUE(open.pair.client.error);
  EXPECT_EQ(open.pair.client.error->code, Code::wrong_key_update_request);
}

TEST(KeyUpdate, must_be_the_end_of_its_record) {
  OpenPair open;
  open.as_server().append_hex(ContentType::handshake, "18000001001800000100", open.pair.client.in);
  open.pair.client.run();
  ASSERT_TRUE(open.pair.client.error);
  EXPECT_EQ(open.pair.client.error->code, Code::data_across_key_change);
}

TEST(Limits, of_empty_records_in_a_row_are_kept) {
  for (const unsigned records : {32u, 33u}) {
    OpenPair open;
    auto forger = open.as_server();
    for (unsigned i = 0; i < records; ++i) forger.append(ContentType::application_data, {}, open.pair.client.in);
    open.pair.client.run();
    EXPECT_EQ(open.pair.client.error.has_value(), records == 33) << records;
    if (open.pair.client.error) {
      EXPECT_EQ(open.pair.client.error->code, Code::too_many_empty_records);
    }
  }
}

TEST(Limits, of_warning_alerts_are_kept) {
  for (const unsigned alerts : {4u, 5u}) {
    OpenPair open;
    auto forger = open.as_server();
    for (unsigned i = 0; i < alerts; ++i)
      forger.append_hex(ContentType::alert, "015a", open.pair.client.in);  // user_canceled
    open.pair.client.run();
    EXPECT_EQ(open.pair.client.error.has_value(), alerts == 5) << alerts;
    if (open.pair.client.error) {
      EXPECT_EQ(open.pair.client.error->code, Code::too_many_warning_alerts);
    }
  }
}

TEST(Limits, of_tickets_on_one_connection_are_kept) {
  for (const unsigned tickets : {32u, 33u}) {
    auto policy = Policy::modern();
    policy.tickets = tickets;
    OpenPair open(policy);
    EXPECT_EQ(open.pair.client.error.has_value(), tickets == 33) << tickets;
    if (open.pair.client.error) {
      EXPECT_EQ(open.pair.client.error->code, Code::too_many_tickets);
    }
  }
}

TEST(Limits, of_the_size_of_a_ticket_are_kept) {
  for (const std::size_t octets : {std::size_t{300}, std::size_t{301}}) {
    auto policy = Policy::modern();
    policy.limits.ticket = 300;
    OpenPair open(OpenPair::without_tickets(), policy);
    Bytes ticket(octets, 7);
    wire::NewSessionTicket message;
    message.ticket_lifetime = 100;
    message.ticket = ticket;
    Bytes raw;
    ASSERT_TRUE(wire::encode_message(message, raw));
    open.as_server().append(ContentType::handshake, raw, open.pair.client.in);
    open.pair.client.run();
    EXPECT_EQ(open.pair.client.error.has_value(), octets == 301) << octets;
    if (open.pair.client.error) {
      EXPECT_EQ(open.pair.client.error->code, Code::ticket_too_large);
    }
  }
}

TEST(Limits, of_the_size_of_a_handshake_message_are_kept) {
  // A header alone is enough: nothing is kept ahead of the octets that come.
  OpenPair open;
  open.as_server().append_hex(ContentType::handshake, "04004001", open.pair.client.in);
  open.pair.client.run();
  ASSERT_TRUE(open.pair.client.error);
  EXPECT_EQ(open.pair.client.error->code, Code::handshake_message_too_large);

  OpenPair at_the_limit;
  at_the_limit.as_server().append_hex(ContentType::handshake, "04004000", at_the_limit.pair.client.in);
  at_the_limit.pair.client.run();
  EXPECT_FALSE(at_the_limit.pair.client.error);
}

TEST(Limits, of_the_certificate_chain_are_kept) {
  auto policy = Policy::modern();
  policy.limits.certificate_chain = 100;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::certificate_chain_too_large);
}

TEST(Established, does_not_take_handshake_messages_that_belong_elsewhere) {
  for (const auto* message : {"01000000", "0b000000", "14000000", "08000000", "0d000000", "00000000"}) {
    OpenPair open;
    open.as_server().append_hex(ContentType::handshake, message, open.pair.client.in);
    open.pair.client.run();
    ASSERT_TRUE(open.pair.client.error) << message;
    EXPECT_EQ(open.pair.client.error->code, Code::unexpected_message) << message;
  }
}

TEST(Established, does_not_take_other_records_inside_a_handshake_message) {
  OpenPair open;
  auto forger = open.as_server();
  forger.append_hex(ContentType::handshake, "180000", open.pair.client.in);
  forger.append_hex(ContentType::application_data, "00", open.pair.client.in);
  open.pair.client.run();
  ASSERT_TRUE(open.pair.client.error);
  EXPECT_EQ(open.pair.client.error->code, Code::unexpected_record);
}

TEST(Established, does_not_take_unknown_or_unprotected_records) {
  OpenPair heartbeat;
  heartbeat.as_server().append(static_cast<ContentType>(24), Bytes{1, 0, 0}, heartbeat.pair.client.in);
  heartbeat.pair.client.run();
  ASSERT_TRUE(heartbeat.pair.client.error);
  EXPECT_EQ(heartbeat.pair.client.error->code, Code::unexpected_record);

  for (const auto* record : {"140303000101", "1503030002010a", "160303000118"}) {
    OpenPair open;
    open.pair.client.in.append(as_public(View(from_hex(record))));
    open.pair.client.run();
    ASSERT_TRUE(open.pair.client.error) << record;
    EXPECT_EQ(open.pair.client.error->code, Code::unexpected_record) << record;
  }
}

TEST(Established, does_not_take_malformed_alerts) {
  for (const auto* alert : {"01", "010000", "0132", "0232ff"}) {
    OpenPair open;
    open.as_server().append_hex(ContentType::alert, alert, open.pair.client.in);
    open.pair.client.run();
    ASSERT_TRUE(open.pair.client.error) << alert;
    EXPECT_EQ(open.pair.client.error->code, Code::bad_alert) << alert;
  }
}

TEST(Exporter, gives_both_sides_the_same_for_the_same_label_and_context) {
  OpenPair open;
  std::array<std::byte, 40> one{}, two{}, other{};
  ASSERT_TRUE(open.pair.client.connection.export_keying_material("label", as_bytes("context"), one));
  ASSERT_TRUE(open.pair.server.connection.export_keying_material("label", as_bytes("context"), two));
  ASSERT_TRUE(open.pair.server.connection.export_keying_material("label", as_bytes("another"), other));
  EXPECT_EQ(one, two);
  EXPECT_NE(one, other);
  EXPECT_EQ(open.pair.client.connection.channel_binding().value(),
            open.pair.server.connection.channel_binding().value());
}

TEST(Exporter, waits_for_the_handshake) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  EXPECT_EQ(pair.client.connection.channel_binding().error().code, Code::wrong_state);
}

TEST(KeyLog, has_the_five_lines_of_a_handshake_on_both_sides) {
  const auto client_log = std::make_shared<KeptKeyLog>();
  const auto server_log = std::make_shared<KeptKeyLog>();
  Pair pair(client_builder().key_log(client_log).build().value(), server_builder().key_log(server_log).build().value());
  pair.run();
  EXPECT_EQ(client_log->secrets.size(), 5u);
  EXPECT_EQ(client_log->secrets, server_log->secrets);
  EXPECT_TRUE(client_log->secrets.contains("EXPORTER_SECRET"));
}

TEST(Split, halves_work_in_two_threads_at_once) {
  auto policy = Policy::modern();
  policy.limits.gcm_records_per_key = 50;
  Pair pair(client_builder().policy(policy).build().value(), server_builder().policy(policy).build().value());
  pair.run();
  auto [client_sender, client_receiver] = std::move(pair.client.connection).split().value();
  auto [server_sender, server_receiver] = std::move(pair.server.connection).split().value();

  // Each thread sends what the other one's peer receives: two one-way streams of sealed octets.
  Buffer upstream, downstream;
  const auto send = [](Sender& sender, Buffer& out) {
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(sender.write(as_bytes("some data"), out));
    ASSERT_TRUE(sender.close(out));
  };
  std::thread client_thread(send, std::ref(client_sender), std::ref(upstream));
  std::thread server_thread(send, std::ref(server_sender), std::ref(downstream));
  client_thread.join();
  server_thread.join();

  const auto receive = [](Receiver& receiver, Buffer& in, std::size_t& octets) {
    for (;;) {
      const auto step = receiver.receive(in.readable());
      ASSERT_TRUE(step) << step.error().message();
      in.consume(step->consumed);
      if (const auto* data = std::get_if<ApplicationData>(&step->event)) octets += data->bytes.size();
      if (std::holds_alternative<PeerClosed>(step->event)) break;
      ASSERT_FALSE(std::holds_alternative<NeedInput>(step->event));
    }
    EXPECT_TRUE(receiver.end_of_input());
  };
  std::size_t up = 0, down = 0;
  std::thread client_reader(receive, std::ref(client_receiver), std::ref(downstream), std::ref(down));
  std::thread server_reader(receive, std::ref(server_receiver), std::ref(upstream), std::ref(up));
  client_reader.join();
  server_reader.join();
  EXPECT_EQ(up, 4500u);
  EXPECT_EQ(down, 4500u);
}

TEST(Split, half_sends_what_the_other_half_owes) {
  OpenPair open;
  ASSERT_TRUE(open.pair.client.connection.update_keys(Connection::UpdateKeys::both, open.pair.client.out));
  Buffer request = std::move(open.pair.client.out);
  auto [sender, receiver] = std::move(open.pair.server.connection).split().value();
  const auto step = receiver.receive(request.readable());
  ASSERT_TRUE(step);
  EXPECT_TRUE(std::get<KeysUpdated>(step->event).reply_pending);
  ASSERT_TRUE(sender.flush(open.pair.server.out));
  open.pair.client.in.append(open.pair.server.out.readable());
  open.pair.client.run();
  EXPECT_EQ(open.pair.client.keys_updated, 1);

  // A failure of the receiving half is told to the peer by the sending half, which can do nothing else from then on.
  std::array<std::byte, 30> forged{std::byte{23}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{25}};
  EXPECT_FALSE(receiver.receive(forged));
  Buffer alert;
  EXPECT_EQ(sender.write(as_bytes("late"), alert).error().code, Code::closed);
  open.pair.client.in.append(alert.readable());
  open.pair.client.run();
  ASSERT_TRUE(open.pair.client.error);
  EXPECT_EQ(open.pair.client.error->alert, Alert::bad_record_mac);
}

TEST(Split, waits_for_the_handshake) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  EXPECT_EQ(std::move(pair.client.connection).split().error().code, Code::wrong_state);
}

}  // namespace
}  // namespace sotto
