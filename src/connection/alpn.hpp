/// \file
/// The check of a list of application protocols, for both roles' configurations.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto {

/// RFC 7301, 3.1: a name has 1 to 255 octets; "Empty strings MUST NOT be included".
[[nodiscard]] inline Result<void> check_alpn(const std::vector<std::string>& protocols) {
  for (const auto& protocol : protocols)
    if (protocol.empty() || protocol.size() > 255)
      return fail(Code::invalid_configuration, "an ALPN protocol name must have 1 to 255 octets");
  return {};
}

}  // namespace sotto
