/// \file
/// The hash that a signature scheme signs, for keys that are not here.
#pragma once

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace sotto::crypto {

/// Hashes `message` for `scheme`; `unsupported_key` for a scheme that signs the message itself.
[[nodiscard]] Result<Digest> digest_for(SignatureScheme scheme, View message);

}  // namespace sotto::crypto
