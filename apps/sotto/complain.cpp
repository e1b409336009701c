#include "complain.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "terminal.hpp"

namespace program {

ExitCode complain(const Failure& what) {
  fmt::print(stderr, "{} {}\n", coloured(Colour::red, "sotto:"), what.sentence);
  return what.code;
}

}  // namespace program
