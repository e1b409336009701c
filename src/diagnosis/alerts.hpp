/// \file
/// The alerts of TLS: their names, and what a peer that sends one wants to say.
#pragma once

#include <span>
#include <string_view>

#include <sotto/error.hpp>

#include "diagnosis/advice.hpp"

namespace sotto::diagnosis {

/// One row of the table of alerts.
struct AlertRow {
  Alert alert;
  std::string_view name;
  /// What the peer says with it, as the rest of a sentence: "it wants a client certificate".
  std::string_view meaning;
  Sentences likely_causes;
  Sentences try_next;
};

/// Returns the row of `alert`; null for a number without a name.
[[nodiscard]] const AlertRow* find_alert(Alert alert);
/// Lists all rows in the order of their numbers.
[[nodiscard]] std::span<const AlertRow> all_alerts();

}  // namespace sotto::diagnosis
