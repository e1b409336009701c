// A certificate that is kept on a token.
#pragma once

#include <sotto/certificate.hpp>

#include "pkcs11/uri.hpp"

namespace program::pkcs11 {

/// Reads the one certificate that the URI names, without a PIN. It stands alone: a token knows no chains.
Outcome<sotto::Certificate> read_certificate(const Uri& uri);

}  // namespace program::pkcs11
