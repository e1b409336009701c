/// \file
/// PEM texts of certificates. RFC 7468.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::pki {

/// Returns the contents of every block with the label CERTIFICATE, in order; other blocks and text between blocks are
/// passed over. `malformed_pem` if there is none or one is not closed or no base64.
[[nodiscard]] Result<std::vector<Bytes>> read_pem_certificates(std::string_view pem);

/// Returns the PEM form, ending in a newline.
[[nodiscard]] std::string write_pem_certificate(View der);

}  // namespace sotto::pki
