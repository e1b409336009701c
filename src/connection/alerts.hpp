/// \file
/// Alerts in wire form. RFC 8446, 6.
#pragma once

#include <array>
#include <cstdint>

#include <sotto/error.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/fields.hpp"
#include "wire/registries.hpp"

namespace sotto::connection {

struct AlertMessage {
  wire::AlertLevel level{};
  Alert description{};
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("level", self.level);
    visit("description", self.description);
  }
};

/// Returns the level that belongs to `alert`: closing alerts are warnings, all others fatal. RFC 8446, 6.
[[nodiscard]] constexpr wire::AlertLevel level_of(Alert alert) {
  return alert == Alert::close_notify || alert == Alert::user_canceled ? wire::AlertLevel::warning
                                                                       : wire::AlertLevel::fatal;
}

[[nodiscard]] inline std::array<std::uint8_t, 2> encode_alert(Alert alert) {
  return {static_cast<std::uint8_t>(level_of(alert)), static_cast<std::uint8_t>(alert)};
}

}  // namespace sotto::connection
