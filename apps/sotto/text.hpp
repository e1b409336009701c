// Text for people: made safe to print, read as durations and lists, written as times.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"

namespace program {

/// Returns `text` with everything escaped that could move a terminal's cursor or break a log line: control characters,
/// what is no UTF-8, and the marks that change the direction of writing.
std::string printable(std::string_view text);

/// Reads "500ms", "30s", "10m", "1h" or a bare number of seconds. `name` (a flag or a key) is for the sentence.
Outcome<std::chrono::milliseconds> parse_duration(std::string_view text, const std::string& name);

/// Reads the same where no time at all would be no limit that anybody could keep.
Outcome<std::chrono::milliseconds> parse_timeout(std::string_view text, const std::string& name);

/// Splits at commas, dropping blanks around the parts and empty parts.
std::vector<std::string> split_list(std::string_view text);

/// Splits every element at commas, so that a flag may be repeated or hold a list.
std::vector<std::string> split_lists(const std::vector<std::string>& texts);

std::string join(const std::vector<std::string>& parts, std::string_view between);

/// Writes "2026-03-01 12:00:00 UTC".
std::string format_time(std::chrono::system_clock::time_point time);

}  // namespace program
