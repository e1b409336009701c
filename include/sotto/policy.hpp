/// \file
/// Policies: which versions, cipher suites, groups and signatures a connection may use, and every limit it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/certificate.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Names a protocol version by its code point. Source: RFC 8446, 4.1.2 and 4.2.1.
enum class ProtocolVersion : std::uint16_t {
  ssl3 = 0x0300,
  tls10 = 0x0301,
  tls11 = 0x0302,
  tls12 = 0x0303,
  tls13 = 0x0304
};

/// Names a cipher suite as the RFCs do. Source: RFC 8446, B.4; RFC 5289; RFC 7905.
enum class CipherSuite : std::uint16_t {
  // TLS 1.3
  TLS_AES_128_GCM_SHA256 = 0x1301,
  TLS_AES_256_GCM_SHA384 = 0x1302,
  TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
  // TLS 1.2
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9,
  // TLS 1.2, for peers that have nothing better: RFC 5246, A.5; RFC 5288; RFC 6655; RFC 7251
  TLS_RSA_WITH_AES_128_CBC_SHA = 0x002f,
  TLS_DHE_RSA_WITH_AES_128_CBC_SHA = 0x0033,
  TLS_RSA_WITH_AES_256_CBC_SHA = 0x0035,
  TLS_DHE_RSA_WITH_AES_256_CBC_SHA = 0x0039,
  TLS_RSA_WITH_AES_128_CBC_SHA256 = 0x003c,
  TLS_RSA_WITH_AES_256_CBC_SHA256 = 0x003d,
  TLS_DHE_RSA_WITH_AES_128_CBC_SHA256 = 0x0067,
  TLS_DHE_RSA_WITH_AES_256_CBC_SHA256 = 0x006b,
  TLS_RSA_WITH_AES_128_GCM_SHA256 = 0x009c,
  TLS_RSA_WITH_AES_256_GCM_SHA384 = 0x009d,
  TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 = 0x009e,
  TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 = 0x009f,
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA = 0xc009,
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA = 0xc00a,
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA = 0xc013,
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA = 0xc014,
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 = 0xc023,
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 = 0xc024,
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 = 0xc027,
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 = 0xc028,
  TLS_RSA_WITH_AES_128_CCM = 0xc09c,
  TLS_RSA_WITH_AES_256_CCM = 0xc09d,
  TLS_DHE_RSA_WITH_AES_128_CCM = 0xc09e,
  TLS_DHE_RSA_WITH_AES_256_CCM = 0xc09f,
  TLS_RSA_WITH_AES_128_CCM_8 = 0xc0a0,
  TLS_RSA_WITH_AES_256_CCM_8 = 0xc0a1,
  TLS_DHE_RSA_WITH_AES_128_CCM_8 = 0xc0a2,
  TLS_DHE_RSA_WITH_AES_256_CCM_8 = 0xc0a3,
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM = 0xc0ac,
  TLS_ECDHE_ECDSA_WITH_AES_256_CCM = 0xc0ad,
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 = 0xc0ae,
  TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8 = 0xc0af,
  TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xccaa,
};

/// Names a group for key agreement. The ffdhe groups serve DHE in TLS 1.2. Source: RFC 8446, 4.2.7; RFC 7919, 2.
enum class NamedGroup : std::uint16_t {
  secp256r1 = 0x0017,
  secp384r1 = 0x0018,
  secp521r1 = 0x0019,
  x25519 = 0x001d,
  ffdhe2048 = 0x0100,
  ffdhe3072 = 0x0101,
  ffdhe4096 = 0x0102,
};

/// Names a signature scheme. Source: RFC 8446, 4.2.3.
enum class SignatureScheme : std::uint16_t {
  rsa_pkcs1_sha256 = 0x0401,
  rsa_pkcs1_sha384 = 0x0501,
  rsa_pkcs1_sha512 = 0x0601,
  ecdsa_secp256r1_sha256 = 0x0403,
  ecdsa_secp384r1_sha384 = 0x0503,
  ecdsa_secp521r1_sha512 = 0x0603,
  rsa_pss_rsae_sha256 = 0x0804,
  rsa_pss_rsae_sha384 = 0x0805,
  rsa_pss_rsae_sha512 = 0x0806,
  ed25519 = 0x0807,
  rsa_pss_pss_sha256 = 0x0809,
  rsa_pss_pss_sha384 = 0x080a,
  rsa_pss_pss_sha512 = 0x080b,
};

/// Names a kind of client certificate in TLS 1.2. Source: RFC 5246, 7.4.4; RFC 8422, 5.5.
enum class ClientCertificateType : std::uint8_t { rsa_sign = 1, ecdsa_sign = 64 };

/// Names an algorithm that Certificate messages of TLS 1.3 are compressed with. Source: RFC 8879, 7.3.
enum class CertificateCompression : std::uint16_t { zlib = 1, brotli = 2, zstd = 3 };

/// Returns the name as the RFC writes it; a number in hexadecimal for what this library does not know.
[[nodiscard]] SOTTO_API std::string to_string(ProtocolVersion version);
[[nodiscard]] SOTTO_API std::string to_string(CipherSuite suite);
[[nodiscard]] SOTTO_API std::string to_string(NamedGroup group);
[[nodiscard]] SOTTO_API std::string to_string(SignatureScheme scheme);
[[nodiscard]] SOTTO_API std::string to_string(CertificateCompression algorithm);

/// Returns the group of that RFC name ("x25519", "secp256r1", also "P-256" and the like), or an error naming the known
/// ones.
[[nodiscard]] SOTTO_API Result<NamedGroup> parse_group(std::string_view name);
/// Returns the cipher suite of that RFC name, or an error naming the known ones.
[[nodiscard]] SOTTO_API Result<CipherSuite> parse_cipher_suite(std::string_view name);
/// Returns the algorithm of that name ("zlib", "brotli", "zstd"), or an error naming the known ones.
[[nodiscard]] SOTTO_API Result<CertificateCompression> parse_certificate_compression(std::string_view name);

/// Bounds everything that a peer can make us hold or repeat. Exceeding one is an error with a code of its own.
struct SOTTO_API Limits {
  /// Octets of one handshake message, Certificate excepted.
  std::size_t handshake_message = 16384;
  /// Octets of one Certificate message; of one that comes compressed, both before and after.
  std::size_t certificate_chain = 100 * 1024;
  /// Octets of one ticket that a client keeps.
  std::size_t ticket = 16384;
  /// Tickets that a client accepts on one connection.
  std::size_t tickets_per_connection = 32;
  /// Records without content in a row.
  std::size_t empty_records = 32;
  /// KeyUpdate messages without application data between them.
  std::size_t key_updates = 32;
  /// Alerts of level warning in a row.
  std::size_t warning_alerts = 4;
  /// Octets of early data records that a server skips because it does not accept them.
  std::size_t skipped_early_data = 16384;
  /// Renegotiations that the peer may start in a minute, where the policy allows any; and requests for a certificate
  /// after the handshake.
  std::size_t renegotiations_per_minute = 4;
  /// Octets of data that `write` keeps back while a renegotiation is under way.
  std::size_t held_data = std::size_t{1} << 20;
  /// How far the age of a ticket, as the client tells it, may be off before its early data is rejected. RFC 8446, 8.3.
  std::chrono::seconds early_data_age_skew = std::chrono::seconds(10);
  /// Records protected under one AES-GCM key before keys are updated. RFC 8446, 5.5 allows about 2^24.5.
  std::uint64_t gcm_records_per_key = std::uint64_t{1} << 23;
};

/// Says whether an open TLS 1.2 connection may be negotiated anew, whichever side starts it. Source: RFC 5246, 7.4.1.1.
enum class Renegotiation : std::uint8_t { refused, allowed };

/// Says which parameters a connection may use, in order of preference. A plain value: start from a dated constructor,
/// change what must differ; `check()` runs once when a configuration is built.
struct SOTTO_API Policy {
  std::string name;
  std::vector<ProtocolVersion> versions;
  std::vector<CipherSuite> cipher_suites;
  std::vector<NamedGroup> groups;
  /// Groups that a client sends a key share for at once; a prefix-like subset of `groups`. Without any, the server
  /// names the group, which costs a round trip.
  std::vector<NamedGroup> key_shares;
  /// Schemes for CertificateVerify and ServerKeyExchange.
  std::vector<SignatureScheme> signature_schemes;
  /// Schemes that we sign with ourselves; empty: `signature_schemes`.
  std::vector<SignatureScheme> signing_schemes;
  /// Schemes for signatures in certificates (RFC 8446, 4.2.3: signature_algorithms_cert).
  std::vector<SignatureScheme> certificate_signature_schemes;
  /// Kinds of identities that we take from a peer, most preferred first. Raw public keys need a verifier that knows
  /// them: `make_raw_public_key_verifier`. RFC 7250.
  std::vector<CertificateType> peer_certificate_types = {CertificateType::x509};
  /// Kinds that a client can show, most preferred first; empty: those of its credentials.
  std::vector<CertificateType> own_certificate_types;
  /// Algorithms that our certificates are compressed with in TLS 1.3, for peers that take such, most preferred first;
  /// empty: never. Each credential is compressed once. RFC 8879.
  std::vector<CertificateCompression> certificate_compression;
  /// Algorithms that a peer's certificates may come compressed with, as we tell it; empty: not at all. What comes is
  /// decompressed before the peer is authenticated, up to `Limits::certificate_chain` octets.
  std::vector<CertificateCompression> certificate_decompression;
  Limits limits;
  /// Lets either side of an open TLS 1.2 connection negotiate anew: for another client certificate, or fresh keys.
  /// Never with HTTP/2 (RFC 9113, 9.2.1), and only with peers that signal secure renegotiation.
  Renegotiation renegotiation = Renegotiation::refused;
  /// Refuses TLS 1.2 peers that do not signal secure renegotiation: they can be attacked, even if we never renegotiate.
  /// Source: RFC 5746, 4.1 and 4.3.
  bool require_secure_renegotiation = true;
  /// Refuses TLS 1.2 peers that do not know the extended master secret. Without it two connections can be made to have
  /// the same secrets, so they are never resumed and have no exporter anyway. RFC 7627, 1 and 5.
  bool require_extended_master_secret = false;
  /// Asks servers for an OCSP response or for signed certificate timestamps, which come with the certificate. They are
  /// handed to the verifier (`VerifyRequest`) and told by the `Summary`. RFC 6066, 8; RFC 6962, 3.3.1.
  bool request_ocsp_response = false;
  bool request_sct_list = false;
  /// Pads records to a multiple of so many octets; 0 sends no padding. RFC 8446, 5.4.
  std::size_t pad_records_to = 0;
  /// Octets of plaintext in one record that we send; 1 to 16384. Less where the peer can take less.
  std::size_t fragment_size = 16384;
  /// Octets of a protected record's plaintext that we take, content type and padding of TLS 1.3 included: 64 to 16385.
  /// Peers that know the extension send no longer ones; a longer one is `record_overflow`. 0 does not speak of it, and
  /// sends what the peer takes or not. RFC 8449, 4.
  std::size_t record_size_limit = 16385;
  /// Octets of plaintext that a client asks for as the most in any record, of both sides: 512, 1024, 2048 or 4096; 0
  /// asks for nothing. Servers that know `record_size_limit` go by that instead. RFC 6066, 4; RFC 8449, 5.
  std::size_t max_fragment_length = 0;
  /// Sends change_cipher_spec records for middleboxes. RFC 8446, D.4.
  bool middlebox_compatibility = true;
  /// Sends code points that mean nothing among those that do, so that peers stay able to ignore what they do not know.
  /// RFC 8701.
  bool grease = false;
  /// Sends a client's extensions in an order drawn anew for each connection, so that no peer comes to rely on one.
  bool permute_extensions = false;
  /// Tells servers that a connection with newer versions failed before this one, which has `versions` that are older:
  /// a server that knows a newer one then refuses. RFC 7507.
  bool fallback = false;
  /// Tickets that a server sends after the handshake; with 0, only TLS 1.2 clients resume, by sessions that the server
  /// keeps (`ServerConfig::Builder::session_store`).
  unsigned tickets = 2;
  /// How long a ticket may be used; at most seven days (RFC 8446, 4.6.1). A session that a TLS 1.2 server keeps lasts
  /// as long, but at most one day (RFC 5246, F.1.4).
  std::chrono::seconds ticket_lifetime = std::chrono::hours(24);

  /// Returns the default of the year 2026: TLS 1.3, and TLS 1.2 with ephemeral keys and AEAD ciphers; X25519 first.
  static Policy modern_2026();
  /// Returns the newest `modern` policy.
  static Policy modern() { return modern_2026(); }
  /// Adds to `modern` what older peers need and what is safe with care: CBC ciphers with ephemeral keys.
  static Policy compatible_2026();
  static Policy compatible() { return compatible_2026(); }
  /// Adds to `compatible` what only old appliances need: RSA key exchange, which has no forward secrecy, DHE, CCM
  /// and renegotiation.
  static Policy legacy_2026();
  static Policy legacy() { return legacy_2026(); }
  /// Narrows `modern` to algorithms that FIPS 140-3 approves: AES-GCM, the NIST curves, RSA and ECDSA; TLS 1.2 with the
  /// extended master secret alone. It is about algorithms and nothing else: libcrypto need not be a validated module,
  /// sotto is none, and nobody has certified anything.
  static Policy fips_like_2026();
  static Policy fips_like() { return fips_like_2026(); }
  /// Returns the policy of that name ("modern", "compatible", "legacy", "fips-like", or with their year "modern_2026"),
  /// or an error naming the known ones.
  static Result<Policy> named(std::string_view name);

  /// Returns the schemes that we sign with ourselves.
  [[nodiscard]] const std::vector<SignatureScheme>& own_signing_schemes() const {
    return signing_schemes.empty() ? signature_schemes : signing_schemes;
  }

  /// Drops versions that no cipher suite is for, and cipher suites and signature schemes that are for no version left.
  /// Configurations do so: `versions` alone decides.
  void drop_unusable();
  /// Returns an error naming the first setting that no connection could work with.
  [[nodiscard]] Result<void> check() const;
};

}  // namespace sotto::inline v0
