/// \file
/// Watches the memory of the test program: how much of it is in use, and what stood in blocks that were freed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sotto::attack {

/// Returns how many octets are allocated now, by C++ and by libcrypto.
[[nodiscard]] std::size_t memory_in_use();

/// Tells whose memory it is.
enum class Heap : std::uint8_t { cpp, libcrypto };

/// Keeps a copy of each block that is freed, from its making to `close`. One at a time.
class Graveyard {
 public:
  Graveyard();
  ~Graveyard() { close(); }
  Graveyard(const Graveyard&) = delete;
  Graveyard& operator=(const Graveyard&) = delete;
  void close();
  /// Says whether `secret` stood in any block of that heap when it was freed.
  [[nodiscard]] bool holds(Heap heap, std::span<const std::uint8_t> secret) const;
  /// Counts the octets that were freed.
  [[nodiscard]] std::size_t size(Heap heap) const;
};

}  // namespace sotto::attack
