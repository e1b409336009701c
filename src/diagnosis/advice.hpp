/// \file
/// What is known about each error beyond its sentence: the rule behind it, what usually causes it and what helps.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include <sotto/error.hpp>

namespace sotto::diagnosis {

/// Lists up to three short sentences without full stops; unused places are empty.
using Sentences = std::array<std::string_view, 3>;

/// One row of advice. The tables stand in the advice_*.cpp files, in the order of the enum `Code`.
struct Advice {
  Code code;
  /// The rule that was broken, with its source.
  std::string_view rule;
  Sentences likely_causes;
  Sentences try_next;
};

/// Returns the row of `code`; that of `internal_error` for a number that is no code.
[[nodiscard]] const Advice& advice_for(Code code);

/// The parts that `advice_for` searches, one for each group of codes in sotto/error.hpp.
[[nodiscard]] std::span<const Advice> advice_on_messages();
[[nodiscard]] std::span<const Advice> advice_on_negotiation();
[[nodiscard]] std::span<const Advice> advice_on_authentication();
[[nodiscard]] std::span<const Advice> advice_on_starttls();
[[nodiscard]] std::span<const Advice> advice_on_connections();

}  // namespace sotto::diagnosis
