/// \file
/// The ways to compress certificates that the runner has of its own, by code points for private use.
#pragma once

#include <vector>

#include <sotto/policy.hpp>

#include "options.hpp"

namespace sotto::bogo {

/// Brings the ways to compress that only the runner has, as far as they are asked for; the most preferred first.
std::vector<CertificateCompression> use_test_compressions(const Options& options);

}  // namespace sotto::bogo
