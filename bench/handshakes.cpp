#include "pair.hpp"
#include "require.hpp"
#include "scenarios.hpp"

namespace sotto::bench {
namespace {

class HandshakeScenario : public Scenario {
 public:
  HandshakeScenario(std::string title, const Setup& setup, Implementations which)
      : title_(std::move(title)), resume_(setup.resume), contenders_(contenders(which, setup)) {}

  void run(Results& results, std::chrono::milliseconds slice, int round) override {
    take_turns(contenders_, round, [&](Contender& contender) {
      const auto [client, server] = measure(*contender.stack, slice);
      results.add(title_ + ", client", Unit::microseconds, contender.name, client);
      results.add(title_ + ", server", Unit::microseconds, contender.name, server);
    });
  }

 private:
  struct Sides {
    double client = 0;
    double server = 0;
  };

  // Returns the median over the handshakes of a slice, for each side, in microseconds.
  [[nodiscard]] Sides measure(Stack& stack, std::chrono::milliseconds slice) const {
    Wires wires;
    auto first = connect(stack, wires);  // warms up, and leaves a session to resume
    std::vector<double> client;
    std::vector<double> server;
    const auto deadline = std::chrono::steady_clock::now() + slice;
    while (client.empty() || std::chrono::steady_clock::now() < deadline) {
      Watches watches;
      auto pair = connect(stack, wires, &watches);
      require(pair.client->is_resumed() == resume_ && pair.server->is_resumed() == resume_,
              "a handshake was resumed that should be full, or the reverse");
      drop(pair.client, watches.client);
      drop(pair.server, watches.server);
      client.push_back(static_cast<double>(watches.client.take().count()) / 1000);
      server.push_back(static_cast<double>(watches.server.take().count()) / 1000);
    }
    return {median(std::move(client)), median(std::move(server))};
  }

  static void drop(std::unique_ptr<Endpoint>& endpoint, Stopwatch& watch) {
    watch.start();
    endpoint.reset();
    watch.stop();
  }

  std::string title_;
  bool resume_;
  std::vector<Contender> contenders_;
};

}  // namespace

std::vector<Contender> contenders(Implementations which, const Setup& setup) {
  const auto credentials = issue_credentials(setup.key);
  std::vector<Contender> all;
  for (const auto* implementation : which)
    all.push_back({implementation->name, implementation->make(setup, credentials)});
  return all;
}

std::unique_ptr<Scenario> handshake_scenario(std::string title, const Setup& setup, Implementations which) {
  return std::make_unique<HandshakeScenario>(std::move(title), setup, which);
}

}  // namespace sotto::bench
