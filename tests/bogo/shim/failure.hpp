/// \file
/// How the shim gives up. The runner tells the two ways apart by the exit status.
#pragma once

#include <stdexcept>
#include <string>

#include <sotto/error.hpp>

namespace sotto::bogo {

/// An alert of RFC 5246 that TLS 1.3 no longer has; a test sends it and another receives it.
inline constexpr auto decompression_failure = static_cast<Alert>(30);

/// The test asks for something that sotto does not have: exit status 89, and the runner skips it.
class Unimplemented : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The connection failed, or did not turn out as the test expects: exit status 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  /// Begins with the token by which the runner knows the error.
  explicit Failure(const Error& error);
};

/// Returns the value, or gives up.
template <class T>
T must(Result<T> result) {
  if (!result) throw Failure(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Gives up unless `met`.
inline void expect(bool met, const std::string& otherwise) {
  if (!met) throw Failure(otherwise);
}

}  // namespace sotto::bogo
