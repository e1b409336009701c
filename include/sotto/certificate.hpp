/// \file
/// Certificates as a peer sends them, and what people want to read in them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Names the kinds of identities that TLS knows: a certificate, or a public key alone. Source: RFC 7250, 3; RFC 8446,
/// 4.4.2.
enum class CertificateType : std::uint8_t { x509 = 0, raw_public_key = 2 };

/// Holds one X.509 certificate in DER form, or a raw public key. Cheap to copy; immutable, so safe to share between
/// threads. Source: RFC 5280; RFC 7250.
class SOTTO_API Certificate {
 public:
  /// Keeps a copy of `der`. Nothing is checked before it is asked for. A raw public key is a SubjectPublicKeyInfo.
  explicit Certificate(std::span<const std::byte> der, CertificateType type = CertificateType::x509);
  /// Returns every certificate in `pem`, in order; `Code::malformed_pem` if there is none or one cannot be read.
  static Result<std::vector<Certificate>> from_pem(std::string_view pem);

  [[nodiscard]] std::span<const std::byte> der() const;
  [[nodiscard]] CertificateType type() const { return type_; }
  /// Returns the PEM form, ending in a newline.
  [[nodiscard]] std::string pem() const;

  /// Holds what people read in a certificate.
  struct Facts {
    std::string subject;                                 ///< such as "CN = example.com, O = Example"
    std::string issuer;                                  ///< in the same form
    std::string serial;                                  ///< hexadecimal
    std::vector<std::string> names;                      ///< subjectAltName: DNS names and IP addresses
    std::chrono::system_clock::time_point not_before{};  ///< first moment of validity
    std::chrono::system_clock::time_point not_after{};   ///< last moment of validity
    std::string key;                                     ///< such as "ECDSA P-256" or "RSA 2048 bits"
    std::string signature_algorithm;                     ///< such as "ecdsa-with-SHA256"
    std::string sha256;                                  ///< fingerprint of the DER form: 64 hexadecimal digits
    bool is_authority = false;                           ///< basicConstraints says CA
  };
  /// Reads the certificate; `Code::certificate_malformed` if it is none, as a raw public key.
  [[nodiscard]] Result<Facts> facts() const;

  friend bool operator==(const Certificate& left, const Certificate& right);

 private:
  std::shared_ptr<const std::vector<std::byte>> der_;
  CertificateType type_;
};

/// Lists certificates in the order of the TLS Certificate message: the end entity first.
using CertificateChain = std::vector<Certificate>;

}  // namespace sotto::inline v0
