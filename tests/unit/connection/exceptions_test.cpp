// What callbacks of the caller's throw: it ends the connection with an error, and gets no further.
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

/// Throws at the event of that number.
class ThrowingTrace final : public Trace {
 public:
  explicit ThrowingTrace(int at) : left_(at) {}
  void on(const TraceEvent&) override {
    if (--left_ == 0) throw std::runtime_error("a fault of the application");
  }

 private:
  int left_;
};

class ThrowingStore final : public SessionStore {
 public:
  void put(const std::string&, Session) override { throw std::runtime_error("the disk is full"); }
  std::optional<Session> take(const std::string&) override { return std::nullopt; }
  void remove(const std::string&, std::span<const std::byte>) override {}
};

TEST(Exceptions, of_a_trace_end_the_connection_at_any_event) {
  const auto client_config = client_builder().build().value();
  const auto server_config = server_builder().build().value();
  // The ClientHello is the first event; a client that fails there does not come into being.
  for (int event = 2; event <= 8; ++event) {
    ConnectionOptions options;
    options.trace = std::make_shared<ThrowingTrace>(event);
    Pair pair(client_config, server_config, "localhost", options);
    pair.run();
    ASSERT_TRUE(pair.client.error) << event;
    EXPECT_EQ(pair.client.error->code, Code::internal_error);
    EXPECT_EQ(pair.client.connection.write(as_bytes("x"), pair.client.out).error().code, Code::internal_error);
    EXPECT_TRUE(pair.server.error) << event;
  }
}

TEST(Exceptions, of_a_trace_are_no_reason_to_throw_when_a_client_is_made) {
  ConnectionOptions options;
  options.trace = std::make_shared<ThrowingTrace>(1);
  Buffer out;
  const auto made = Connection::client(client_builder().build().value(), ServerName("localhost"), out, options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::internal_error);
}

TEST(Exceptions, of_a_session_store_end_the_connection) {
  Pair pair(client_builder().session_store(std::make_shared<ThrowingStore>()).build().value(),
            server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::internal_error);
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::peer_alert);
  EXPECT_EQ(pair.server.error->alert, Alert::internal_error);
}

TEST(Exceptions, of_a_store_reach_the_receiving_half_and_stop_the_sending_one) {
  Pair pair(client_builder().session_store(std::make_shared<ThrowingStore>()).build().value(),
            server_builder().build().value());
  pair.client.run();
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();
  auto& in = pair.server.out;
  std::optional<Step> done;
  while (!done || !std::holds_alternative<HandshakeDone>(done->event)) {
    done = pair.client.connection.receive(in.readable(), pair.client.out).value();
    in.consume(done->consumed);
  }
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();  // and the tickets
  auto halves = std::move(pair.client.connection).split().value();
  EXPECT_EQ(halves.second.receive(in.readable()).error().code, Code::internal_error);
  EXPECT_EQ(halves.second.receive(in.readable()).error().code, Code::internal_error);
  EXPECT_EQ(halves.first.write(as_bytes("x"), pair.client.out).error().code, Code::closed);
  pair.server.in.append(pair.client.out.readable());
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->alert, Alert::internal_error);
}

}  // namespace
}  // namespace sotto
