/// \file
/// Certificates for development: a local authority and the leaves it issues.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/certificate.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Holds PEM texts of a certificate chain and its private key (PKCS#8). The key is a secret: wiped when destroyed.
struct SOTTO_API IssuedCredential {
  std::string chain_pem;
  std::string key_pem;
  IssuedCredential() = default;
  IssuedCredential(IssuedCredential&&) noexcept = default;
  IssuedCredential& operator=(IssuedCredential&&) noexcept = default;
  ~IssuedCredential();
};

/// Says which key an issued certificate gets.
enum class KeyKind : std::uint8_t { ecdsa_p256, ecdsa_p384, ecdsa_p521, ed25519, rsa_2048, rsa_3072, rsa_pss_2048 };

/// Says what an issued certificate is for.
struct SOTTO_API LeafRequest {
  std::vector<std::string>
      names;  ///< DNS names (wildcards allowed), IP addresses; the first becomes the subject's name
  KeyKind key = KeyKind::ecdsa_p256;
  std::chrono::system_clock::time_point not_before{};  ///< the epoch: an hour ago
  std::chrono::hours lifetime = std::chrono::hours(24 * 90);
  bool client_authentication = false;  ///< clientAuth instead of serverAuth
};

/// Issues certificates for development and tests. Nothing here belongs in front of the public.
class SOTTO_API LocalAuthority {
 public:
  /// Makes a new root with a key of its own (ECDSA P-256), valid for `lifetime`.
  static Result<LocalAuthority> create(std::string_view common_name,
                                       std::chrono::hours lifetime = std::chrono::hours(24 * 3650));
  /// Loads a root from PEM texts.
  static Result<LocalAuthority> from_pem(std::string_view certificate, std::string_view key);
  LocalAuthority(LocalAuthority&&) noexcept;
  LocalAuthority& operator=(LocalAuthority&&) noexcept;
  ~LocalAuthority();

  /// Issues a leaf directly under this authority. The chain holds the leaf alone.
  [[nodiscard]] Result<IssuedCredential> issue(const LeafRequest& request) const;
  /// Issues an intermediate authority (pathlen 0).
  [[nodiscard]] Result<LocalAuthority> issue_intermediate(std::string_view common_name) const;

  [[nodiscard]] std::string certificate_pem() const;
  /// Returns the private key as PEM; a secret.
  [[nodiscard]] Result<std::string> key_pem() const;

  struct Impl;

 private:
  explicit LocalAuthority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::inline v0
