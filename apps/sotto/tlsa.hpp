// TLSA records as flags and settings give them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sotto/verifier.hpp>

#include "failure.hpp"

namespace program {

/// Makes a verifier of records in the form of zone files; `where` (a flag or a setting) stands in the complaint.
Outcome<std::shared_ptr<const sotto::Verifier>> make_tlsa_verifier(const std::vector<std::string>& records,
                                                                   const std::string& where);

}  // namespace program
