#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <sotto/boost_asio.hpp>

#include "unit/adapters/boost_flavour.hpp"
#include "unit/adapters/stream_checks.hpp"

namespace sotto::test {
namespace {

namespace beast = boost::beast;
using BeastStream = boost_asio::Stream<beast::tcp_stream>;

static_assert(beast::is_async_stream<BeastStream>::value);
static_assert(std::is_same_v<BeastStream::next_layer_type, beast::tcp_stream>);
static_assert(std::is_same_v<beast::lowest_layer_type<BeastStream>, beast::tcp_stream>);

/// Joins a client and a server of Beast over loopback.
struct BeastPair {
  net::io_context context;
  BeastStream client{beast::tcp_stream(context), client_config(), ServerName("localhost")};
  BeastStream server{beast::tcp_stream(context), server_config()};

  BeastPair() {
    using net::ip::tcp;
    tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
    client.next_layer().connect(acceptor.local_endpoint());
    acceptor.accept(server.next_layer().socket());
    Outcome<Boost> client_end;
    Outcome<Boost> server_end;
    client.async_handshake(client_end.handler());
    server.async_handshake(server_end.handler());
    run();
    EXPECT_FALSE(client_end.error.value());
    EXPECT_FALSE(server_end.error.value());
  }
  void run() {
    context.restart();
    context.run();
  }
};

TEST(Beast, carries_http_of_beast) {
  namespace http = beast::http;
  BeastPair pair;
  http::request<http::string_body> request(http::verb::post, "/", 11, some_data(100000));
  request.prepare_payload();
  http::request<http::string_body> received;
  beast::flat_buffer buffer;
  Outcome<Boost> written;
  Outcome<Boost> read;
  http::async_write(pair.client, request, written.handler());
  http::async_read(pair.server, buffer, received, read.handler());
  pair.run();
  EXPECT_FALSE(written.error.value());
  EXPECT_FALSE(read.error.value()) << read.error->message();
  EXPECT_TRUE(received.body() == request.body());
}

TEST(Beast, obeys_the_timeouts_of_beast) {
  BeastPair pair;
  pair.client.next_layer().expires_after(std::chrono::milliseconds(20));
  std::array<char, 10> buffer;
  Outcome<Boost> read;
  pair.client.async_read_some(net::buffer(buffer), read.handler());
  pair.run();
  EXPECT_TRUE(read.error == beast::error::timeout) << read.error->message();
}

TEST(Beast, carries_websockets_of_beast_and_their_teardown) {
  BeastPair pair;
  beast::websocket::stream<BeastStream> client(std::move(pair.client));
  beast::websocket::stream<BeastStream> server(std::move(pair.server));
  Outcome<Boost> accepted;
  Outcome<Boost> connected;
  server.async_accept(accepted.handler());
  client.async_handshake("localhost", "/", connected.handler());
  pair.run();
  ASSERT_FALSE(accepted.error.value());
  ASSERT_FALSE(connected.error.value());

  beast::flat_buffer buffer;
  Outcome<Boost> written;
  Outcome<Boost> read;
  client.async_write(net::const_buffer("a message", 9), written.handler());
  server.async_read(buffer, read.handler());
  pair.run();
  EXPECT_EQ(beast::buffers_to_string(buffer.data()), "a message");

  Outcome<Boost> closed;
  Outcome<Boost> ended;
  client.async_close(beast::websocket::close_code::normal, closed.handler());
  server.async_read(buffer, ended.handler());
  pair.run();
  EXPECT_FALSE(closed.error.value()) << closed.error->message();
  EXPECT_TRUE(ended.error == beast::websocket::error::closed) << ended.error->message();
}

}  // namespace
}  // namespace sotto::test
