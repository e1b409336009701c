/// \file
/// What an open TLS 1.2 connection keeps to be negotiated anew. RFC 5246, 7.4.1.1; RFC 5746.
#pragma once

#include <optional>

#include <sotto/server.hpp>

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "connection/per_minute.hpp"
#include "handshake/renegotiation.hpp"

namespace sotto::connection {

struct Renegotiation {
  handshake::Renegotiable before;
  /// What the application asked the client for, until the renegotiation that asks for it.
  std::optional<ClientAuth> demanded;
  /// Data that was written meanwhile, and whether close_notify follows it.
  Bytes held;
  bool close_held = false;
  /// Which keys the renegotiation under way has changed.
  bool sending_keys_changed = false;
  bool receiving_keys_changed = false;
  PerMinute started_by_peer;

  Renegotiation() = default;
  Renegotiation(const Renegotiation&) = delete;
  Renegotiation& operator=(const Renegotiation&) = delete;
  ~Renegotiation() { wipe(held); }
};

}  // namespace sotto::connection
