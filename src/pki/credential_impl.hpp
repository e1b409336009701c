/// \file
/// What a Credential holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sotto/credential.hpp>

#include "crypto/signature.hpp"
#include "pki/names.hpp"

namespace sotto {

struct Credential::Impl {
  Impl(CertificateChain its_chain, std::optional<crypto::PrivateKey> its_key, std::vector<SignatureScheme> its_schemes,
       pki::AlternativeNames its_names)
      : chain(std::move(its_chain)),
        key(std::move(its_key)),
        schemes(std::move(its_schemes)),
        names(its_names.texts()),
        alternative_names(std::move(its_names)) {}

  CertificateChain chain;
  std::optional<crypto::PrivateKey> key;  ///< absent where signatures are asked for
  std::vector<SignatureScheme> schemes;
  std::vector<std::string> names;
  pki::AlternativeNames alternative_names;  ///< the same, ready to be matched
};

}  // namespace sotto
