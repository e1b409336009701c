/// \file
/// The pre-master secret that a client encrypts to the server's RSA key. RFC 5246, 7.4.7.1.
#pragma once

#include <cstddef>

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "crypto/constant_time.hpp"

namespace sotto::crypto {

inline constexpr std::size_t premaster_length = 48;
/// Holds the version of the ClientHello and 46 random octets.
using PremasterSecret = Secret<premaster_length>;

/// Keeps `premaster` if `decrypted` says so and it begins with `client_hello_version`, and replaces it with
/// `substitute` otherwise. Neither the time nor any memory access tells which. Both are `premaster_length` octets.
inline void keep_or_replace(constant_time::Mask decrypted, ProtocolVersion client_hello_version, View substitute,
                            MutableView premaster) {
  const auto version = static_cast<std::uint16_t>(client_hello_version);
  const auto keep = decrypted & constant_time::are_equal(premaster[0], version >> 8) &
                    constant_time::are_equal(premaster[1], version & 0xffU);
  constant_time::replace_unless(keep, substitute, premaster);
}

}  // namespace sotto::crypto
