#include "connection/common_settings.hpp"

#include <algorithm>
#include <string>

namespace sotto {
namespace {

/// Refuses a credential that no version of the policy can use: without TLS 1.2 there is nothing for a key whose schemes
/// are of that version, nor for one that decrypts.
Result<void> check_credentials(const Policy& policy, const std::vector<Credential>& credentials) {
  if (std::ranges::find(policy.versions, ProtocolVersion::tls12) != policy.versions.end()) return {};
  for (const auto& credential : credentials) {
    if (!credential.schemes().empty()) continue;
    const auto names = credential.names();
    return fail(Code::invalid_configuration, "the key of the certificate" +
                                                 (names.empty() ? std::string() : " for " + names.front()) +
                                                 " serves in TLS 1.2 alone, which the policy does not have");
  }
  return {};
}

}  // namespace

Result<void> CommonSettings::check() {
  if (error) return std::unexpected(*error);
  if (auto checked = policy.check(); !checked) return checked;
  // RFC 7301, 3.1: a name has 1 to 255 octets; "Empty strings MUST NOT be included".
  for (const auto& protocol : alpn)
    if (protocol.empty() || protocol.size() > 255)
      return fail(Code::invalid_configuration, "an ALPN protocol name must have 1 to 255 octets");
  if (!clock) return fail(Code::invalid_configuration, "the clock is empty");
  policy.drop_unusable();
  return check_credentials(policy, credentials);
}

}  // namespace sotto
