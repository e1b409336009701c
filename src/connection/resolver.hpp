/// \file
/// Answers the questions of a handshake in place, from the configuration, unless the caller wants to.
#pragma once

#include <optional>

#include <sotto/question.hpp>

#include "base/result.hpp"
#include "handshake/channel.hpp"
#include "handshake/config.hpp"

namespace sotto {

/// Returns the answer, or nothing where it has to come from the caller. An `Error` inside the answer refuses.
[[nodiscard]] std::optional<Answer> resolve(const ClientConfig::Impl& settings,
                                            const handshake::QuestionVariant& question);
[[nodiscard]] std::optional<Answer> resolve(const ServerConfig::Impl& settings,
                                            const handshake::QuestionVariant& question);

}  // namespace sotto
