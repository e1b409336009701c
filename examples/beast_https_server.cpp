// An HTTPS server on Boost.Beast: beast_https_server CHAIN KEY PORT
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <sotto/boost_asio.hpp>
#include <sotto/server.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

asio::awaitable<void> serve(tcp::socket socket, std::shared_ptr<const sotto::ServerConfig> config) {
  sotto::boost_asio::Stream tls(boost::beast::tcp_stream(std::move(socket)), std::move(config));
  tls.next_layer().expires_after(
      std::chrono::seconds(60));  // for the whole connection: Beast's timeouts work below TLS
  co_await tls.async_handshake(asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    http::request<http::string_body> request;
    co_await http::async_read(tls, buffer, request, asio::use_awaitable);
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::content_type, "text/plain");
    response.body() = "Hello, this is Beast over " + to_string(tls.summary().cipher_suite) + "\n";
    response.keep_alive(keep_alive = request.keep_alive());
    response.prepare_payload();
    co_await http::async_write(tls, response, asio::use_awaitable);
  }
  co_await tls.async_shutdown(asio::use_awaitable);
}

asio::awaitable<void> listen(tcp::acceptor acceptor, std::shared_ptr<const sotto::ServerConfig> config) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), config), asio::detached);
  }
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::fprintf(stderr, "usage: beast_https_server CHAIN KEY PORT\n"), 2;
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
