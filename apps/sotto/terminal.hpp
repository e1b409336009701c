// The terminal, if there is one: colours, and passphrases typed without echo.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "failure.hpp"

namespace program {

enum class Colour : std::uint8_t { bold, dim, green, yellow, red };

/// Wraps `text` in a colour if standard error is a terminal and NO_COLOR is not set (https://no-color.org).
std::string coloured(Colour colour, std::string_view text);

/// A secret that a person can type.
enum class Typed : std::uint8_t { passphrase, pin };

/// Asks for what opens `what` on the controlling terminal, without echo; a failure if there is no terminal.
Outcome<std::string> ask_secret(Typed kind, const std::string& what);

}  // namespace program
