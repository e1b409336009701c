// Uses the installed Asio adapter: it is enough that a stream can be made.
#include <memory>

#include <asio.hpp>
#include <sotto/asio.hpp>

int main() {
  auto config = sotto::ClientConfig::builder().build();
  if (!config) return 1;
  asio::io_context context;
  sotto::asio::Stream tls(asio::ip::tcp::socket(context), *config, sotto::ServerName("example.com"));
  return tls.next_layer().is_open() ? 2 : 0;
}
