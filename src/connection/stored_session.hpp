/// \file
/// The session of TLS 1.2 that a connection left in a store, which must not outlive a failure of the connection.
#pragma once

#include <memory>
#include <variant>

#include <sotto/client.hpp>
#include <sotto/server.hpp>

#include "handshake/outcome.hpp"

namespace sotto::connection {

using AnyConfig = std::variant<std::shared_ptr<const ClientConfig>, std::shared_ptr<const ServerConfig>>;

/// Removes the session from the store of `config`, and forgets its name. RFC 5246, 7.2.2.
void forget(const AnyConfig& config, handshake::StoredSessionName& session);

}  // namespace sotto::connection
