// Connects to a peer, blocking with a time limit: for programs with one connection.
#pragma once

#include <chrono>
#include <string>

#include "descriptor.hpp"
#include "failure.hpp"
#include "net/endpoint.hpp"

namespace program {

struct Dialled {
  Descriptor socket;    ///< non-blocking
  std::string address;  ///< the address that answered
};

/// Tries the peer's addresses in turn, `limit` for each.
Outcome<Dialled> dial(const Endpoint& endpoint, std::chrono::milliseconds limit);

}  // namespace program
