#include <sotto/verifier.hpp>

#include "base/contain.hpp"
#include "base/result.hpp"
#include "pki/names.hpp"

namespace sotto::inline v0 {

ServerName::ServerName(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']') && text.find(':') != std::string_view::npos)
    text = text.substr(1, text.size() - 2);
  if (text.ends_with('.')) text.remove_suffix(1);
  text_ = pki::lower_case(text);
  ip_address_ = !pki::parse_ip_address(text_).empty();
}

Result<void> ServerName::check() const {
  return contain([&]() -> Result<void> {
    if (ip_address_) return {};
    const auto fault = pki::fault_in_dns_name(text_);
    if (fault.empty()) return {};
    return fail(Code::invalid_server_name, "\"" + text_ + "\": " + std::string(fault));
  });
}

}  // namespace sotto::inline v0
