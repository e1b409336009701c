/// \file
/// What binds a pre-shared key to a ClientHello.
#pragma once

#include "handshake/psk.hpp"

namespace sotto::handshake {

/// Checks the binder that came with a ClientHello; `transcript`: up to the list of binders. RFC 8446, 4.2.11.2.
[[nodiscard]] Result<void> check_binder(const Psk& psk, const keys::Digest& transcript, View binder);

}  // namespace sotto::handshake
