#include <atomic>
#include <barrier>
#include <exception>
#include <mutex>
#include <thread>

#include "pair.hpp"
#include "scenarios.hpp"

namespace sotto::bench {
namespace {

// Here time is that of the wall: what threads lose by waiting for one another is the point.
class ThreadScenario : public Scenario {
 public:
  explicit ThreadScenario(Implementations which) : contenders_(contenders(which, {})) {}

  void run(Results& results, std::chrono::milliseconds slice, int round) override {
    for (const int threads : {1, 2}) {
      const auto title =
          "full handshakes, both sides, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
      take_turns(contenders_, round, [&](Contender& contender) {
        results.add(title, Unit::per_second, contender.name, pairs_per_second(*contender.stack, threads, slice));
      });
    }
  }

 private:
  static double pairs_per_second(Stack& stack, int threads, std::chrono::milliseconds slice) {
    std::atomic<std::int64_t> pairs = 0;
    std::atomic<bool> stopping = false;
    std::exception_ptr failure;
    std::mutex failure_mutex;
    std::barrier ready(threads + 1);
    const auto work = [&] {
      try {
        Wires wires;
        auto first = connect(stack, wires);
        ready.arrive_and_wait();
        for (; !stopping; ++pairs) auto pair = connect(stack, wires);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        failure = std::current_exception();
        ready.arrive_and_drop();
      }
    };
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
    ready.arrive_and_wait();
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(slice);
    stopping = true;
    workers.clear();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (failure) std::rethrow_exception(failure);
    return static_cast<double>(pairs) / elapsed.count();
  }

  std::vector<Contender> contenders_;
};

}  // namespace

std::unique_ptr<Scenario> thread_scenario(Implementations which) { return std::make_unique<ThreadScenario>(which); }

}  // namespace sotto::bench
