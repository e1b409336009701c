/// \file
/// Our own end entity's certificate, as far as its key is concerned.
#pragma once

#include <sotto/certificate.hpp>

#include "base/result.hpp"
#include "crypto/signature.hpp"
#include "pki/credential_impl.hpp"

namespace sotto::pki {

/// Turns an error about a certificate of ours into one for the caller: what it lacks is no fault of a peer's.
[[nodiscard]] std::unexpected<Error> unusable_certificate(const Error& error);

/// Holds the key of a certificate, and what it may be used for.
struct EndEntity {
  crypto::PublicKey key;
  KeyUses uses;
};

/// Reads a certificate that we mean to show; `unsupported_key` or `malformed_pem`.
[[nodiscard]] Result<EndEntity> read_end_entity(const Certificate& certificate);

}  // namespace sotto::pki
