// The local authority for development: made once under $XDG_DATA_HOME/sotto, it issues certificates for names of this
// machine.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "failure.hpp"

namespace program {

/// Where the certificates for development lie.
struct DevCertificate {
  std::filesystem::path authority;    ///< the CA's certificate, to be trusted
  std::filesystem::path certificate;  ///< the leaf
  std::filesystem::path key;          ///< the leaf's private key, mode 0600
  bool authority_is_new = false;
  bool certificate_is_new = false;
};

/// Returns $XDG_DATA_HOME/sotto, or ~/.local/share/sotto.
Outcome<std::filesystem::path> data_folder();

/// Makes the authority if there is none yet (or the old one has expired) and returns the path of its certificate.
Outcome<std::filesystem::path> dev_authority();

/// Makes sure that there is a certificate for `names` that is good for another week, and returns where it is.
/// Concurrent calls of several processes are safe: a lock in the folder orders them.
Outcome<DevCertificate> dev_certificate(const std::vector<std::string>& names);

}  // namespace program
