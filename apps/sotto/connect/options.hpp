// What `sotto connect` was asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tls_options.hpp"

namespace program {

struct ConnectOptions : TlsOptions {
  std::string target;
  std::string server_name;
  std::string roots;
  std::vector<std::string> tlsa;
  std::vector<std::string> groups;
  std::vector<std::string> cipher_suites;
  std::string resume;
  bool verify_sessions_again = false;
  std::string early_data;
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
