// An echo client on Boost.Asio, with coroutines: boost_asio_client HOST PORT
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include <boost/asio.hpp>

#include <sotto/boost_asio.hpp>
#include <sotto/client.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> talk(std::string host, std::string port, std::shared_ptr<const sotto::ClientConfig> config) {
  auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  auto addresses = co_await resolver.async_resolve(host, port, asio::use_awaitable);
  tcp::socket socket(executor);
  co_await asio::async_connect(socket, addresses, asio::use_awaitable);

  sotto::boost_asio::Stream tls(std::move(socket), std::move(config), sotto::ServerName(host));
  co_await tls.async_handshake(asio::use_awaitable);
  const std::string request = "an echo, please\n";
  co_await asio::async_write(tls, asio::buffer(request), asio::use_awaitable);
  std::string reply;
  const auto length = co_await asio::async_read_until(tls, asio::dynamic_buffer(reply), '\n', asio::use_awaitable);
  std::fwrite(reply.data(), 1, length, stdout);
  co_await tls.async_shutdown(asio::use_awaitable);
}

int main(int argc, char** argv) try {
  if (argc != 3) return std::fprintf(stderr, "usage: boost_asio_client HOST PORT\n"), 2;
  auto config = sotto::ClientConfig::builder().build();
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message().c_str()), 1;
  asio::io_context context;
  std::exception_ptr failure;
  asio::co_spawn(context, talk(argv[1], argv[2], *config), [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  if (failure) std::rethrow_exception(failure);
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
