/// \file
/// Random octets from libcrypto, drawn in batches per thread.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::crypto {

/// Fills all of `out` with random octets. Safe across fork; what was drawn ahead is wiped as it is handed out.
[[nodiscard]] Result<void> fill_random(MutableView out);

}  // namespace sotto::crypto
