#include <sotto/certificate.hpp>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"
#include "crypto/certificate_facts.hpp"
#include "pki/names.hpp"
#include "pki/pem.hpp"
#include "wire/der.hpp"

namespace sotto::inline v0 {

Certificate::Certificate(std::span<const std::byte> der, CertificateType type)
    : der_(std::make_shared<const std::vector<std::byte>>(der.begin(), der.end())), type_(type) {}

Result<std::vector<Certificate>> Certificate::from_pem(std::string_view pem) {
  return contain([&]() -> Result<std::vector<Certificate>> {
    const auto contents = pki::read_pem_certificates(pem);
    if (!contents) return std::unexpected(contents.error());
    std::vector<Certificate> certificates;
    for (const auto& der : *contents) {
      if (!wire::read_der(der, wire::DerTag::sequence))
        return fail(Code::malformed_pem, "certificate " + std::to_string(certificates.size() + 1) + " in it is none");
      certificates.emplace_back(as_public(View(der)));
    }
    return certificates;
  });
}

std::span<const std::byte> Certificate::der() const { return *der_; }

std::string Certificate::pem() const { return pki::write_pem_certificate(as_view(der())); }

Result<Certificate::Facts> Certificate::facts() const {
  return contain([&]() -> Result<Certificate::Facts> {
    if (type_ == CertificateType::raw_public_key) return fail(Code::certificate_malformed, "it is a raw public key");
    auto facts = crypto::certificate_facts(as_view(der()));
    if (!facts) return facts;
    // Only certificates of version 3 have names that count; older ones, as some roots are, have no extensions.
    if (const auto names = pki::alternative_names(as_view(der()))) facts->names = names->texts();
    return facts;
  });
}

SOTTO_API bool operator==(const Certificate& left, const Certificate& right) {
  return left.der_ == right.der_ || *left.der_ == *right.der_;
}

}  // namespace sotto::inline v0
