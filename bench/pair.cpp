#include "pair.hpp"

#include "require.hpp"

namespace sotto::bench {
namespace {

// Measures while it lives; nothing where there is no watch.
class Running {
 public:
  explicit Running(Stopwatch* watch) : watch_(watch) {
    if (watch_ != nullptr) watch_->start();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (watch_ != nullptr) watch_->stop();
  }

 private:
  Stopwatch* watch_;
};

}  // namespace

Pair connect(Stack& stack, Wires& wires, Watches* watches) {
  auto* client_watch = watches == nullptr ? nullptr : &watches->client;
  auto* server_watch = watches == nullptr ? nullptr : &watches->server;
  Pair pair;
  {
    const Running running(client_watch);
    pair.client = stack.client(wires.to_server);
  }
  {
    const Running running(server_watch);
    pair.server = stack.server();
    pair.server->advance(wires.to_server, wires.to_client);
  }
  for (int turn = 0; !wires.to_client.empty() || !wires.to_server.empty(); ++turn) {
    require(turn < 10, "the handshake does not end");
    {
      const Running running(client_watch);
      pair.client->advance(wires.to_client, wires.to_server);
    }
    if (wires.to_server.empty()) continue;
    const Running running(server_watch);
    pair.server->advance(wires.to_server, wires.to_client);
  }
  require(pair.client->is_established() && pair.server->is_established(), "the handshake did not complete");
  return pair;
}

}  // namespace sotto::bench
