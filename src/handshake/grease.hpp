/// \file
/// Values that mean nothing, which keep peers able to ignore what they do not know. RFC 8701.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "wire/extensions.hpp"

namespace sotto::handshake {

/// Names the lists that get a value that means nothing.
enum class Grease : std::uint8_t { cipher_suite, group, version, signature_scheme, first_extension, last_extension };

/// Holds what is drawn once for a connection: both of its ClientHellos say the same.
struct GreaseSeed {
  std::array<std::uint8_t, 8> octets{};
  /// Returns 0x0a0a, 0x1a1a and so on to 0xfafa; never the same for the two extensions.
  [[nodiscard]] std::uint16_t value(Grease which) const;
};

/// Returns `list` with a value that means nothing in front, if `seed` is there.
template <class Code>
[[nodiscard]] std::vector<Code> with_grease(const GreaseSeed* seed, Grease which, const std::vector<Code>& list) {
  std::vector<Code> greased;
  if (seed != nullptr) greased.push_back(static_cast<Code>(seed->value(which)));
  greased.insert(greased.end(), list.begin(), list.end());
  return greased;
}

/// Brings extensions into an order that only `seed` decides.
void permute(wire::ExtensionList& extensions, const GreaseSeed& seed);

}  // namespace sotto::handshake
