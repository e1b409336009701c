/// \file
/// The policy that the flags describe.
#pragma once

#include <sotto/policy.hpp>

#include "options.hpp"

namespace sotto::bogo {

/// Throws `Unimplemented` where nothing is left of what a flag lists.
[[nodiscard]] Policy make_policy(const Options& options);

}  // namespace sotto::bogo
