/// \file
/// Makes text that a peer may have chosen safe to print.
#pragma once

#include <string>
#include <string_view>

namespace sotto::diagnosis {

/// Returns `text` with every octet that is not part of visible UTF-8 text written as \xNN: control characters (so that
/// nobody can add lines to a log or drive a terminal), characters that turn the direction of writing, and malformed
/// UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sotto::diagnosis
