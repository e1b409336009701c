/// \file
/// The certificates that every implementation is measured with.
#pragma once

#include <string>

#include <sotto/issue.hpp>

namespace sotto::bench {

/// PEM texts of a root, an intermediate below it, and leaves below that.
struct Credentials {
  std::string root;
  std::string server_chain;  ///< leaf and intermediate
  std::string server_key;
  std::string client_chain;
  std::string client_key;
};
inline const std::string host = "server.example";
[[nodiscard]] Credentials issue_credentials(KeyKind key);

}  // namespace sotto::bench
