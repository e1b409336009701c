/// \file
/// The names in certificates and how they match what is expected. RFC 9525; RFC 5280, 4.2.1.6.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::pki {

/// Returns the 4 or 16 octets of an IPv4 or IPv6 address in its usual text form (without brackets or zone); empty if
/// `text` is none.
[[nodiscard]] Bytes parse_ip_address(std::string_view text);
/// Returns the text form of 4 or 16 octets. RFC 5952.
[[nodiscard]] std::string ip_address_text(View address);

/// Says what is wrong with a lower-case DNS name in words; empty if it is one. Letters, digits, hyphens and, since they
/// are in use, underscores. RFC 1123, 2.1.
[[nodiscard]] std::string_view fault_in_dns_name(std::string_view name);
/// Returns the same for a name whose first label may be a wildcard.
[[nodiscard]] std::string_view fault_in_dns_pattern(std::string_view pattern);

/// Returns `text` with ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

/// Says whether `pattern`, a dNSName, stands for `name`, a lower-case DNS name without a trailing dot.
/// RFC 9525, 6.3: only a whole left-most label is a wildcard, and it stands for exactly one label.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);

/// Holds the names of a certificate that can identify a host.
struct AlternativeNames {
  std::vector<std::string> dns;  ///< lower case; entries that are no DNS names or patterns are left out
  std::vector<Bytes> ip;         ///< 4 or 16 octets each

  /// Says whether one of them is `name`: a DNS name in lower case without a trailing dot, or an IP address.
  [[nodiscard]] bool include(std::string_view name) const;
  /// Lists them as text.
  [[nodiscard]] std::vector<std::string> texts() const;
};

/// Reads subjectAltName; empty lists if there is none. The subject's common name identifies nobody (RFC 9525, 2).
[[nodiscard]] Result<AlternativeNames> alternative_names(View certificate);

/// Says whether a wildcard among `names` could stand for a name that `authority`'s nameConstraints exclude. libcrypto
/// compares a wildcard as if it were a name, and so lets *.example through where secret.example is excluded.
[[nodiscard]] Result<bool> wildcard_evades(const AlternativeNames& names, View authority);

}  // namespace sotto::pki
