#include "policy.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "compression.hpp"
#include "failure.hpp"

namespace sotto::bogo {
namespace {

// What the tests take for the default: RFC 8446 and, for TLS 1.2, ephemeral keys before RSA and AEADs before CBC.
std::vector<CipherSuite> default_suites() {
  using enum CipherSuite;
  return {TLS_AES_128_GCM_SHA256,
          TLS_AES_256_GCM_SHA384,
          TLS_CHACHA20_POLY1305_SHA256,
          TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
          TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
          TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
          TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
          TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
          TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
          TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
          TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
          TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
          TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
          TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
          TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
          TLS_RSA_WITH_AES_128_GCM_SHA256,
          TLS_RSA_WITH_AES_256_GCM_SHA384,
          TLS_RSA_WITH_AES_128_CBC_SHA,
          TLS_RSA_WITH_AES_256_CBC_SHA};
}

bool is_tls13(CipherSuite suite) { return static_cast<unsigned>(suite) >> 8 == 0x13; }

/// Applies one name of a list: that of a suite, DEFAULT, or a word with "!" before it for what must not be there.
void apply_name(const std::string& name, std::vector<CipherSuite>& suites) {
  if (name == "DEFAULT") {
    std::ranges::copy_if(default_suites(), std::back_inserter(suites), std::not_fn(is_tls13));
    return;
  }
  if (name.starts_with('!')) {
    std::erase_if(suites, [&](CipherSuite suite) {
      return !is_tls13(suite) && to_string(suite).find("_" + name.substr(1) + "_") != std::string::npos;
    });
    return;
  }
  const auto suite = parse_cipher_suite(name);
  if (!suite) throw Unimplemented(suite.error().message());
  suites.push_back(*suite);
}

/// A list of names with colons between them; the suites of TLS 1.3 are not part of it.
std::vector<CipherSuite> suites_of(const std::string& list) {
  auto suites = default_suites();
  std::erase_if(suites, std::not_fn(is_tls13));
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(':', at), list.size());
    apply_name(list.substr(at, end - at), suites);
    at = end + 1;
  }
  return suites;
}

std::vector<ProtocolVersion> versions_of(const Options& options) {
  std::vector<ProtocolVersion> versions;
  const auto within = [&](ProtocolVersion version) {
    const auto number = static_cast<int>(version);
    return number >= options.min_version && (options.max_version == 0 || number <= options.max_version);
  };
  if (within(ProtocolVersion::tls13) && !options.no_tls13) versions.push_back(ProtocolVersion::tls13);
  if (within(ProtocolVersion::tls12) && !options.no_tls12) versions.push_back(ProtocolVersion::tls12);
  const bool older_ones_are_wanted = !options.no_tls11 || !options.no_tls1;
  if (versions.empty() && older_ones_are_wanted) throw Unimplemented("neither TLS 1.2 nor TLS 1.3 is asked for");
  return versions;
}

std::vector<NamedGroup> groups_of(const std::vector<int>& asked) {
  using enum NamedGroup;
  std::vector<NamedGroup> list;
  for (const auto number : asked) {
    const auto group = static_cast<NamedGroup>(number);
    if (group != x25519 && group != secp256r1 && group != secp384r1 && group != secp521r1)
      throw Unimplemented("there is no group " + std::to_string(number));
    list.push_back(group);
  }
  return list;
}

/// Leaves out what is not there, such as signatures with MD5 and SHA-1, unless there is nothing else.
std::vector<SignatureScheme> schemes_of(const std::vector<int>& asked) {
  const auto all = Policy::legacy().signature_schemes;
  std::vector<SignatureScheme> list;
  for (const auto number : asked)
    if (std::ranges::find(all, static_cast<SignatureScheme>(number)) != all.end())
      list.push_back(static_cast<SignatureScheme>(number));
  if (list.empty()) throw Unimplemented("none of the signature schemes that are asked for is there");
  return list;
}

void set_certificate_types(Policy& policy, const Options& options) {
  const auto fill = [](std::vector<CertificateType>& types, const std::vector<int>& asked) {
    if (!asked.empty()) types.clear();
    for (const auto number : asked) types.push_back(static_cast<CertificateType>(number));
  };
  fill(policy.peer_certificate_types, options.accepted_peer_cert_types);
  fill(policy.own_certificate_types, options.available_client_cert_types);
}

void set_groups(Policy& policy, const Options& options) {
  using enum NamedGroup;
  policy.groups = options.curves.empty() ? std::vector{x25519, secp256r1, secp384r1} : groups_of(options.curves);
  policy.key_shares = {policy.groups.front()};
  if (options.no_key_shares) policy.key_shares.clear();
  if (options.key_shares) policy.key_shares = groups_of(*options.key_shares);
}

void set_schemes(Policy& policy, const Options& options) {
  using enum SignatureScheme;
  const std::vector defaults = {ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, rsa_pkcs1_sha256,
                                ecdsa_secp384r1_sha384, rsa_pss_rsae_sha384, rsa_pkcs1_sha384,
                                rsa_pss_rsae_sha512,    rsa_pkcs1_sha512};
  policy.signing_schemes = Policy::legacy().signature_schemes;
  policy.signature_schemes = options.verify_prefs.empty() ? defaults : schemes_of(options.verify_prefs);
  policy.certificate_signature_schemes = policy.signature_schemes;
}

}  // namespace

Policy make_policy(const Options& options) {
  auto policy = Policy::legacy();
  policy.name = "bogo";
  policy.versions = versions_of(options);
  policy.cipher_suites = options.cipher.empty() ? default_suites() : suites_of(options.cipher);
  set_groups(policy, options);
  set_schemes(policy, options);
  set_certificate_types(policy, options);
  const bool renegotiates = options.renegotiate_once || options.renegotiate_freely || options.renegotiate_explicit;
  policy.renegotiation = renegotiates ? Renegotiation::allowed : Renegotiation::refused;
  policy.request_ocsp_response = options.enable_ocsp_stapling;
  policy.request_sct_list = options.enable_signed_cert_timestamps;
  policy.limits.early_data_age_skew = std::chrono::seconds(60);
  policy.limits.renegotiations_per_minute = options.renegotiate_once ? 1 : 100;
  // Where the tests want to see secure renegotiation, a connection without it must not come about.
  policy.require_secure_renegotiation = options.no_legacy_server_connect || options.expect_secure_renegotiation;
  // The tests know no servers that do not.
  policy.grease = options.enable_grease || options.server;
  if (options.no_ticket) policy.tickets = 0;
  policy.permute_extensions = options.permute_extensions;
  policy.fallback = options.fallback_scsv;
  policy.certificate_compression = policy.certificate_decompression = use_test_compressions(options);
  if (options.max_cert_list > 0) policy.limits.certificate_chain = static_cast<std::size_t>(options.max_cert_list);
  if (options.max_send_fragment > 0) policy.fragment_size = static_cast<std::size_t>(options.max_send_fragment);
  return policy;
}

}  // namespace sotto::bogo
