// The protocol versions that a user lets a policy use.
#pragma once

#include <string>

#include <sotto/policy.hpp>

#include "failure.hpp"

namespace program {

/// The oldest and the newest version to use, as the user writes them: "tls1.2" or "tls1.3".
struct VersionRange {
  std::string min = "tls1.2";
  std::string max = "tls1.3";
};

/// Checks that both are versions and that there is one between them. `min_name` and `max_name` (flags or keys) are for
/// the sentence.
Outcome<void> check_versions(const VersionRange& range, const std::string& min_name, const std::string& max_name);

/// Takes the versions outside a checked range out of the policy.
void keep_versions(sotto::Policy& policy, const VersionRange& range);

}  // namespace program
