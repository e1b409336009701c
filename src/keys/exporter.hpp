/// \file
/// What a finished handshake leaves for exporting key material, in either version.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "keys/prf12.hpp"
#include "keys/schedule13.hpp"

namespace sotto::keys {

/// The exporter_secret of TLS 1.3. RFC 8446, 7.5.
struct Exporter13 {
  const SuiteParameters* suite = nullptr;
  HashSecret secret;
};

/// What RFC 5705 exports from. Only sessions with an extended master secret are told apart by it, so only those have
/// one (RFC 7627, 5.4).
struct Exporter12 {
  const SuiteParameters* suite = nullptr;
  MasterSecret master;
  std::array<std::uint8_t, 32> client_random{};
  std::array<std::uint8_t, 32> server_random{};
};

using Exporter = std::variant<std::monostate, Exporter13, Exporter12>;

/// Fills all of `out`; `wrong_state` where there is nothing to export from.
[[nodiscard]] Result<void> export_from(const Exporter& exporter, std::string_view label, std::optional<View> context,
                                       MutableView out);

}  // namespace sotto::keys
