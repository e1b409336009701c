/// \file
/// Makes allocations fail on purpose: the k-th one, or all from the k-th on, by C++ or by libcrypto.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sotto::allocation {

/// Whose allocations fail: those of `operator new`, which then throws, or those of libcrypto, which then get null.
enum class Heap : std::uint8_t { cpp, libcrypto };
/// What comes after the first failure.
enum class Failing : std::uint8_t { once, from_then_on };

/// Lets allocations fail as long as it lives. One at a time, one thread.
class Shortage {
 public:
  /// `number`: which allocation inside the library fails first, from 1.
  Shortage(Heap heap, Failing failing, std::size_t number);
  ~Shortage();
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

  /// Says whether anything failed so far.
  [[nodiscard]] static bool came();
};

/// Marks the time spent inside the library, for the test's own allocations succeed.
class Inside {
 public:
  Inside();
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};
/// Runs `call` as one of the library's.
template <class Call>
auto inside(const Call& call) {
  const Inside mark;
  return call();
}

/// Returns how many blocks are allocated now, by C++ and by libcrypto.
[[nodiscard]] std::size_t blocks_in_use();

}  // namespace sotto::allocation
