/// \file
/// One direction of a pair at a time, for tests that look at what is on the way.
#pragma once

#include "support/pair.hpp"

namespace sotto::test {

/// Carries everything that `from` has to say to `to`.
inline void deliver(End& from, End& to) {
  to.in.append(from.out.readable());
  from.out.clear();
  to.run();
}

}  // namespace sotto::test
