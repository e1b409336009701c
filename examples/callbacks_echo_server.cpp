// An echo server on Asio, with callbacks: callbacks_echo_server CHAIN KEY PORT
#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <asio.hpp>

#include <sotto/asio.hpp>
#include <sotto/server.hpp>

using asio::ip::tcp;

struct Session : std::enable_shared_from_this<Session> {
  sotto::asio::Stream<tcp::socket> tls;
  std::array<char, 16384> buffer;
  Session(tcp::socket socket, std::shared_ptr<const sotto::ServerConfig> config)
      : tls(std::move(socket), std::move(config)) {}

  void start() {
    tls.async_handshake([self = shared_from_this()](auto error) { error ? self->report() : self->read(); });
  }
  void read() {
    tls.async_read_some(asio::buffer(buffer), [self = shared_from_this()](std::error_code error, std::size_t length) {
      if (error == asio::error::eof) return self->tls.async_shutdown([self](std::error_code) {});
      error ? self->report() : self->write(length);
    });
  }
  void write(std::size_t length) {
    asio::async_write(
        tls, asio::buffer(buffer, length),
        [self = shared_from_this()](std::error_code error, std::size_t) { error ? self->report() : self->read(); });
  }
  void report() const { std::puts(tls.error() ? tls.error()->message().c_str() : "connection lost"); }
};

void listen(tcp::acceptor& acceptor, std::shared_ptr<const sotto::ServerConfig> config) {
  acceptor.async_accept([&acceptor, config](std::error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket), config)->start();
    listen(acceptor, config);
  });
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::fprintf(stderr, "usage: callbacks_echo_server CHAIN KEY PORT\n"), 2;
  auto config = sotto::ServerConfig::builder().credential(sotto::Credential::from_pem_files(argv[1], argv[2])).build();
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message().c_str()), 1;
  asio::io_context context;
  const auto port = static_cast<unsigned short>(std::stoi(argv[3]));
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
  std::printf("listening on %d\n", acceptor.local_endpoint().port()), std::fflush(stdout);
  listen(acceptor, *config);
  context.run();
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
