/// \file
/// What each of these programs gives to main.cpp, which runs it under valgrind.
#pragma once

#include <cstdio>

#include "ct/poison.hpp"

namespace sotto::constant_time_test {

inline int failures = 0;
inline void require(bool held, const char* what) {
  if (held) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

/// The program's checks.
void check_all();

}  // namespace sotto::constant_time_test
