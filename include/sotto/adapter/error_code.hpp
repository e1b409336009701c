/// \file
/// sotto's errors as std::error_code: `error == sotto::Code::truncated` works for an error code of any Asio.
#pragma once

#include <string>
#include <system_error>

#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

namespace adapter {
/// Gives the codes of libsotto their sentences.
class SOTTO_API ErrorCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "sotto"; }
  [[nodiscard]] std::string message(int code) const override { return describe(static_cast<Code>(code)); }
  /// Returns the sentence of `code`.
  static std::string describe(Code code) {
    Error error;
    error.code = code;
    return error.message();
  }
};
}  // namespace adapter

/// Returns the category of libsotto's errors.
SOTTO_API inline const std::error_category& error_category() {
  static const adapter::ErrorCategory category;
  return category;
}
inline std::error_code make_error_code(Code code) { return {static_cast<int>(code), error_category()}; }

}  // namespace sotto::inline v0

template <>
struct std::is_error_code_enum<sotto::Code> : std::true_type {};
