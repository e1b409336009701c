// The small site behind `sotto proxy --dev`, served in-process on a loopback port.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include "failure.hpp"
#include "net/endpoint.hpp"

namespace program {

class DemoSite {
 public:
  explicit DemoSite(asio::io_context& context) : acceptor_(context) {}
  /// Starts to serve on a free port of 127.0.0.1.
  Outcome<Endpoint> start();

 private:
  void accept();
  asio::ip::tcp::acceptor acceptor_;
};

}  // namespace program
