// Tells a failure to the person at the terminal.
#pragma once

#include "failure.hpp"

namespace program {

/// Prints "sotto: SENTENCE" on standard error and returns the failure's exit code.
ExitCode complain(const Failure& what);

}  // namespace program
