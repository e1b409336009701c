/// \file
/// Makes certificates that no proper authority would issue.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sotto/certificate.hpp>

namespace sotto::forge {

/// Says what to make. The defaults are a leaf for server.example under `issuer`.
struct Recipe {
  std::string key = "EC";  ///< "EC", "RSA:1024", "RSA:2048", "PSS:48:SHA384" (salt and hash), "DSA", "ED25519"
  std::string subject = "server.example";
  const EVP_MD* hash = EVP_sha256();
  std::chrono::system_clock::time_point not_before = std::chrono::system_clock::now() - std::chrono::hours(1);
  std::chrono::system_clock::time_point not_after = std::chrono::system_clock::now() + std::chrono::hours(1);
  /// Extensions as OpenSSL's configuration writes them. Key identifiers are added.
  std::vector<std::pair<int, std::string>> extensions = {{NID_subject_alt_name, "DNS:server.example"}};
};

/// Returns the recipe of an authority.
Recipe authority(std::string subject, std::vector<std::pair<int, std::string>> more = {});

/// Holds a certificate with its key.
class Forged {
 public:
  /// `issuer`: null to let it sign itself.
  Forged(const Recipe& recipe, const Forged* issuer);
  [[nodiscard]] Certificate certificate() const;
  [[nodiscard]] std::string pem() const { return certificate().pem(); }
  [[nodiscard]] std::string key_pem() const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

}  // namespace sotto::forge
