/// \file
/// Makes text that a peer may have chosen safe to print.
#pragma once

#include <string>
#include <string_view>

namespace sotto {

/// Returns `text` with every octet that is not part of visible UTF-8 text written as \xNN: control characters (so that
/// nobody can add lines to a log or drive a terminal), characters that turn the direction of writing, and malformed
/// UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

/// Returns the same with a question mark in the place of each such octet: for text that must not grow.
[[nodiscard]] std::string with_marks_for_unprintable(std::string_view text);

}  // namespace sotto
