#include <algorithm>
#include <array>

#include <sotto/early_data.hpp>
#include <sotto/policy.hpp>

#include "base/contain.hpp"
#include "base/printable.hpp"
#include "base/result.hpp"

namespace sotto::inline v0 {
namespace {

// One table for each registry; every name of a code point that this library knows stands here and nowhere else.
template <class T>
struct Name {
  T value;
  std::string_view name;
  // Other names by which people know it; accepted, never written.
  std::string_view also{};
  std::string_view also_too{};
};

constexpr auto versions = std::to_array<Name<ProtocolVersion>>({
    {ProtocolVersion::ssl3, "SSL 3.0"},
    {ProtocolVersion::tls10, "TLS 1.0"},
    {ProtocolVersion::tls11, "TLS 1.1"},
    {ProtocolVersion::tls12, "TLS 1.2"},
    {ProtocolVersion::tls13, "TLS 1.3"},
});

constexpr auto early_data_reasons = std::to_array<Name<EarlyDataReason>>({
    {EarlyDataReason::unknown, "unknown"},
    {EarlyDataReason::disabled, "disabled"},
    {EarlyDataReason::accepted, "accepted"},
    {EarlyDataReason::protocol_version, "protocol_version"},
    {EarlyDataReason::peer_declined, "peer_declined"},
    {EarlyDataReason::no_session_offered, "no_session_offered"},
    {EarlyDataReason::session_not_resumed, "session_not_resumed"},
    {EarlyDataReason::unsupported_for_session, "unsupported_for_session"},
    {EarlyDataReason::hello_retry_request, "hello_retry_request"},
    {EarlyDataReason::cipher_suite_mismatch, "cipher_suite_mismatch"},
    {EarlyDataReason::alpn_mismatch, "alpn_mismatch"},
    {EarlyDataReason::ticket_age_skew, "ticket_age_skew"},
    {EarlyDataReason::replayed, "replayed"},
});

constexpr auto cipher_suites = std::to_array<Name<CipherSuite>>({
    {CipherSuite::TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"},
    {CipherSuite::TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"},
    {CipherSuite::TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    {CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    {CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA256, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    {CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA256, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    {CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    {CipherSuite::TLS_RSA_WITH_AES_128_CCM, "TLS_RSA_WITH_AES_128_CCM"},
    {CipherSuite::TLS_RSA_WITH_AES_256_CCM, "TLS_RSA_WITH_AES_256_CCM"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_128_CCM, "TLS_DHE_RSA_WITH_AES_128_CCM"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_256_CCM, "TLS_DHE_RSA_WITH_AES_256_CCM"},
    {CipherSuite::TLS_RSA_WITH_AES_128_CCM_8, "TLS_RSA_WITH_AES_128_CCM_8"},
    {CipherSuite::TLS_RSA_WITH_AES_256_CCM_8, "TLS_RSA_WITH_AES_256_CCM_8"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_128_CCM_8, "TLS_DHE_RSA_WITH_AES_128_CCM_8"},
    {CipherSuite::TLS_DHE_RSA_WITH_AES_256_CCM_8, "TLS_DHE_RSA_WITH_AES_256_CCM_8"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CCM, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CCM, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    {CipherSuite::TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
});

constexpr auto groups = std::to_array<Name<NamedGroup>>({
    {NamedGroup::x25519, "x25519"},
    {NamedGroup::secp256r1, "secp256r1", "P-256", "prime256v1"},
    {NamedGroup::secp384r1, "secp384r1", "P-384"},
    {NamedGroup::secp521r1, "secp521r1", "P-521"},
    {NamedGroup::ffdhe2048, "ffdhe2048"},
    {NamedGroup::ffdhe3072, "ffdhe3072"},
    {NamedGroup::ffdhe4096, "ffdhe4096"},
});

constexpr auto signature_schemes = std::to_array<Name<SignatureScheme>>({
    {SignatureScheme::rsa_pkcs1_sha256, "rsa_pkcs1_sha256"},
    {SignatureScheme::rsa_pkcs1_sha384, "rsa_pkcs1_sha384"},
    {SignatureScheme::rsa_pkcs1_sha512, "rsa_pkcs1_sha512"},
    {SignatureScheme::ecdsa_secp256r1_sha256, "ecdsa_secp256r1_sha256"},
    {SignatureScheme::ecdsa_secp384r1_sha384, "ecdsa_secp384r1_sha384"},
    {SignatureScheme::ecdsa_secp521r1_sha512, "ecdsa_secp521r1_sha512"},
    {SignatureScheme::rsa_pss_rsae_sha256, "rsa_pss_rsae_sha256"},
    {SignatureScheme::rsa_pss_rsae_sha384, "rsa_pss_rsae_sha384"},
    {SignatureScheme::rsa_pss_rsae_sha512, "rsa_pss_rsae_sha512"},
    {SignatureScheme::ed25519, "ed25519"},
    {SignatureScheme::rsa_pss_pss_sha256, "rsa_pss_pss_sha256"},
    {SignatureScheme::rsa_pss_pss_sha384, "rsa_pss_pss_sha384"},
    {SignatureScheme::rsa_pss_pss_sha512, "rsa_pss_pss_sha512"},
});

constexpr auto certificate_compressions = std::to_array<Name<CertificateCompression>>({
    {CertificateCompression::zlib, "zlib"},
    {CertificateCompression::brotli, "brotli"},
    {CertificateCompression::zstd, "zstd"},
});

std::string hexadecimal(std::uint16_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += digits[(number >> shift) & 0x0f];
  return text;
}

template <class Table, class T>
std::string name_in(const Table& table, T value) {
  const auto row = std::ranges::find(table, value, &Name<T>::value);
  if (row != table.end()) return std::string(row->name);
  return hexadecimal(static_cast<std::uint16_t>(value));
}

// Compares ASCII names without regard to case; the C library's functions would ask the locale.
bool same_name(std::string_view left, std::string_view right) {
  constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(left, right, {}, lower, lower);
}

template <class Table>
auto value_in(const Table& table, std::string_view kind, std::string_view name)
    -> Result<decltype(table.front().value)> {
  for (const auto& row : table)
    for (const auto candidate : {row.name, row.also, row.also_too})
      if (!candidate.empty() && same_name(candidate, name)) return row.value;
  std::string detail = "there is no " + std::string(kind) + " called \"" + printable(name) + "\"; known are";
  for (const auto& row : table) detail.append(&row == &table.front() ? " " : ", ").append(row.name);
  return fail(Code::invalid_configuration, std::move(detail));
}

}  // namespace

std::string to_string(ProtocolVersion version) { return name_in(versions, version); }
std::string to_string(EarlyDataReason reason) { return name_in(early_data_reasons, reason); }
std::string to_string(CipherSuite suite) { return name_in(cipher_suites, suite); }
std::string to_string(NamedGroup group) { return name_in(groups, group); }
std::string to_string(SignatureScheme scheme) { return name_in(signature_schemes, scheme); }
std::string to_string(CertificateCompression algorithm) { return name_in(certificate_compressions, algorithm); }

Result<NamedGroup> parse_group(std::string_view name) {
  return contain([&] { return value_in(groups, "group", name); });
}
Result<CipherSuite> parse_cipher_suite(std::string_view name) {
  return contain([&] { return value_in(cipher_suites, "cipher suite", name); });
}
Result<CertificateCompression> parse_certificate_compression(std::string_view name) {
  return contain([&] { return value_in(certificate_compressions, "certificate compression", name); });
}

}  // namespace sotto::inline v0
