/// \file
/// The parts of a certificate that the handshake and the naming rules need, read by our own DER reader. RFC 5280, 4.1.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::wire {

/// Borrows parts of one certificate's DER form.
struct CertificateView {
  View subject_public_key_info;  ///< the whole SubjectPublicKeyInfo element
  View issuer;                   ///< the whole Name element
  View subject;                  ///< the whole Name element
  /// Whether keyUsage allows digitalSignature; true where there is no keyUsage extension. RFC 5280, 4.2.1.3.
  bool may_sign = true;
  /// Whether keyUsage allows keyEncipherment, which RSA key exchange takes; true where there is no keyUsage extension.
  bool may_encipher = true;
  /// Whether basicConstraints says that this is an authority. RFC 5280, 4.2.1.9.
  bool is_authority = false;
  /// The value of subjectAltName, a whole GeneralNames element. RFC 5280, 4.2.1.6.
  std::optional<View> subject_alternative_name;
  /// The value of nameConstraints, a whole NameConstraints element. RFC 5280, 4.2.1.10.
  std::optional<View> name_constraints;
};

/// Reads `der`; `Code::certificate_malformed` if it is no X.509 v3 certificate or has octets left over.
[[nodiscard]] Result<CertificateView> parse_certificate(View der);

}  // namespace sotto::wire
