/// \file
/// Authentication of the peer: trust stores, the names we expect, verifiers and the proof they give.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/certificate.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>

namespace sotto::inline v0 {

/// Holds the name that a client expects the server to prove: a DNS name or an IP address.
/// Source: RFC 9525, 6.1; RFC 6066, 3 (only DNS names are sent as server_name).
class SOTTO_API ServerName {
 public:
  /// Keeps `text`, lower-cased, without a trailing dot or the brackets of an IPv6 address. An unusable name is reported
  /// by `check()` and by whatever uses it: `Code::invalid_server_name`.
  explicit ServerName(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_ip_address() const { return ip_address_; }
  /// Returns an error that says what is wrong with the name.
  [[nodiscard]] Result<void> check() const;
  friend bool operator==(const ServerName&, const ServerName&) = default;

 private:
  std::string text_;
  bool ip_address_ = false;
};

/// Holds the roots that we trust, parsed once. Cheap to copy; immutable, safe to share between threads.
class SOTTO_API TrustStore {
 public:
  /// Loads every certificate of a PEM file as a root.
  static Result<TrustStore> from_pem_file(const std::filesystem::path& file);
  /// Loads the same from memory.
  static Result<TrustStore> from_pem(std::string_view pem);
  /// Loads the system's roots: SSL_CERT_FILE, else the distribution's bundle. Shared within the process, and read again
  /// when the file has changed; a store that was returned before stays as it is.
  static Result<TrustStore> system();

  /// Counts the roots.
  [[nodiscard]] std::size_t size() const;
  /// Lists the subjects of the roots as DER Names, for CertificateRequest's certificate_authorities.
  [[nodiscard]] std::vector<std::vector<std::byte>> subjects() const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit TrustStore(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// Says what the peer's certificate must be good for.
enum class Purpose : std::uint8_t { server_authentication, client_authentication };

/// Holds all that a verifier needs to judge a peer; owned, so it can be answered from another thread.
struct SOTTO_API VerifyRequest {
  CertificateChain chain;          ///< as the peer sent it, end entity first; never empty
  std::optional<ServerName> name;  ///< the name to be proven; absent for clients and where the check is switched off
  Purpose purpose = Purpose::server_authentication;
  std::chrono::system_clock::time_point time;
  /// What the peer sent with its certificate because it was asked to; empty if nothing. As it came: nothing is checked.
  std::vector<std::byte> ocsp_response = {};  ///< DER. RFC 6066, 8
  std::vector<std::byte> sct_list = {};       ///< timestamps, each behind its length. RFC 6962, 3.3
};

/// Proves that a verifier accepted exactly one chain. Only `Verifier::verify` can make it.
class SOTTO_API Verified {
 public:
  /// Lists the certificates from the end entity to the root that was trusted; only the peer's own where none was built.
  [[nodiscard]] const CertificateChain& path() const { return path_; }
  [[nodiscard]] const Certificate& end_entity() const { return path_.front(); }
  /// Says how the peer was authenticated, in words; "not authenticated" where verification was switched off.
  [[nodiscard]] const std::string& how() const { return how_; }
  /// False only where verification was switched off under `sotto::danger`.
  [[nodiscard]] bool is_authenticated() const { return authenticated_; }

 private:
  friend class Verifier;
  Verified(CertificateChain path, std::string how, bool authenticated)
      : path_(std::move(path)), how_(std::move(how)), authenticated_(authenticated) {}
  CertificateChain path_;
  std::string how_;
  bool authenticated_ = false;
};

/// Judges a peer's certificate chain. Implementations override `judge`; callers use `verify`.
/// Thread-safety: `verify` may be called from several threads at once.
class SOTTO_API Verifier {
 public:
  virtual ~Verifier() = default;

  /// Returns the proof, or the reason for refusal: `certificate_untrusted`, `certificate_expired`,
  /// `certificate_not_yet_valid`, `certificate_wrong_name`, `certificate_wrong_purpose`, `certificate_too_weak`,
  /// `certificate_malformed`, `certificate_revoked`, `certificate_not_in_tlsa` or `certificate_refused`.
  [[nodiscard]] Result<Verified> verify(const VerifyRequest& request) const;

 protected:
  /// What `judge` found when it accepts.
  struct Judgement {
    CertificateChain path;      ///< end entity first
    std::string how;            ///< such as "by the root \"ISRG Root X1\""
    bool authenticated = true;  ///< false only for verifiers under `sotto::danger`
  };

 private:
  [[nodiscard]] virtual Result<Judgement> judge(const VerifyRequest& request) const = 0;
};

/// Returns the default verifier: chain building to `roots`, names after RFC 9525, validity, key usage and strength.
[[nodiscard]] SOTTO_API std::shared_ptr<const Verifier> make_verifier(TrustStore roots);

/// Holds one TLSA record, which DNSSEC has authenticated: it names a certificate or key that a server must show.
/// Source: RFC 6698, 2.1; RFC 7218 has the names.
struct SOTTO_API TlsaRecord {
  /// What the record names: an authority that must have issued the server's certificate, or that certificate itself.
  enum class Usage : std::uint8_t { dane_ta = 2, dane_ee = 3 };
  enum class Selector : std::uint8_t { certificate = 0, public_key = 1 };
  enum class Matching : std::uint8_t { full = 0, sha256 = 1, sha512 = 2 };

  Usage usage = Usage::dane_ee;
  Selector selector = Selector::public_key;
  Matching matching = Matching::sha256;
  std::vector<std::byte> data;  ///< the DER form, or its 32 or 64 octets of hash

  /// Reads the form of zone files, such as "3 1 1 0123...": three numbers and hexadecimal digits. Error:
  /// `invalid_configuration`, also for the usages PKIX-TA(0) and PKIX-EE(1), which SMTP has no use for (RFC 7672,
  /// 3.1.3).
  static Result<TlsaRecord> parse(std::string_view text);
  friend bool operator==(const TlsaRecord&, const TlsaRecord&) = default;
};

/// Returns a verifier that authenticates a server by its TLSA records instead of by roots: one match is enough.
/// DANE-EE(3): the certificate or key alone counts, neither its names nor its dates (RFC 7671, 5.1). DANE-TA(2): the
/// chain must lead to the named authority, which the server sends along, and the name must match (RFC 7671, 5.2).
/// Errors: `invalid_configuration` if there is no record, or one whose data cannot be what it says.
[[nodiscard]] SOTTO_API Result<std::shared_ptr<const Verifier>> make_dane_verifier(std::vector<TlsaRecord> records);

/// Returns a verifier for raw public keys: it accepts exactly the peers whose key is one of `keys`, each a DER
/// SubjectPublicKeyInfo; names count for nothing, and certificates are refused. RFC 7250, 6.
[[nodiscard]] SOTTO_API std::shared_ptr<const Verifier> make_raw_public_key_verifier(
    std::vector<std::vector<std::byte>> keys);

namespace danger {
/// Returns a verifier that accepts every chain. The connection is encrypted to nobody knows whom.
[[nodiscard]] SOTTO_API std::shared_ptr<const Verifier> accept_any_certificate();
}  // namespace danger

}  // namespace sotto::inline v0
