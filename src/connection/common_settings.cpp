#include "connection/common_settings.hpp"

namespace sotto {

Result<void> CommonSettings::check() {
  if (error) return std::unexpected(*error);
  if (auto checked = policy.check(); !checked) return checked;
  // RFC 7301, 3.1: a name has 1 to 255 octets; "Empty strings MUST NOT be included".
  for (const auto& protocol : alpn)
    if (protocol.empty() || protocol.size() > 255)
      return fail(Code::invalid_configuration, "an ALPN protocol name must have 1 to 255 octets");
  if (!clock) return fail(Code::invalid_configuration, "the clock is empty");
  policy.drop_unusable();
  return {};
}

}  // namespace sotto
