#include "measure.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sotto::bench {

std::chrono::nanoseconds Stopwatch::now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds Stopwatch::cost_of_reading() {
  static const auto cost = [] {
    std::array<double, 1001> costs{};
    for (auto& each : costs) {
      const auto before = now();
      each = static_cast<double>((now() - before).count());
    }
    return std::chrono::nanoseconds(static_cast<std::int64_t>(median({costs.begin(), costs.end()})));
  }();
  return cost;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

namespace {

struct UnitRow {
  std::string_view name;
  bool more_is_better;
};
// In the order of the enum.
constexpr auto units = std::to_array<UnitRow>({
    {"us", false},
    {"ns", false},
    {"MB/s", true},
    {"per s", true},
    {"bytes", false},
});

}  // namespace

std::string_view name_of(Unit unit) { return units.at(static_cast<std::size_t>(unit)).name; }
bool more_is_better(Unit unit) { return units.at(static_cast<std::size_t>(unit)).more_is_better; }

double Row::median_of(std::string_view implementation) const { return median(rounds.find(implementation)->second); }

double Row::best_of(std::string_view implementation) const {
  const auto& values = rounds.find(implementation)->second;
  return more_is_better(unit) ? std::ranges::max(values) : std::ranges::min(values);
}

double Row::ratio(std::string_view one, std::string_view other) const {
  const auto& left = rounds.find(one)->second;
  const auto& right = rounds.find(other)->second;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
    ratios.push_back(more_is_better(unit) ? left[i] / right[i] : right[i] / left[i]);
  return median(std::move(ratios));
}

void Results::add(std::string_view title, Unit unit, std::string_view implementation, double value) {
  auto row = std::ranges::find(rows_, title, &Row::title);
  if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{std::string(title), unit, {}});
  row->rounds[std::string(implementation)].push_back(value);
}

}  // namespace sotto::bench
