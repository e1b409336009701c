// What happens after the handshake: key updates, exporters, the key log, and two halves in two threads.
#include <gtest/gtest.h>

#include <thread>

#include "support/forger.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;
using record::ContentType;

/// An established pair without tickets, so that the server's sequence number is zero, with the secrets at hand.
struct OpenPair {
  OpenPair()
      : log(std::make_shared<KeptKeyLog>()),
        pair(client_builder().build().value(),
             server_builder().policy(without_tickets()).key_log(log).build().value()) {
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

TEST(KeyUpdate, with_an_unknown_request_is_illegal) {
  OpenPair open;
  open.as_server().append_hex(ContentType::handshake, "1800000102", open.pair.client.in);
  open.pair.client.run();
  ASSERT_TRUE(open.pair.client.error);
  EXPECT_EQ(open.pair.client.error->code, Code::wrong_key_update_request);
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

TEST(Established, does_not_take_unprotected_records) {
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
