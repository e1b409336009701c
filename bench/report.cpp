#include "report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "require.hpp"

namespace sotto::bench {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "an unknown processor";
}

// Three figures that matter.
std::string written(double value) {
  return value < 9.995   ? fmt::format("{:.2f}", value)
         : value < 99.95 ? fmt::format("{:.1f}", value)
                         : fmt::format("{:.0f}", value);
}

std::string cell(const Row& row, std::string_view implementation) {
  if (!row.has(implementation)) return "-";
  auto middle = written(row.median_of(implementation));
  if (row.unit == Unit::bytes) return middle;
  return middle + " / " + written(row.best_of(implementation));
}

std::string ratio_cell(const Row& row, std::string_view other) {
  if (!row.has("sotto") || !row.has(other)) return "-";
  return fmt::format("{:.2f}x", row.ratio("sotto", other));
}

using Table = std::vector<std::vector<std::string>>;

// A header, then a line for each row: title, unit, and for each other implementation its figure and how sotto compares.
Table table_of(const Results& results, const Circumstances& circumstances) {
  Table table;
  auto& header = table.emplace_back(std::vector<std::string>{"", "unit"});
  for (const auto& [name, version] : circumstances.versions) {
    header.push_back(name);
    if (name != "sotto") header.push_back("sotto v " + name);
  }
  for (const auto& row : results.rows()) {
    auto& line = table.emplace_back(std::vector<std::string>{row.title, std::string(name_of(row.unit))});
    for (const auto& [name, version] : circumstances.versions) {
      line.push_back(cell(row, name));
      if (name != "sotto") line.push_back(ratio_cell(row, name));
    }
  }
  return table;
}

std::string conditions(const Circumstances& circumstances) {
  std::string versions;
  for (const auto& [name, version] : circumstances.versions)
    versions.append(versions.empty() ? "" : ", ").append(name).append(" ").append(version);
  return fmt::format("{}; {} ({} processors); compiler {}; {}; {} rounds of {} ms", circumstances.date,
                     circumstances.processor, circumstances.processors, circumstances.compiler, versions,
                     circumstances.rounds, circumstances.slice.count());
}

}  // namespace

Circumstances circumstances(Implementations which, int rounds, std::chrono::milliseconds slice) {
  Circumstances result{fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))),
                       processor_name(),
                       std::thread::hardware_concurrency(),
                       "g++ " __VERSION__,
                       rounds,
                       slice,
                       {}};
  for (const auto* implementation : which)
    result.versions.emplace_back(implementation->name, implementation->version());
  return result;
}

std::string text_report(const Results& results, const Circumstances& circumstances) {
  const auto table = table_of(results, circumstances);
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& line : table)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text = conditions(circumstances) + "\nmedian / best of the rounds; ratios above 1: sotto is better\n\n";
  for (const auto& line : table) {
    text += fmt::format("{:<{}}", line.front(), widths.front());
    for (std::size_t i = 1; i < line.size(); ++i) text += fmt::format("  {:>{}}", line[i], widths[i]);
    text += "\n";
  }
  return text;
}

std::string markdown_report(const Results& results, const Circumstances& circumstances) {
  std::string text = conditions(circumstances) + ".\n\n";
  bool is_header = true;
  for (const auto& line : table_of(results, circumstances)) {
    text += "|";
    for (const auto& each : line) text += " " + each + " |";
    text += "\n";
    if (!std::exchange(is_header, false)) continue;
    text += "|---|---";
    for (std::size_t i = 2; i < line.size(); ++i) text += "|---:";
    text += "|\n";
  }
  return text;
}

std::string json_report(const Results& results, const Circumstances& circumstances) {
  nlohmann::ordered_json json;
  json["date"] = circumstances.date;
  json["processor"] = circumstances.processor;
  json["processors"] = circumstances.processors;
  json["compiler"] = circumstances.compiler;
  json["rounds"] = circumstances.rounds;
  json["slice_ms"] = circumstances.slice.count();
  for (const auto& [name, version] : circumstances.versions) json["versions"][name] = version;
  for (const auto& row : results.rows()) {
    nlohmann::ordered_json entry;
    entry["title"] = row.title;
    entry["unit"] = name_of(row.unit);
    entry["more_is_better"] = more_is_better(row.unit);
    for (const auto& [name, values] : row.rounds) {
      auto& figures = entry["figures"][name];
      figures["median"] = row.median_of(name);
      figures["best"] = row.best_of(name);
      figures["rounds"] = values;
      if (name != "sotto" && row.has("sotto")) entry["ratios"][name] = row.ratio("sotto", name);
    }
    json["results"].push_back(std::move(entry));
  }
  return json.dump(2) + "\n";
}

void replace_figures(const std::filesystem::path& file, const std::string& figures) {
  constexpr std::string_view begin = "<!-- figures: begin -->\n";
  constexpr std::string_view end = "<!-- figures: end -->\n";
  std::ifstream in(file);
  std::string page{std::istreambuf_iterator<char>(in), {}};
  const auto from = page.find(begin);
  const auto to = page.find(end);
  require(from != std::string::npos && to != std::string::npos && from < to, "the file has no marks for the figures");
  page.replace(from + begin.size(), to - from - begin.size(), "\n" + figures + "\n");
  std::ofstream(file) << page;
}

}  // namespace sotto::bench
