#include "complain.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "standard_streams.hpp"
#include "terminal.hpp"

namespace program {

ExitCode complain(const Failure& what) {
  tell("{} {}\n", coloured(Colour::red, "sotto:"), what.sentence);
  return what.code;
}

}  // namespace program
