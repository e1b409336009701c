/// \file
/// Standard input, output and error, which may be closed, full, or gone.
#pragma once

#include <cstdio>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace program {

/// Takes the numbers of standard descriptors that are closed, so that no file and no socket gets them: what is meant
/// for people must never go to a peer. Using them fails as if they were closed.
void reserve_standard_descriptors();

/// Writes `text` and does without if that cannot be done.
void write_if_possible(std::FILE* to, std::string_view text);

/// Tells people something on standard error. A log that is full or gone is no reason to end a connection.
template <class... Values>
void tell(fmt::format_string<Values...> format, Values&&... values) {
  write_if_possible(stderr, fmt::format(format, std::forward<Values>(values)...));
}

/// The same, told to another stream.
template <class... Values>
void tell_to(std::FILE* to, fmt::format_string<Values...> format, Values&&... values) {
  write_if_possible(to, fmt::format(format, std::forward<Values>(values)...));
}

/// Writes what standard output still holds. Returns false if any of it was lost.
[[nodiscard]] bool flush_standard_output();

}  // namespace program
