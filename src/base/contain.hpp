/// \file
/// The edge of the library: what is thrown inside becomes an error, for libsotto throws nothing.
#pragma once

#include <type_traits>

#include "base/result.hpp"

namespace sotto {

/// Returns the error for the exception that is being handled: `internal_error`, which says if memory ran out. Needs no
/// memory itself. Only for catch blocks.
[[nodiscard]] Error error_of_exception() noexcept;

/// Returns what `call` returns, a `Result`, or the error of what it throws.
template <class Call>
[[nodiscard]] auto contain(const Call& call) noexcept -> std::invoke_result_t<const Call&> {
  try {
    return call();
  } catch (...) {
    return std::unexpected(error_of_exception());
  }
}

}  // namespace sotto
