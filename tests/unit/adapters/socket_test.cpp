#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sotto/socket.hpp>

#include "unit/adapters/configs.hpp"

namespace sotto::test {
namespace {

using std::chrono::milliseconds;

/// Listens on a port of loopback that the system chose.
class Listener {
 public:
  Listener() {
    sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(descriptor_, 8), 0);
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  void stop() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int accept() const { return ::accept(descriptor_, nullptr, nullptr); }

 private:
  static sockaddr_in loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  int descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

std::pair<int, int> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {ends[0], ends[1]};
}

/// Joins a client and a server that have shaken hands.
std::pair<Socket, Socket> connected(const SocketOptions& client_options = {},
                                    const SocketOptions& server_options = {}) {
  const auto [left, right] = socket_pair();
  auto server = std::async(std::launch::async, [&] { return Socket::accept(server_config(), right, server_options); });
  auto client = Socket::connect(client_config(), left, ServerName("localhost"), client_options);
  auto served = server.get();
  EXPECT_TRUE(client) << client.error().message();
  EXPECT_TRUE(served) << served.error().message();
  return {std::move(*client), std::move(*served)};
}

std::string read_all(Socket& socket) {
  std::string all;
  std::array<std::byte, 1000> buffer;
  for (;;) {
    const auto got = socket.read(buffer);
    EXPECT_TRUE(got) << got.error().message();
    if (!got || *got == 0) return all;
    all.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) != -1; }

TEST(Socket, connects_over_tcp_and_authenticates_the_server) {
  Listener listener;
  auto served = std::async(std::launch::async, [&] {
    auto server = Socket::accept(server_config(), listener.accept());
    EXPECT_TRUE(server) << server.error().message();
    const auto request = read_all(*server);
    EXPECT_TRUE(server->write_all(as_bytes("you said: " + request)));
    EXPECT_TRUE(server->close());
    return server->summary().server_name;
  });
  auto client = Socket::connect(client_config(), "localhost", listener.port());
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_FALSE(client->summary().peer_authenticated.empty());
  EXPECT_TRUE(client->write_all(as_bytes("hello")));
  EXPECT_TRUE(client->close()) << "half of the connection: the answer still comes";
  EXPECT_EQ(read_all(*client), "you said: hello");
  EXPECT_EQ(served.get(), "localhost");
}

TEST(Socket, carries_much_data) {
  auto [client, server] = connected();
  std::mt19937 random(1);
  std::string data(3'000'000, '\0');
  for (auto& c : data) c = static_cast<char>(random());
  auto received = std::async(std::launch::async, [&server] { return read_all(server); });
  EXPECT_TRUE(client.write_all(as_bytes(data)));
  EXPECT_TRUE(client.close());
  EXPECT_TRUE(received.get() == data);
}

TEST(Socket, writes_at_most_64_kib_at_a_time) {
  auto [client, server] = connected();
  auto received = std::async(std::launch::async, [&server] { return read_all(server).size(); });
  EXPECT_EQ(client.write(as_bytes(std::string(100'000, 'x'))).value(), 65536U);
  EXPECT_EQ(client.write(as_bytes("")).value(), 0U);
  EXPECT_TRUE(client.close());
  EXPECT_EQ(received.get(), 65536U);
}

TEST(Socket, verifies_another_name_than_the_host_when_told_to) {
  Listener listener;
  const auto accept = [&] { return Socket::accept(server_config(), listener.accept()).has_value(); };
  auto served = std::async(std::launch::async, accept);
  EXPECT_TRUE(Socket::connect(client_config(), "127.0.0.1", listener.port(), {.server_name = ServerName("localhost")}));
  EXPECT_TRUE(served.get());

  served = std::async(std::launch::async, accept);
  const auto refused =
      Socket::connect(client_config(), "127.0.0.1", listener.port(), {.server_name = ServerName("elsewhere.example")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::certificate_wrong_name);
  EXPECT_FALSE(served.get());
}

TEST(Socket, names_the_address_and_the_reason_when_refused) {
  Listener listener;
  listener.stop();
  const auto client = Socket::connect(client_config(), "127.0.0.1", listener.port());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::connect_failed);
  EXPECT_EQ(client.error().detail, "127.0.0.1:" + std::to_string(listener.port()) + ": Connection refused");
}

TEST(Socket, tells_a_name_that_does_not_exist_from_one_that_cannot) {
  const auto unknown = Socket::connect(client_config(), "no-such-host.invalid", 443);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::name_not_resolved);
  EXPECT_NE(unknown.error().detail.find("no-such-host.invalid"), std::string::npos);

  const auto unusable = Socket::connect(client_config(), "not a host", 443);
  ASSERT_FALSE(unusable);
  EXPECT_EQ(unusable.error().code, Code::invalid_server_name);
}

TEST(Socket, reports_a_cut_connection_as_truncated) {
  auto [client, server] = connected();
  EXPECT_TRUE(client.write_all(as_bytes("the last words")));
  ::shutdown(client.native_handle(), SHUT_WR);
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(server.read(buffer).value(), 14U);
  const auto end = server.read(buffer);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::truncated);
}

TEST(Socket, reads_what_a_client_said_that_is_gone_before_its_tickets_come) {
  const auto [left, right] = socket_pair();
  auto server = std::async(std::launch::async, [end = right] { return Socket::accept(server_config(), end); });
  Buffer out;
  auto client = Connection::client(client_config(), ServerName("localhost"), out).value();
  Buffer in;
  while (!client.is_established()) {
    ASSERT_EQ(::send(left, out.readable().data(), out.size(), 0), static_cast<ssize_t>(out.size()));
    out.clear();
    const auto got = ::recv(left, in.prepare(16384).data(), 16384, 0);
    ASSERT_GT(got, 0);
    in.commit(static_cast<std::size_t>(got));
    for (bool more = true; more;) {
      const auto step = client.receive(in.readable(), out);
      ASSERT_TRUE(step) << step.error().message();
      in.consume(step->consumed);
      more = !std::holds_alternative<NeedInput>(step->event);
    }
  }
  ASSERT_TRUE(client.write(as_bytes("last words"), out));
  ASSERT_TRUE(client.close(out));
  ::shutdown(left, SHUT_RD);  // from here on the server's writes fail
  ASSERT_EQ(::send(left, out.readable().data(), out.size(), 0), static_cast<ssize_t>(out.size()));
  ::close(left);
  auto served = server.get();
  ASSERT_TRUE(served) << served.error().message();
  EXPECT_EQ(read_all(*served), "last words");
  EXPECT_EQ(served->write(as_bytes("too late")).error().code, Code::io_failed);
}

TEST(Socket, survives_a_read_that_timed_out) {
  auto [client, server] = connected({.read_timeout = milliseconds(30)});
  std::array<std::byte, 100> buffer;
  const auto nothing = client.read(buffer);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Code::timed_out);
  EXPECT_TRUE(server.write_all(as_bytes("late")));
  EXPECT_EQ(client.read(buffer).value(), 4U);
}

TEST(Socket, times_out_on_a_peer_that_does_not_read) {
  auto [client, server] = connected();
  client.set_timeouts(milliseconds(0), milliseconds(30));
  const auto blocked = client.write_all(as_bytes(std::string(10'000'000, 'x')));
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().code, Code::timed_out);
}

TEST(Socket, times_out_on_a_server_that_never_answers) {
  Listener listener;  // the kernel connects; nobody accepts
  const auto start = std::chrono::steady_clock::now();
  const auto client =
      Socket::connect(client_config(), "127.0.0.1", listener.port(), {.handshake_timeout = milliseconds(50)});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(50));
}

TEST(Socket, fails_without_a_signal_when_the_peer_is_gone) {
  auto [client, server] = connected();
  {
    const auto gone = std::move(server);
  }
  Result<void> sent;
  for (int i = 0; i < 100 && sent; ++i) sent = client.write_all(as_bytes("anybody there?"));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::io_failed);
  EXPECT_EQ(sent.error().detail, "Broken pipe");
}

TEST(Socket, is_not_disturbed_by_signals) {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);  // without SA_RESTART: calls are interrupted
  auto [client, server] = connected();
  const auto reader = ::pthread_self();
  auto writer = std::async(std::launch::async, [&, &to = server] {
    for (int i = 0; i < 10; ++i) {
      std::this_thread::sleep_for(milliseconds(2));
      ::pthread_kill(reader, SIGUSR1);
    }
    return to.write_all(as_bytes("through")).has_value();
  });
  std::array<std::byte, 100> buffer;
  const auto got = client.read(buffer);
  EXPECT_TRUE(writer.get());
  EXPECT_EQ(got.value(), 7U);
}

TEST(Socket, answers_questions_in_its_own_time) {
  auto late = server_builder();
  late.ask(Ask::signature);
  const auto config = late.build().value();
  SocketOptions options;
  options.answer = [](const Question& question) -> Answer {
    const auto& sign = std::get<SignQuestion>(question.what);
    return Signature{credential().sign(sign.scheme, sign.message).value()};
  };
  const auto [left, right] = socket_pair();
  auto server = std::async(std::launch::async, [&] { return Socket::accept(config, right, options).has_value(); });
  const auto client = Socket::connect(client_config(), left, ServerName("localhost"));
  EXPECT_TRUE(server.get());
  EXPECT_TRUE(client) << client.error().message();
}

TEST(Socket, refuses_questions_that_nobody_answers) {
  auto late = server_builder();
  late.ask(Ask::signature);
  const auto config = late.build().value();
  const auto [left, right] = socket_pair();
  auto server = std::async(std::launch::async, [&] { return Socket::accept(config, right).error().code; });
  EXPECT_FALSE(Socket::connect(client_config(), left, ServerName("localhost")));
  EXPECT_EQ(server.get(), Code::invalid_configuration);
}

TEST(Socket, owns_the_descriptor_whether_it_succeeds_or_not) {
  auto [client, server] = connected();
  const int descriptor = client.native_handle();
  EXPECT_TRUE(is_open(descriptor));
  {
    const auto gone = std::move(client);
  }
  EXPECT_FALSE(is_open(descriptor));

  const auto [left, right] = socket_pair();
  ::close(right);
  EXPECT_FALSE(Socket::connect(client_config(), left, ServerName("localhost")));
  EXPECT_FALSE(is_open(left));
}

TEST(Socket, reports_a_peer_that_leaves_in_the_middle_of_the_handshake) {
  const auto [left, right] = socket_pair();
  ::shutdown(right, SHUT_WR);
  const auto client = Socket::connect(client_config(), left, ServerName("localhost"));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::truncated);
  ::close(right);
}

TEST(Socket, refuses_to_write_after_close) {
  auto [client, server] = connected();
  EXPECT_TRUE(client.close());
  EXPECT_TRUE(client.close()) << "twice is once";
  const auto late = client.write(as_bytes("more"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::closed);
}

}  // namespace
}  // namespace sotto::test
