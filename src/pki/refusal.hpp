/// \file
/// Why a chain was refused, in words: which certificate, what was expected, what was found.
#pragma once

#include <string>
#include <string_view>

#include <sotto/verifier.hpp>

#include "crypto/path_validation.hpp"
#include "pki/names.hpp"

namespace sotto::pki {

/// Returns a certificate's subject in words.
[[nodiscard]] std::string subject_of(View certificate);

/// Returns 'expected "foo.example", the certificate is for "a.example", "*.b.example"'.
[[nodiscard]] std::string wrong_name(std::string_view expected, const AlternativeNames& names);

/// Returns the error of a verdict that is no acceptance.
[[nodiscard]] Error refusal(const crypto::PathVerdict& verdict, const VerifyRequest& request);

}  // namespace sotto::pki
