/// \file
/// What holds for the streams of both Asios, written once: `Flavour` names the Asio. Everything runs on one thread,
/// with the two ends of a connection on one event loop.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <sotto/connection.hpp>

#include "unit/adapters/configs.hpp"

namespace sotto::test {

inline std::string some_data(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string data(size, '\0');
  for (auto& c : data) c = static_cast<char>(random());
  return data;
}

/// Joins a client and a server by a pair of sockets.
template <class Flavour>
struct Pair {
  using Error = typename Flavour::error_code;
  using Socket = typename Flavour::socket;
  using Stream = typename Flavour::template Stream<Socket>;

  typename Flavour::context context;
  std::pair<Socket, Socket> sockets = Flavour::connected_pair(context);
  Stream client;
  Stream server;

  explicit Pair(std::shared_ptr<const ClientConfig> client_side = client_config(),
                std::shared_ptr<const ServerConfig> server_side = server_config(), const char* name = "localhost")
      : client(std::move(sockets.first), std::move(client_side), ServerName(name)),
        server(std::move(sockets.second), std::move(server_side)) {}

  /// Runs until nothing is left to do.
  void run() {
    context.restart();
    context.run();
  }
  /// Returns how both handshakes ended.
  std::pair<Error, Error> handshake() {
    std::pair<std::optional<Error>, std::optional<Error>> ends;
    client.async_handshake([&](Error error) { ends.first = error; });
    server.async_handshake([&](Error error) { ends.second = error; });
    run();
    return {ends.first.value(), ends.second.value()};
  }
  void establish() {
    const auto [client_end, server_end] = handshake();
    ASSERT_FALSE(client_end) << client_end.message();
    ASSERT_FALSE(server_end) << server_end.message();
  }
};

/// Says how an operation ended; empty while it is under way.
template <class Flavour>
struct Outcome {
  std::optional<typename Flavour::error_code> error;
  std::size_t count = 0;
  auto handler() {
    return [this](typename Flavour::error_code ended, std::size_t moved = 0) {
      error = ended;
      count = moved;
    };
  }
};

template <class Flavour>
void a_handshake_agrees_and_authenticates() {
  Pair<Flavour> pair;
  pair.establish();
  EXPECT_EQ(pair.client.summary().version, ProtocolVersion::tls13);
  EXPECT_EQ(pair.server.summary().server_name, "localhost");
  EXPECT_FALSE(pair.client.summary().peer_authenticated.empty());
  EXPECT_EQ(pair.client.error(), nullptr);
  EXPECT_EQ(pair.server.error(), nullptr);
}

template <class Flavour>
void a_wrong_name_is_refused_and_both_sides_know_why() {
  Pair<Flavour> pair(client_config(), server_config(), "elsewhere.example");
  const auto [client_end, server_end] = pair.handshake();
  EXPECT_TRUE(client_end == Code::certificate_wrong_name) << client_end.message();
  ASSERT_NE(pair.client.error(), nullptr);
  EXPECT_EQ(pair.client.error()->code, Code::certificate_wrong_name);
  EXPECT_TRUE(server_end == Code::peer_alert) << server_end.message();
  ASSERT_NE(pair.server.error(), nullptr);
  EXPECT_EQ(pair.server.error()->alert, Alert::bad_certificate);
}

template <class Flavour>
void an_unusable_name_is_reported_by_the_handshake() {
  Pair<Flavour> pair(client_config(), server_config(), "not a name");
  Outcome<Flavour> ended;
  pair.client.async_handshake(ended.handler());
  pair.run();
  EXPECT_TRUE(ended.error == Code::invalid_server_name);
  EXPECT_EQ(pair.client.connection(), nullptr);
  EXPECT_TRUE(pair.client.summary().peer_chain.empty());
}

/// Sends `data` from one stream to the other in pieces of `piece` octets, reads it in buffers of `room` octets, and
/// goes on until both ends have seen all of it.
template <class Flavour>
struct Transfer {
  using Stream = typename Pair<Flavour>::Stream;
  using Error = typename Flavour::error_code;
  Stream& from;
  Stream& to;
  const std::string& data;
  std::size_t piece;
  std::vector<char> buffer;
  std::size_t sent = 0;
  std::size_t pieces = 0;
  std::string received{};
  std::function<bool(std::size_t)> update_keys_before = [](std::size_t) { return false; };

  void start() {
    write();
    read();
  }
  void write() {
    if (sent == data.size()) return;
    if (update_keys_before(pieces++)) return update_keys();
    const auto count = std::min(piece, data.size() - sent);
    async_write(from, Flavour::buffer(data.data() + sent, count), [this](Error error, std::size_t written) {
      ASSERT_FALSE(error) << error.message();
      sent += written;
      write();
    });
  }
  void update_keys() {
    from.async_update_keys(Connection::UpdateKeys::both, [this](Error error) {
      ASSERT_FALSE(error) << error.message();
      write();
    });
  }
  void read() {
    to.async_read_some(Flavour::buffer(buffer.data(), buffer.size()), [this](Error error, std::size_t count) {
      ASSERT_FALSE(error) << error.message();
      ASSERT_GT(count, 0U);
      received.append(buffer.data(), count);
      if (received.size() < data.size()) read();
    });
  }
};

template <class Flavour>
void much_data_goes_both_ways_at_once(std::size_t piece, std::size_t room) {
  Pair<Flavour> pair;
  pair.establish();
  const auto up = some_data(1 << 21);
  const auto down = some_data((1 << 21) + 1);
  Transfer<Flavour> upwards{pair.client, pair.server, up, piece, std::vector<char>(room)};
  Transfer<Flavour> downwards{pair.server, pair.client, down, piece, std::vector<char>(room)};
  upwards.start();
  downwards.start();
  pair.run();
  EXPECT_TRUE(upwards.received == up);
  EXPECT_TRUE(downwards.received == down);
}

template <class Flavour>
void keys_are_updated_in_the_middle_of_traffic() {
  Pair<Flavour> pair;
  pair.establish();
  const auto up = some_data(1 << 20);
  const auto down = some_data((1 << 20) + 1);
  Transfer<Flavour> upwards{pair.client, pair.server, up, 50000, std::vector<char>(5000)};
  Transfer<Flavour> downwards{pair.server, pair.client, down, 50000, std::vector<char>(5000)};
  upwards.update_keys_before = [](std::size_t piece) { return piece % 2 == 1; };
  downwards.update_keys_before = [](std::size_t piece) { return piece % 3 == 1; };
  upwards.start();
  downwards.start();
  pair.run();
  EXPECT_TRUE(upwards.received == up);
  EXPECT_TRUE(downwards.received == down);
}

template <class Flavour>
void a_peer_that_only_reads_still_answers_a_key_update() {
  Pair<Flavour> pair;
  pair.establish();
  Outcome<Flavour> updated;
  Outcome<Flavour> read_by_server;
  Outcome<Flavour> read_by_client;
  std::array<char, 10> for_server;
  std::array<char, 10> for_client;
  pair.client.async_update_keys(Connection::UpdateKeys::both, updated.handler());
  pair.server.async_read_some(Flavour::buffer(for_server.data(), 10), read_by_server.handler());
  pair.client.async_read_some(Flavour::buffer(for_client.data(), 10), read_by_client.handler());
  pair.context.restart();
  while (pair.context.poll() != 0) continue;
  EXPECT_FALSE(updated.error.value());
  // The answer went out from the server's read: after it the server writes with new keys, which the client follows.
  async_write(pair.server, Flavour::buffer("pong", 4), [](auto...) {});
  async_write(pair.client, Flavour::buffer("ping", 4), [](auto...) {});
  pair.run();
  EXPECT_EQ(read_by_server.count, 4U);
  EXPECT_EQ(read_by_client.count, 4U);
}

template <class Flavour>
void close_notify_is_eof_and_closes_one_direction_only() {
  Pair<Flavour> pair;
  pair.establish();
  std::array<char, 100> buffer;
  Outcome<Flavour> closed;
  Outcome<Flavour> ended;
  pair.client.async_close(closed.handler());
  pair.server.async_read_some(Flavour::buffer(buffer.data(), buffer.size()), ended.handler());
  pair.run();
  EXPECT_FALSE(closed.error.value());
  EXPECT_TRUE(ended.error == Flavour::eof());

  Outcome<Flavour> refused;
  pair.client.async_write_some(Flavour::buffer("more", 4), refused.handler());
  Outcome<Flavour> answered;
  async_write(pair.server, Flavour::buffer("answer", 6), answered.handler());
  Outcome<Flavour> read;
  pair.client.async_read_some(Flavour::buffer(buffer.data(), buffer.size()), read.handler());
  pair.run();
  EXPECT_TRUE(refused.error == Code::closed);
  EXPECT_FALSE(answered.error.value());
  EXPECT_EQ(std::string(buffer.data(), read.count), "answer");
}

template <class Flavour>
void both_sides_may_shut_down_at_once() {
  Pair<Flavour> pair;
  pair.establish();
  Outcome<Flavour> client;
  Outcome<Flavour> server;
  pair.client.async_shutdown(client.handler());
  pair.server.async_shutdown(server.handler());
  pair.run();
  EXPECT_FALSE(client.error.value());
  EXPECT_FALSE(server.error.value());
}

template <class Flavour>
void a_shutdown_beside_a_read_lets_the_read_end_first() {
  Pair<Flavour> pair;
  pair.establish();
  std::array<char, 100> buffer;
  Outcome<Flavour> read;
  Outcome<Flavour> client;
  Outcome<Flavour> server;
  pair.client.async_read_some(Flavour::buffer(buffer.data(), buffer.size()), read.handler());
  pair.client.async_shutdown(client.handler());
  pair.server.async_shutdown(server.handler());
  pair.run();
  EXPECT_TRUE(read.error == Flavour::eof());
  EXPECT_FALSE(client.error.value());
  EXPECT_FALSE(server.error.value());
}

template <class Flavour>
void a_cut_connection_is_truncated_and_not_eof() {
  Pair<Flavour> pair;
  pair.establish();
  std::array<char, 100> buffer;
  Outcome<Flavour> read;
  pair.server.async_read_some(Flavour::buffer(buffer.data(), buffer.size()), read.handler());
  pair.client.lowest_layer().shutdown(Flavour::socket::shutdown_send);
  pair.run();
  EXPECT_TRUE(read.error == Code::truncated) << read.error->message();
  EXPECT_TRUE(read.error != Flavour::eof());
  ASSERT_NE(pair.server.error(), nullptr);
  EXPECT_EQ(pair.server.error()->code, Code::truncated);
}

template <class Flavour>
void a_peer_that_leaves_in_the_middle_of_a_handshake_is_truncated() {
  Pair<Flavour> pair;
  Outcome<Flavour> client;
  pair.client.async_handshake(client.handler());
  pair.server.lowest_layer().close();
  pair.run();
  EXPECT_TRUE(client.error.value() == Code::truncated || client.error == Flavour::broken_pipe() ||
              client.error == Flavour::connection_reset())
      << client.error->message();
}

template <class Flavour>
void closing_our_socket_ends_a_handshake() {
  Pair<Flavour> pair;
  Outcome<Flavour> client;
  pair.client.async_handshake(client.handler());
  while (pair.context.poll() != 0) continue;
  EXPECT_FALSE(client.error);
  pair.client.lowest_layer().close();
  pair.run();
  EXPECT_TRUE(client.error == Flavour::aborted());
}

template <class Flavour>
void garbage_ends_a_handshake_with_its_own_code() {
  Pair<Flavour> pair;
  Outcome<Flavour> server;
  pair.server.async_handshake(server.handler());
  async_write(pair.client.next_layer(), Flavour::buffer("\x01\x02\x03\x04\x05\x06\x07\x08", 8), [](auto...) {});
  pair.run();
  EXPECT_TRUE(server.error == Code::not_tls) << server.error->message();
}

template <class Flavour>
void reading_and_writing_wait_for_the_handshake() {
  Pair<Flavour> pair;
  std::array<char, 100> buffer;
  Outcome<Flavour> read;
  Outcome<Flavour> written;
  pair.client.async_read_some(Flavour::buffer(buffer.data(), buffer.size()), read.handler());
  pair.client.async_write_some(Flavour::buffer("early", 5), written.handler());
  pair.run();
  EXPECT_TRUE(read.error == Code::wrong_state);
  EXPECT_TRUE(written.error == Code::wrong_state);
  pair.establish();
}

template <class Flavour>
void handlers_never_run_inside_the_call_that_starts_the_operation() {
  Pair<Flavour> pair;
  pair.establish();
  Outcome<Flavour> empty_read;
  Outcome<Flavour> empty_write;
  Outcome<Flavour> again;
  pair.client.async_read_some(Flavour::buffer(static_cast<char*>(nullptr), 0), empty_read.handler());
  pair.client.async_write_some(Flavour::buffer("", 0), empty_write.handler());
  pair.client.async_handshake(again.handler());
  EXPECT_FALSE(empty_read.error || empty_write.error || again.error);
  pair.run();
  EXPECT_FALSE(empty_read.error.value());
  EXPECT_FALSE(empty_write.error.value());
  EXPECT_FALSE(again.error.value()) << "a handshake that is done is done";
}

template <class Flavour>
void many_small_buffers_arrive_in_order() {
  Pair<Flavour> pair;
  pair.establish();
  const auto body = some_data(30000);
  const std::array<typename Flavour::const_buffer, 4> parts = {Flavour::buffer("head", 4), Flavour::buffer("", 0),
                                                               Flavour::buffer(":", 1),
                                                               Flavour::buffer(body.data(), body.size())};
  std::string first(7, '\0');
  std::string rest(body.size() - 2, '\0');
  const std::array<typename Flavour::mutable_buffer, 2> into = {Flavour::buffer(first.data(), first.size()),
                                                                Flavour::buffer(rest.data(), rest.size())};
  Outcome<Flavour> written;
  Outcome<Flavour> read;
  async_write(pair.client, parts, written.handler());
  async_read(pair.server, into, read.handler());
  pair.run();
  EXPECT_EQ(written.count, body.size() + 5);
  EXPECT_EQ(read.count, body.size() + 5);
  EXPECT_TRUE(first + rest == "head:" + body);
}

template <class Flavour>
void a_stream_can_be_moved_between_operations() {
  Pair<Flavour> pair;
  pair.establish();
  auto client = std::move(pair.client);
  std::array<char, 5> buffer;
  Outcome<Flavour> read;
  async_write(client, Flavour::buffer("hello", 5), [](auto...) {});
  async_read(pair.server, Flavour::buffer(buffer.data(), buffer.size()), read.handler());
  pair.run();
  EXPECT_EQ(std::string(buffer.data(), read.count), "hello");
}

// Takes each question away and answers it from the event loop, after everything else that is ready.
template <class Flavour, class Stream>
void answer_late(Stream& stream, std::vector<std::string>& asked) {
  stream.on_question([&](Question question) {
    asked.push_back(std::to_string(question.what.index()));
    Flavour::post(stream.get_executor(), [&stream, question = std::move(question)] {
      auto answer = [&]() -> Answer {
        if (auto* sign = std::get_if<SignQuestion>(&question.what))
          return Signature{credential().sign(sign->scheme, sign->message).value()};
        if (auto* verify = std::get_if<VerifyQuestion>(&question.what))
          return danger::accept_any_certificate()->verify(verify->request).value();
        return credential();
      }();
      EXPECT_TRUE(stream.answer(question.id, std::move(answer)));
    });
  });
}

template <class Flavour>
void every_question_can_be_answered_late() {
  auto late_client = client_builder();
  late_client.ask(Ask::everything);
  auto late_server = server_builder();
  late_server.ask(Ask::everything);
  Pair<Flavour> pair(late_client.build().value(), late_server.build().value());
  std::vector<std::string> asked;
  answer_late<Flavour>(pair.client, asked);
  answer_late<Flavour>(pair.server, asked);
  pair.establish();
  EXPECT_EQ(asked, (std::vector<std::string>{"0", "2", "4"})) << "credential and signature of the server, verification";
  EXPECT_FALSE(pair.client.answer(QuestionId(99), NoCredential{}));
}

template <class Flavour>
void a_question_that_nobody_answers_ends_the_handshake() {
  auto late = server_builder();
  late.ask(Ask::signature);
  Pair<Flavour> pair(client_config(), late.build().value());
  const auto [client_end, server_end] = pair.handshake();
  EXPECT_TRUE(server_end == Code::invalid_configuration) << server_end.message();
  EXPECT_TRUE(client_end);
}

}  // namespace sotto::test
