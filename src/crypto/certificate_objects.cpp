#include "crypto/certificate_objects.hpp"

#include <ctime>
#include <limits>

namespace sotto::crypto {

Result<CertificateObject> read_certificate(View der) {
  if (der.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail(Code::certificate_malformed, "it is too large");
  const auto* next = der.data();
  CertificateObject certificate(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  if (!certificate) return fail_clean(Code::certificate_malformed, "it is no X.509 certificate");
  if (next != der.data() + der.size()) return fail_clean(Code::certificate_malformed, "octets are left over");
  return certificate;
}

Bytes der_of(const X509* certificate) {
  unsigned char* encoded = nullptr;
  const auto length = i2d_X509(certificate, &encoded);
  const Octets owned(encoded);
  if (length <= 0) return {};
  return {encoded, encoded + length};
}

std::optional<std::chrono::system_clock::time_point> time_point_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const auto date = std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
  return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

}  // namespace sotto::crypto
