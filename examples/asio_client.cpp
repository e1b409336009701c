// An echo client on Asio, blocking calls: asio_client HOST PORT
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include <asio.hpp>

#include <sotto/asio.hpp>
#include <sotto/client.hpp>

using asio::ip::tcp;

int main(int argc, char** argv) try {
  if (argc != 3) return std::fprintf(stderr, "usage: asio_client HOST PORT\n"), 2;
  auto config = sotto::ClientConfig::builder().build();
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message().c_str()), 1;

  asio::io_context context;
  tcp::socket socket(context);
  asio::connect(socket, tcp::resolver(context).resolve(argv[1], argv[2]));
  sotto::asio::Stream tls(std::move(socket), *config, sotto::ServerName(argv[1]));
  std::error_code error;
  tls.handshake(error);
  if (error) {  // tls.error() knows more than the code: what was seen, and at which step
    return std::fprintf(stderr, "%s\n", tls.error() ? tls.error()->message().c_str() : error.message().c_str()), 1;
  }
  std::printf("%s, %s\n", to_string(tls.summary().version).c_str(), tls.summary().peer_authenticated.c_str());

  asio::write(tls, asio::buffer(std::string("an echo, please\n")));
  asio::streambuf reply;
  const auto length = asio::read_until(tls, reply, '\n');
  std::fwrite(reply.data().data(), 1, length, stdout);
  tls.shutdown();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
