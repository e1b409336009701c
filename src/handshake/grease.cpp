#include "handshake/grease.hpp"

namespace sotto::handshake {
namespace {

/// Mixes well enough to make an order of what cannot be foreseen (splitmix64, by Sebastiano Vigna's description).
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

std::uint16_t GreaseSeed::value(Grease which) const {
  unsigned number = octets[static_cast<std::size_t>(which)] & 15U;
  const bool taken =
      which == Grease::last_extension && number == (octets[static_cast<std::size_t>(Grease::first_extension)] & 15U);
  if (taken) number ^= 1;
  return static_cast<std::uint16_t>(0x0a0a + 0x1010 * number);
}

void permute(wire::ExtensionList& extensions, const GreaseSeed& seed) {
  std::uint64_t drawn = 0;
  for (const auto octet : seed.octets) drawn = drawn << 8 | octet;
  extensions.order_by([&](wire::ExtensionType type) { return mix(drawn ^ static_cast<std::uint64_t>(type)); });
}

}  // namespace sotto::handshake
