/// \file
/// Clocks, and what is made of many measurements.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto::bench {

/// Adds up the processor time that this thread spends between `start` and `stop`, so that other programs on the machine
/// do not count. What reading the clock itself costs is subtracted.
class Stopwatch {
 public:
  void start() { started_ = now(); }
  void stop() { total_ += now() - started_ - cost_of_reading(); }
  /// Returns the sum so far and begins again at zero.
  std::chrono::nanoseconds take() { return std::exchange(total_, std::chrono::nanoseconds(0)); }

 private:
  static std::chrono::nanoseconds now();
  static std::chrono::nanoseconds cost_of_reading();
  std::chrono::nanoseconds started_{};
  std::chrono::nanoseconds total_{};
};

/// Returns the middle value; the mean of the two middle ones of an even number. `values`: not empty.
[[nodiscard]] double median(std::vector<double> values);

/// Says what a figure counts, and so how it is written and whether more of it is better.
enum class Unit : std::uint8_t { microseconds, nanoseconds, megabytes_per_second, per_second, bytes };
[[nodiscard]] std::string_view name_of(Unit unit);
[[nodiscard]] bool more_is_better(Unit unit);

/// One row of the results: what was measured, and for each implementation one value for each round.
struct Row {
  std::string title;
  Unit unit = Unit::microseconds;
  std::map<std::string, std::vector<double>, std::less<>> rounds;

  [[nodiscard]] bool has(std::string_view implementation) const { return rounds.contains(implementation); }
  [[nodiscard]] double median_of(std::string_view implementation) const;
  [[nodiscard]] double best_of(std::string_view implementation) const;
  /// Returns how many times better `one` is than `other`: the median over the rounds of the ratio within a round, so
  /// that a machine that changes its speed does not matter.
  [[nodiscard]] double ratio(std::string_view one, std::string_view other) const;
};

/// Collects rows in the order in which they first appear.
class Results {
 public:
  void add(std::string_view title, Unit unit, std::string_view implementation, double value);
  [[nodiscard]] std::span<const Row> rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
};

}  // namespace sotto::bench
