/// \file
/// Makes keys and issues X.509 certificates, for development and tests. RFC 5280, 4.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/issue.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_pkey_st;
struct x509_st;

namespace sotto::crypto {

/// Says what a leaf shall hold. Names are checked already.
struct LeafContent {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<Bytes> ip_addresses;  ///< 4 or 16 octets each
  KeyKind key = KeyKind::ecdsa_p256;
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  bool client_authentication = false;
};

/// Holds an authority's certificate and private key.
class IssuingAuthority {
 public:
  /// Makes a root with an ECDSA P-256 key.
  static Result<IssuingAuthority> create(std::string_view common_name, std::chrono::system_clock::time_point not_before,
                                         std::chrono::system_clock::time_point not_after);
  /// Joins a certificate with its unencrypted PEM key. `malformed_pem`, `key_mismatch`, `unsupported_key`;
  /// `invalid_configuration` if the certificate is none of an authority.
  static Result<IssuingAuthority> from_parts(View certificate, std::string_view key_pem);
  IssuingAuthority(IssuingAuthority&& other) noexcept;
  IssuingAuthority& operator=(IssuingAuthority&& other) noexcept;
  ~IssuingAuthority();

  struct Leaf {
    Bytes certificate;
    std::string key_pem;  ///< a secret; the caller wipes it
  };
  [[nodiscard]] Result<Leaf> issue(const LeafContent& content) const;
  /// Issues an intermediate with pathlen 0, valid as long as this authority.
  [[nodiscard]] Result<IssuingAuthority> issue_intermediate(std::string_view common_name) const;

  [[nodiscard]] Bytes certificate() const;
  /// Returns the key as PKCS#8 PEM, a secret; the caller wipes it.
  [[nodiscard]] Result<std::string> key_pem() const;

 private:
  IssuingAuthority(x509_st* certificate, evp_pkey_st* key) : certificate_(certificate), key_(key) {}
  x509_st* certificate_ = nullptr;  // owned; freed in the destructor, like the key
  evp_pkey_st* key_ = nullptr;
};

}  // namespace sotto::crypto
