/// \file
/// Turns failures into exceptions, which end the benchmark with their message.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <sotto/error.hpp>

namespace sotto::bench {

/// Returns the value, or throws the error's message.
template <class T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Throws `message` unless `condition`.
inline void require(bool condition, const char* message) {
  if (!condition) throw std::runtime_error(message);
}

}  // namespace sotto::bench
