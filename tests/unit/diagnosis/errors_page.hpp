/// \file
/// The page docs/guide/errors.md, written from the tables of the library.
#pragma once

#include <filesystem>
#include <string>

namespace sotto::test {

/// Returns the whole page as it must stand in the repository.
[[nodiscard]] std::string errors_page();
/// Returns where it stands.
[[nodiscard]] std::filesystem::path errors_page_file();

}  // namespace sotto::test
