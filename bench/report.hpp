/// \file
/// Results for people, for programs and for docs/performance.md.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "scenarios.hpp"

namespace sotto::bench {

/// Says where and how the results came about.
struct Circumstances {
  std::string date;
  std::string processor;
  unsigned processors = 0;
  std::string compiler;
  int rounds = 0;
  std::chrono::milliseconds slice{};
  std::vector<std::pair<std::string, std::string>>
      versions;  ///< implementation and version, in the order of the columns
};
[[nodiscard]] Circumstances circumstances(Implementations which, int rounds, std::chrono::milliseconds slice);

/// Returns a table with aligned columns.
[[nodiscard]] std::string text_report(const Results& results, const Circumstances& circumstances);
[[nodiscard]] std::string json_report(const Results& results, const Circumstances& circumstances);
[[nodiscard]] std::string markdown_report(const Results& results, const Circumstances& circumstances);

/// Replaces what stands between the lines `<!-- figures: begin -->` and `<!-- figures: end -->` of `file`. Throws if
/// the file has no such lines.
void replace_figures(const std::filesystem::path& file, const std::string& figures);

}  // namespace sotto::bench
