// What `sotto connect` was asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "versions.hpp"

namespace program {

struct ConnectOptions {
  std::string target;
  std::string server_name;
  std::string roots;
  std::vector<std::string> alpn;
  std::string policy = "modern";
  VersionRange versions;
  std::vector<std::string> groups;
  std::vector<std::string> cipher_suites;
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  std::vector<std::string> passphrase_files;
  std::string resume;
  bool use_key_log = false;
  std::string key_log;  ///< empty: the environment's SSLKEYLOGFILE
  std::string connect_timeout = "10s";
  std::string handshake_timeout = "10s";
  bool insecure = false;
  bool json = false;
  bool story = false;
  bool quiet = false;
  bool no_half_close = false;
  bool commands = false;
  bool no_commands = false;
};

}  // namespace program
