/// \file
/// Reads the small files that credentials and roots come in.
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::pki {

/// Returns the content, wiped after use since it may be a key. `unreadable_file` names the file and the system's
/// reason.
[[nodiscard]] Result<SecretBytes> read_file(const std::filesystem::path& file);

}  // namespace sotto::pki
