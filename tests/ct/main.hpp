/// \file
/// The one shape of these programs: run the checks under valgrind, or leak on purpose to show that it would be seen.
#pragma once

#include <cstdio>
#include <string_view>

#include "ct/poison.hpp"

namespace sotto::constant_time_test {

inline int failures = 0;
inline void require(bool held, const char* what) {
  if (held) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

/// Runs `checks`; with the argument "leak" the program branches on a secret itself, and valgrind has to say so.
template <class Checks>
int run(int count, char** arguments, const Checks& checks) {
  if (!is_watched()) {
    std::puts("this program proves nothing unless valgrind runs it");
    return 2;
  }
  checks();
  if (count > 1 && std::string_view(arguments[1]) == "leak") {
    Bytes secret{42};
    poison(secret);
    return branch_on(secret[0]);
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace sotto::constant_time_test
