#include "pair.hpp"
#include "require.hpp"
#include "scenarios.hpp"

namespace sotto::bench {
namespace {

class BulkScenario : public Scenario {
 public:
  BulkScenario(std::string title, CipherSuite suite, std::size_t size, Implementations which)
      : title_(std::move(title)),
        data_(size, std::byte{0x5a}),
        records_(size >= 4096 ? 16 : 256),
        contenders_(contenders(which, {.suite = suite})) {
    for (auto& contender : contenders_) pairs_[contender.name] = connect(*contender.stack, wires_);
  }

  void run(Results& results, std::chrono::milliseconds slice, int round) override {
    take_turns(contenders_, round, [&](Contender& contender) {
      const auto [sent, received] = measure(pairs_[contender.name], slice);
      results.add(title_ + ", send", unit(), contender.name, value(sent));
      results.add(title_ + ", receive", unit(), contender.name, value(received));
    });
  }

 private:
  // Nanoseconds for one record.
  struct Times {
    double send = 0;
    double receive = 0;
  };

  // Returns the medians over batches: some records are sent, then all are received.
  [[nodiscard]] Times measure(Pair& pair, std::chrono::milliseconds slice) {
    Watches watches;
    std::vector<double> sent;
    std::vector<double> received;
    const auto deadline = std::chrono::steady_clock::now() + slice;
    while (sent.empty() || std::chrono::steady_clock::now() < deadline) {
      watches.client.start();
      for (std::size_t i = 0; i < records_; ++i) pair.client->send(data_, wires_.to_server);
      watches.client.stop();
      watches.server.start();
      const auto count = pair.server->advance(wires_.to_server, wires_.to_client);
      watches.server.stop();
      require(count == records_ * data_.size(), "data was lost");
      sent.push_back(static_cast<double>(watches.client.take().count()) / static_cast<double>(records_));
      received.push_back(static_cast<double>(watches.server.take().count()) / static_cast<double>(records_));
    }
    return {median(std::move(sent)), median(std::move(received))};
  }

  [[nodiscard]] bool is_large() const { return data_.size() >= 4096; }
  [[nodiscard]] Unit unit() const { return is_large() ? Unit::megabytes_per_second : Unit::nanoseconds; }
  [[nodiscard]] double value(double nanoseconds) const {
    return is_large() ? static_cast<double>(data_.size()) * 1000 / nanoseconds : nanoseconds;
  }

  std::string title_;
  std::vector<std::byte> data_;
  std::size_t records_;
  std::vector<Contender> contenders_;
  Wires wires_;
  std::map<std::string_view, Pair> pairs_;
};

}  // namespace

std::unique_ptr<Scenario> bulk_scenario(std::string title, CipherSuite suite, std::size_t size, Implementations which) {
  return std::make_unique<BulkScenario>(std::move(title), suite, size, which);
}

}  // namespace sotto::bench
