#include "base/secret.hpp"

namespace sotto {

void wipe(MutableView bytes) {
  if (bytes.empty()) return;
  std::memset(bytes.data(), 0, bytes.size());
  // The barrier makes the stores observable, so that they are not removed as dead.
  __asm__ __volatile__("" : : "r"(bytes.data()) : "memory");
}

bool equal_in_constant_time(View left, View right) {
  if (left.size() != right.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    difference = static_cast<std::uint8_t>(difference | (left[i] ^ right[i]));
  return difference == 0;
}

}  // namespace sotto
