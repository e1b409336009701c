/// \file
/// The conversations in which allocations fail.
#pragma once

#include <string>
#include <vector>

#include "allocation/conversation.hpp"

namespace sotto::allocation {

/// A conversation that is set up when it is needed.
struct NamedScenario {
  std::string name;
  Scenario (*make)();
};

[[nodiscard]] const std::vector<NamedScenario>& scenarios();

}  // namespace sotto::allocation
