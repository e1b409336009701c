/// \file
/// One connection from its first octet to its last, in the order that the runner expects.
#pragma once

#include "expectations.hpp"
#include "options.hpp"
#include "shim_state.hpp"

namespace sotto::bogo {

/// Throws `Failure` if the connection fails or does not turn out as the options say: those for its turn or, once early
/// data was rejected, those for the second attempt.
void run_connection(const OptionSets& sets, ShimState& state, Turn turn);

}  // namespace sotto::bogo
