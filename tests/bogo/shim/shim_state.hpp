/// \file
/// What lives as long as the shim, across its connections.
#pragma once

#include <chrono>
#include <memory>

#include <sotto/session.hpp>

#include "sessions.hpp"

namespace sotto::bogo {

struct ShimState {
  std::shared_ptr<Sessions> sessions = std::make_shared<Sessions>();
  std::shared_ptr<TicketKeys> ticket_keys;
  std::shared_ptr<TicketKeys> keys_without_tickets;  ///< of servers that seal sessions, but send no tickets
  std::shared_ptr<ServerSessionStore> server_sessions = make_memory_server_session_store();
  /// The clock of all connections stands still but between two of them: the tests know the age of a ticket exactly.
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
};

}  // namespace sotto::bogo
