/// \file
/// libcrypto's certificate objects; included only by the .cpp files of this folder.
#pragma once

#include <chrono>
#include <optional>

#include "crypto/handles.hpp"

namespace sotto::crypto {

using CertificateObject = Handle<X509, X509_free>;

/// Parses `der`; `certificate_malformed` if it is no certificate or has octets left over.
[[nodiscard]] Result<CertificateObject> read_certificate(View der);
/// Returns the DER form; empty on failure.
[[nodiscard]] Bytes der_of(const X509* certificate);
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> time_point_of(const ASN1_TIME* time);

}  // namespace sotto::crypto
