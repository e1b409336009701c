/// \file
/// What people read in a certificate, as far as libcrypto's parser is needed for it.
#pragma once

#include <string>

#include <sotto/certificate.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace sotto::crypto {

/// Reads everything in `der` except the names, which src/pki reads by its own rules. `certificate_malformed`.
[[nodiscard]] Result<Certificate::Facts> certificate_facts(View der);

/// Returns the tls-server-end-point channel binding of a certificate: its hash, by the hash function of its signature,
/// SHA-256 in the place of MD5 and SHA-1. `wrong_state` where the signature has none. RFC 5929, 4.1.
[[nodiscard]] Result<Digest> end_point_hash(View der);

/// Returns a DER Name in the form "CN = example.com, O = Example", free of control characters; "(no name)" for an empty
/// one.
[[nodiscard]] std::string name_text(View der_name);

}  // namespace sotto::crypto
