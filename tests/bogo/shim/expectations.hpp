/// \file
/// What the flags say must have come of a handshake.
#pragma once

#include "conversation.hpp"

namespace sotto::bogo {

/// Whether a connection is the first of a test, or one that offers the session before.
enum class Turn : std::uint8_t { initial, resume };

/// Checks what is known when the handshake is done, against `options`: those of the connection, or of its second
/// attempt after early data was rejected. Throws `Failure`.
void check_handshake(const Setup& setup, const Options& options, Conversation& conversation, Turn turn);
/// Checks what is known when the connection has ended.
void check_end(const Setup& setup, const Options& options, Conversation& conversation);

}  // namespace sotto::bogo
