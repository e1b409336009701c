// Which errors of the kernel's calls for sockets concern this machine, whoever the peer is.
#pragma once

#include <cerrno>

#include "exit_code.hpp"

namespace program {

/// Says whether the machine or the process has run out of something.
inline bool is_exhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

inline ExitCode exit_code_of_call(int error) { return is_exhaustion(error) ? ExitCode::internal : ExitCode::network; }

}  // namespace program
