#include "connection/stored_session.hpp"

#include "handshake/config.hpp"

namespace sotto::connection {

void forget(const AnyConfig& config, handshake::StoredSessionName& session) {
  if (session.id.empty()) return;
  if (const auto* client = std::get_if<std::shared_ptr<const ClientConfig>>(&config))
    (*client)->impl().sessions->remove(session.server, as_public(View(session.id)));
  else
    std::get<std::shared_ptr<const ServerConfig>>(config)->impl().sessions->remove(as_public(View(session.id)));
  session = {};
}

}  // namespace sotto::connection
