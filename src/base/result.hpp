/// \file
/// How functions of the library fail: with a code whose alert and origin stand in the one error table.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <sotto/error.hpp>

namespace sotto {

/// One row of the error table: everything that is known about a code.
struct ErrorRow {
  Code code;
  std::string_view name;
  /// The alert that we send; none for what is never told to the peer.
  std::optional<Alert> alert;
  Origin origin;
  /// What happened, as a sentence without its full stop.
  std::string_view sentence;
  /// The token by which BoringSSL's test runner knows this error; empty if it knows none.
  std::string_view bogo;
};

/// Returns the row of `code`.
[[nodiscard]] const ErrorRow& error_row(Code code);

/// Makes the error of `code`; alert and origin come from the table, never from the call site.
[[nodiscard]] Error make_error(Code code, std::string detail = {});
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string detail = {}) {
  return std::unexpected(make_error(code, std::move(detail)));
}

}  // namespace sotto
