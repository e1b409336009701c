/// \file
/// Two ends of one connection and the wires between them.
#pragma once

#include <memory>

#include "measure.hpp"
#include "stack.hpp"

namespace sotto::bench {

/// Holds what is shared by the connections of one thread.
struct Wires {
  Wire to_server;
  Wire to_client;
};

/// Measures the two ends of a connection apart.
struct Watches {
  Stopwatch client;
  Stopwatch server;
};

/// A connection that is established; the client has read its ticket.
struct Pair {
  std::unique_ptr<Endpoint> client;
  std::unique_ptr<Endpoint> server;
};

/// Makes two ends and runs their handshake to its end. Throws if it does not get there. `watches` may be null.
[[nodiscard]] Pair connect(Stack& stack, Wires& wires, Watches* watches = nullptr);

}  // namespace sotto::bench
