/// \file
/// The credentials of one connection. Their private keys are kept apart, so that every signature is a question.
#pragma once

#include <vector>

#include <sotto/credential.hpp>
#include <sotto/external_psk.hpp>

#include "options.hpp"

namespace sotto::bogo {

struct NumberedCredential {
  int number;              ///< the place among the flags `-new-x509-credential`; -1 for the connection's own
  Credential shown;        ///< what the configuration gets: it signs with what `-signing-prefs` allows, in that order
  Credential key;          ///< what signs
  bool must_match_issuer;  ///< it is for those alone who name its issuer
};

/// Loads what the flags name, in the order of preference.
[[nodiscard]] std::vector<NumberedCredential> load_credentials(const Options& options);

struct NumberedPsk {
  int number;
  ExternalPsk psk;
};

/// Returns the pre-shared keys among the flags.
[[nodiscard]] std::vector<NumberedPsk> load_psks(const Options& options);

}  // namespace sotto::bogo
