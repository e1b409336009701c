/// \file
/// Marks octets as secret for valgrind, which then reports each branch and each memory access that depends on one.
#pragma once

#include <valgrind/memcheck.h>
#include <cstddef>

#include "base/bytes.hpp"

namespace sotto::constant_time_test {

/// Makes `octets` secret.
inline void poison(View octets) { VALGRIND_MAKE_MEM_UNDEFINED(octets.data(), octets.size()); }
/// Makes `octets` public again, so that a result can be looked at.
inline void reveal(View octets) { VALGRIND_MAKE_MEM_DEFINED(octets.data(), octets.size()); }
template <class T>
void reveal_value(const T& value) {
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
}
/// Says whether valgrind is watching: without it nothing is proven.
inline bool is_watched() { return RUNNING_ON_VALGRIND != 0; }

/// Does what none of the tested functions may do, to show that it would be seen.
inline int branch_on(std::uint8_t secret) {
  volatile int taken = 0;
  if (secret > 100) taken = 1;
  return taken;
}

}  // namespace sotto::constant_time_test
