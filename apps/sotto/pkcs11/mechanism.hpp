// How PKCS#11 makes the signatures of TLS.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <p11-kit/pkcs11.h>
#include <sotto/error.hpp>
#include <sotto/policy.hpp>

namespace program::pkcs11 {

/// CKK_EC_EDWARDS of PKCS#11 3.0, which older headers do not have.
inline constexpr CK_KEY_TYPE edwards_key = 0x40;

/// Says what a scheme takes: a kind of key and a mechanism.
struct Need {
  CK_KEY_TYPE key_type;
  CK_MECHANISM_TYPE mechanism;
};
[[nodiscard]] Need need_of(sotto::SignatureScheme scheme);

/// Returns what the mechanism signs: the digest, the DigestInfo around it (RFC 8017, 9.2), or the message itself.
[[nodiscard]] sotto::Result<std::vector<std::byte>> input_for(sotto::SignatureScheme scheme,
                                                              std::span<const std::byte> message);

/// Returns the parameters of RSA-PSS, whose salt is as long as the digest. RFC 8446, 4.2.3.
[[nodiscard]] CK_RSA_PKCS_PSS_PARAMS pss_parameters(std::size_t digest_length);

/// Turns what the token returns into the form that TLS sends.
[[nodiscard]] sotto::Result<std::vector<std::byte>> output_for(sotto::SignatureScheme scheme,
                                                               std::vector<std::byte> signature);

}  // namespace program::pkcs11
