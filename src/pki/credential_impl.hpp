/// \file
/// What a Credential holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sotto/credential.hpp>

#include "crypto/signature.hpp"

namespace sotto {

struct Credential::Impl {
  CertificateChain chain;
  std::optional<crypto::PrivateKey> key;  ///< absent where signatures are asked for
  std::vector<SignatureScheme> schemes;
  std::vector<std::string> names;
};

}  // namespace sotto
