// The options that `connect` and `proxy` have in common: what is shown and what may be negotiated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "versions.hpp"

namespace CLI {
class App;
}

namespace program {

struct TlsOptions {
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  std::vector<std::string> passphrase_files;
  std::vector<std::string> alpn;
  std::string policy = "modern";
  VersionRange versions;
  bool no_certificate_compression = false;
};

/// What the help says where the two differ.
struct TlsOptionTexts {
  const char* certificate;
  const char* passphrase_file;
  const char* alpn;
};

void add_tls_options(CLI::App& command, TlsOptions& options, const TlsOptionTexts& texts);

/// Complains of a flag whose value is empty, as that of an unset variable of a script is: it must not be a silent
/// default, least of all where it says what is trusted.
std::optional<std::string> find_empty_value(const CLI::App& command);

}  // namespace program
