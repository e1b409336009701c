/// \file
/// The verifier of the tests: it says what the flags tell it to.
#pragma once

#include <memory>

#include <sotto/verifier.hpp>

#include "options.hpp"

namespace sotto::bogo {

/// How the peer was authenticated, by the word of this verifier. It outlives the connection in tickets and sessions.
inline constexpr std::string_view accepted = "accepted";
inline constexpr std::string_view refused_in_vain = "refused, which nobody minds";

[[nodiscard]] std::shared_ptr<const Verifier> make_stub_verifier(const Options& options);

}  // namespace sotto::bogo
