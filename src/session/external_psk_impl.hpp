/// \file
/// What an external pre-shared key holds.
#pragma once

#include <string>

#include <sotto/external_psk.hpp>

#include "base/secret.hpp"
#include "crypto/hash.hpp"

namespace sotto {

struct ExternalPsk::Impl {
  enum class Kind : std::uint8_t { plain, imported };
  Kind kind = Kind::imported;
  PskRole role = PskRole::client;
  std::string identity;
  std::string context;
  SecretBytes key;
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::sha256;
};

}  // namespace sotto
