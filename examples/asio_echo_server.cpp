// An echo server on Asio, with coroutines: asio_echo_server CHAIN KEY PORT
#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>

#include <sotto/asio.hpp>
#include <sotto/server.hpp>

using asio::ip::tcp;
constexpr auto as_tuple = asio::experimental::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket socket, std::shared_ptr<const sotto::ServerConfig> config) {
  sotto::asio::Stream tls(std::move(socket), std::move(config));
  co_await tls.async_handshake(asio::use_awaitable);
  std::array<char, 16384> buffer;
  for (;;) {
    auto [error, n] = co_await tls.async_read_some(asio::buffer(buffer), as_tuple);
    if (error == asio::error::eof) break;  // close_notify; sotto::Code::truncated is another code
    if (error) throw std::system_error(error);
    co_await asio::async_write(tls, asio::buffer(buffer, n), asio::use_awaitable);
  }
  co_await tls.async_shutdown(asio::use_awaitable);
}

void report(std::exception_ptr failure) try {
  if (failure) std::rethrow_exception(failure);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
}

asio::awaitable<void> listen(tcp::acceptor acceptor, std::shared_ptr<const sotto::ServerConfig> config) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), echo(std::move(socket), config), report);
  }
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::fprintf(stderr, "usage: asio_echo_server CHAIN KEY PORT\n"), 2;
  auto config = sotto::ServerConfig::builder().credential(sotto::Credential::from_pem_files(argv[1], argv[2])).build();
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message().c_str()), 1;
  asio::io_context context;
  const auto port = static_cast<unsigned short>(std::stoi(argv[3]));
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
  std::printf("listening on %d\n", acceptor.local_endpoint().port()), std::fflush(stdout);
  asio::co_spawn(context, listen(std::move(acceptor), *config), asio::detached);
  context.run();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
