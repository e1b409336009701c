#include "pkcs11/uri.hpp"

#include <fmt/format.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "files.hpp"
#include "text.hpp"

namespace program::pkcs11 {
namespace {

constexpr std::string_view scheme = "pkcs11:";
constexpr std::string_view pin_attribute = "pin-value=";

}  // namespace

bool is_uri(std::string_view text) { return text.starts_with(scheme); }

std::string shown(std::string_view file_or_uri) {
  if (!is_uri(file_or_uri)) return printable(file_or_uri);
  std::string text(file_or_uri);
  // RFC 7512, 2.3: no value holds a "&" that is not written as %26.
  for (auto at = text.find(pin_attribute); at != std::string::npos; at = text.find(pin_attribute, at + 1)) {
    at += pin_attribute.size();
    const auto end = text.find('&', at);
    text.replace(at, end == std::string::npos ? end : end - at, "...");
  }
  return printable(text);
}

void Uri::Free::operator()(p11_kit_uri* uri) const { p11_kit_uri_free(uri); }

Outcome<Uri> Uri::parse(const std::string& text) {
  std::unique_ptr<p11_kit_uri, Free> uri(p11_kit_uri_new());
  const auto parsed = uri ? p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get()) : P11_KIT_URI_UNEXPECTED;
  if (parsed != P11_KIT_URI_OK)
    return failure(ExitCode::configuration,
                   fmt::format("'{}' is no pkcs11: URI: {}", shown(text), p11_kit_uri_message(parsed)));
  // RFC 7512, 2.3: a URI with an attribute that is not known names nothing.
  if (p11_kit_uri_any_unrecognized(uri.get()) != 0)
    return failure(ExitCode::configuration, fmt::format("'{}' has an attribute that is not known", shown(text)));
  return Uri(shown(text), std::move(uri));
}

Outcome<std::optional<std::string>> Uri::pin() const {
  if (const char* const value = p11_kit_uri_get_pin_value(uri_.get())) return value;
  const char* const source = p11_kit_uri_get_pin_source(uri_.get());
  if (source == nullptr) return std::nullopt;
  std::string file(source);
  if (file.starts_with("|"))
    return failure(ExitCode::configuration,
                   fmt::format("'{}': a pin-source that is a command is not run; name a file", text_));
  if (file.starts_with("file:")) file = file.substr(file.starts_with("file://") ? 7 : 5);
  auto line = read_first_line(file);
  if (!line) return std::unexpected(line.error());
  return *std::move(line);
}

}  // namespace program::pkcs11
