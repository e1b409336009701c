/// \file
/// What a TrustStore holds.
#pragma once

#include <sotto/verifier.hpp>

#include "crypto/path_validation.hpp"

namespace sotto {

struct TrustStore::Impl {
  explicit Impl(crypto::TrustAnchors its_anchors) : anchors(std::move(its_anchors)) {}
  crypto::TrustAnchors anchors;  ///< parsed once; shared by every copy and every verification
};

}  // namespace sotto
