// An echo client on Asio, with futures: futures_client HOST PORT
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include <asio.hpp>

#include <sotto/asio.hpp>
#include <sotto/client.hpp>

using asio::ip::tcp;

int main(int argc, char** argv) try {
  if (argc != 3) return std::fprintf(stderr, "usage: futures_client HOST PORT\n"), 2;
  auto config = sotto::ClientConfig::builder().build();
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message().c_str()), 1;

  asio::io_context context;
  auto work = asio::make_work_guard(context);
  std::jthread network([&] { context.run(); });
  struct Stop {
    asio::io_context& context;
    ~Stop() { context.stop(); }
  } stop{context};

  tcp::socket socket(context);
  asio::async_connect(socket, tcp::resolver(context).resolve(argv[1], argv[2]), asio::use_future).get();
  sotto::asio::Stream tls(std::move(socket), *config, sotto::ServerName(argv[1]));
  tls.async_handshake(asio::use_future).get();  // throws std::system_error with a sotto::Code

  // One thread at a time may touch the stream: each future is awaited before the next operation starts.
  const std::string line = "an echo, please\n";
  asio::async_write(tls, asio::buffer(line), asio::use_future).get();
  std::string reply;
  const auto length = asio::async_read_until(tls, asio::dynamic_buffer(reply), '\n', asio::use_future).get();
  std::fwrite(reply.data(), 1, length, stdout);
  tls.async_shutdown(asio::use_future).get();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
