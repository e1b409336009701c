#include <malloc.h>

#include <array>

#include "pair.hpp"
#include "require.hpp"
#include "scenarios.hpp"

namespace sotto::bench {
namespace {

constexpr std::size_t connections = 1000;

// Octets of the heap in use, as the allocator counts them: whole chunks, whoever asked for them.
std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void echo(Pair& pair, Wires& wires) {
  static const std::vector<std::byte> kibibyte(1024, std::byte{0x5a});
  pair.client->send(kibibyte, wires.to_server);
  require(pair.server->advance(wires.to_server, wires.to_client) == kibibyte.size(), "data was lost");
  pair.server->send(kibibyte, wires.to_client);
  require(pair.client->advance(wires.to_client, wires.to_server) == kibibyte.size(), "data was lost");
}

// Says which end of each connection lives on to be counted; the other one is gone.
enum class Keep : std::uint8_t { client, server };

double bytes_per_connection(Stack& stack, Keep keep, bool lean) {
  Wires wires;
  std::vector<std::unique_ptr<Endpoint>> kept;
  kept.reserve(connections);
  std::size_t before = 0;
  constexpr std::size_t warm_up = 50;  // fills the allocator's caches and whatever a stack sets up once
  for (std::size_t i = 0; i < warm_up + connections; ++i) {
    if (i == warm_up) before = heap_in_use();
    auto pair = connect(stack, wires);
    echo(pair, wires);
    echo(pair, wires);
    auto& endpoint = keep == Keep::client ? pair.client : pair.server;
    if (lean) endpoint->shrink();
    if (i >= warm_up) kept.push_back(std::move(endpoint));
  }
  return static_cast<double>(heap_in_use() - before) / static_cast<double>(connections);
}

class HeapScenario : public Scenario {
 public:
  explicit HeapScenario(Implementations which) : which_(which.begin(), which.end()) {}

  void run(Results& results, std::chrono::milliseconds /*slice*/, int round) override {
    if (round != 0) return;
    for (const bool lean : {false, true}) {
      const std::string title = lean ? "idle connection, spared" : "idle connection";
      for (auto& [name, stack] : contenders(which_, {.lean = lean})) {
        results.add(title + ", client", Unit::bytes, name, bytes_per_connection(*stack, Keep::client, lean));
        results.add(title + ", server", Unit::bytes, name, bytes_per_connection(*stack, Keep::server, lean));
      }
    }
  }

 private:
  std::vector<const Implementation*> which_;
};

}  // namespace

std::unique_ptr<Scenario> heap_scenario(Implementations which) { return std::make_unique<HeapScenario>(which); }

}  // namespace sotto::bench
