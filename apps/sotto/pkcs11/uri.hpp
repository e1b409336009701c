// pkcs11: URIs, which name what is on a token. RFC 7512.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "failure.hpp"

struct p11_kit_uri;

namespace program::pkcs11 {

/// Says whether `text`, which stands where a file may stand, is a pkcs11: URI.
[[nodiscard]] bool is_uri(std::string_view text);

/// Returns a file's name or a URI in a form that may be shown and logged: without its PIN, and safe to print.
[[nodiscard]] std::string shown(std::string_view file_or_uri);

class Uri {
 public:
  static Outcome<Uri> parse(const std::string& text);

  /// Returns the URI as it may be shown.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Returns the PIN that stands in the URI (pin-value) or in the file that it names (pin-source), if any.
  [[nodiscard]] Outcome<std::optional<std::string>> pin() const;
  [[nodiscard]] p11_kit_uri* get() const { return uri_.get(); }

 private:
  struct Free {
    void operator()(p11_kit_uri* uri) const;
  };
  Uri(std::string text, std::unique_ptr<p11_kit_uri, Free> uri) : text_(std::move(text)), uri_(std::move(uri)) {}

  std::string text_;
  std::unique_ptr<p11_kit_uri, Free> uri_;
};

}  // namespace program::pkcs11
