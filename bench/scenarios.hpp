/// \file
/// What is measured.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "measure.hpp"
#include "stack.hpp"

namespace sotto::bench {

/// One measurement, set up once for all implementations and then run in rounds.
class Scenario {
 public:
  Scenario() = default;
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;
  virtual ~Scenario() = default;
  /// Runs each implementation for about `slice`, one after the other, the first one first in even rounds and last in
  /// odd ones, and adds one value to each row.
  virtual void run(Results& results, std::chrono::milliseconds slice, int round) = 0;
};

using Implementations = std::span<const Implementation* const>;

/// Full, resumed and mutual handshakes: time of each side.
[[nodiscard]] std::unique_ptr<Scenario> handshake_scenario(std::string title, const Setup& setup,
                                                           Implementations which);
/// Records of `size` octets: time to send and to receive.
[[nodiscard]] std::unique_ptr<Scenario> bulk_scenario(std::string title, CipherSuite suite, std::size_t size,
                                                      Implementations which);
/// Full handshakes, both sides, on one and on two threads that share a configuration.
[[nodiscard]] std::unique_ptr<Scenario> thread_scenario(Implementations which);
/// Heap of established connections that idle. Measured once, in the first round.
[[nodiscard]] std::unique_ptr<Scenario> heap_scenario(Implementations which);

/// One implementation within a scenario.
struct Contender {
  std::string_view name;
  std::unique_ptr<Stack> stack;
};
[[nodiscard]] std::vector<Contender> contenders(Implementations which, const Setup& setup);

/// Calls `measure(contender)` for each, in the order that the round asks for.
template <class Measure>
void take_turns(std::vector<Contender>& all, int round, Measure measure) {
  const auto count = all.size();
  for (std::size_t i = 0; i < count; ++i) measure(all[round % 2 == 0 ? i : count - 1 - i]);
}

}  // namespace sotto::bench
