/// \file
/// What a handshake leaves behind when its frame is gone.
#pragma once

#include <string>

#include <sotto/connection.hpp>

#include "crypto/hkdf.hpp"

namespace sotto::handshake {

struct Outcome {
  Summary summary;
  /// The name that a client expected, under which its sessions are kept; an IP address too.
  std::string server_name;
  crypto::HashSecret exporter_secret;
  /// A client keeps it for the tickets to come; empty for servers, which have sent theirs.
  crypto::HashSecret resumption_secret;
};

}  // namespace sotto::handshake
