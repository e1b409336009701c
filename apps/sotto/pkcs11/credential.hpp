// A certificate joined with a key on a token.
#pragma once

#include <memory>

#include <sotto/credential.hpp>

#include "pkcs11/key.hpp"

namespace program::pkcs11 {

/// Makes the credential after a signature has shown that key and certificate belong together. `certificate`: where the
/// chain came from, for the failure.
Outcome<sotto::Credential> make_credential(sotto::CertificateChain chain, Key& key, const std::string& certificate);

}  // namespace program::pkcs11
