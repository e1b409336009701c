// Small files: read whole, and written so that nobody sees half of one or reads a secret in between.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "failure.hpp"

namespace program {

/// Reads a file of at most 4 MiB.
Outcome<std::string> read_file(const std::filesystem::path& file);

/// Reads a secret that is the first line of a file.
Outcome<std::string> read_first_line(const std::filesystem::path& file);

/// Writes `content` to a new file with `mode` beside `file`, then renames it over `file`: readers see the old or the
/// new.
Outcome<void> replace_file(const std::filesystem::path& file, std::string_view content, mode_t mode);

/// Makes the folder and its parents; the last one gets mode 0700 if it is new.
Outcome<void> make_private_folder(const std::filesystem::path& folder);

/// Overwrites a secret that is no longer needed.
void wipe(std::string& secret);

}  // namespace program
