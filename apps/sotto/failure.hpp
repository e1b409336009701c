// How the program's functions fail: one sentence for the person who runs it, and the exit code that goes with it.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include <sotto/error.hpp>

#include "exit_code.hpp"

namespace program {

struct Failure {
  ExitCode code = ExitCode::internal;
  std::string sentence;
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failure(ExitCode code, std::string sentence) {
  return std::unexpected(Failure{code, std::move(sentence)});
}

/// Returns the exit code for an error of the library's.
ExitCode exit_code_for(const sotto::Error& error);

/// Turns an error of the library's into a failure, `context` (a flag, a file, a peer) in front of its sentence.
std::unexpected<Failure> failure(const sotto::Error& error, const std::string& context);

}  // namespace program
