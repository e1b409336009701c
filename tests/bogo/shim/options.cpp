#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <variant>

#include "failure.hpp"

namespace sotto::bogo {
namespace {

using Field = std::variant<bool Options::*, int Options::*, std::uint64_t Options::*, std::optional<int> Options::*,
                           std::string Options::*, std::vector<int> Options::*,
                           std::optional<std::vector<int>> Options::*, std::optional<Octets> Options::*>;
using CredentialField = std::variant<bool CredentialOptions::*, std::string CredentialOptions::*,
                                     std::vector<int> CredentialOptions::*, std::optional<Octets> CredentialOptions::*>;

struct Flag {
  std::string_view name;
  Field field;
};
struct CredentialFlag {
  std::string_view name;
  CredentialField field;
};

// A flag with a boolean field takes no value; every other takes one. Lists repeat the flag.
const auto flags = std::to_array<Flag>({
    {"-port", &Options::port},
    {"-ipv6", &Options::ipv6},
    {"-shim-id", &Options::shim_id},
    {"-server", &Options::server},
    {"-resume-count", &Options::resume_count},
    {"-is-handshaker-supported", &Options::is_handshaker_supported},
    {"-wait-for-debugger", &Options::wait_for_debugger},
    {"-list-only", &Options::list_only},

    {"-min-version", &Options::min_version},
    {"-max-version", &Options::max_version},
    {"-no-tls13", &Options::no_tls13},
    {"-no-tls12", &Options::no_tls12},
    {"-no-tls11", &Options::no_tls11},
    {"-no-tls1", &Options::no_tls1},
    {"-cipher", &Options::cipher},
    {"-server-preference", &Options::server_preference},
    {"-curves", &Options::curves},
    {"-key-shares", &Options::key_shares},
    {"-no-key-shares", &Options::no_key_shares},
    {"-verify-prefs", &Options::verify_prefs},
    {"-host-name", &Options::host_name},
    {"-advertise-alpn", &Options::advertise_alpn},
    {"-select-alpn", &Options::select_alpn},
    {"-decline-alpn", &Options::decline_alpn},
    {"-reject-alpn", &Options::reject_alpn},
    {"-no-ticket", &Options::no_ticket},
    {"-max-cert-list", &Options::max_cert_list},
    {"-max-send-fragment", &Options::max_send_fragment},
    {"-accepted-peer-cert-types", &Options::accepted_peer_cert_types},
    {"-available-client-cert-types", &Options::available_client_cert_types},
    {"-enable-early-data", &Options::enable_early_data},
    {"-enable-ocsp-stapling", &Options::enable_ocsp_stapling},
    {"-enable-signed-cert-timestamps", &Options::enable_signed_cert_timestamps},
    {"-use-ocsp-callback", &Options::use_ocsp_callback},
    {"-set-ocsp-in-callback", &Options::set_ocsp_in_callback},
    {"-decline-ocsp-callback", &Options::decline_ocsp_callback},
    {"-fail-ocsp-callback", &Options::fail_ocsp_callback},
    {"-enable-grease", &Options::enable_grease},
    {"-renegotiate-once", &Options::renegotiate_once},
    {"-renegotiate-freely", &Options::renegotiate_freely},
    {"-renegotiate-ignore", &Options::renegotiate_ignore},
    {"-renegotiate-explicit", &Options::renegotiate_explicit},
    {"-no-legacy-server-connect", &Options::no_legacy_server_connect},
    {"-permute-extensions", &Options::permute_extensions},
    {"-fallback-scsv", &Options::fallback_scsv},
    {"-install-cert-compression-algs", &Options::install_cert_compression_algs},
    {"-install-one-cert-compression-alg", &Options::install_one_cert_compression_alg},
    {"-reverify-on-resume", &Options::reverify_on_resume},
    {"-quic-use-legacy-codepoint", &Options::quic_use_legacy_codepoint},

    {"-trust-cert", &Options::trust_cert},
    {"-require-any-client-certificate", &Options::require_any_client_certificate},
    {"-verify-peer", &Options::verify_peer},
    {"-verify-fail", &Options::verify_fail},
    {"-use-custom-verify-callback", &Options::use_custom_verify_callback},
    {"-use-early-callback", &Options::use_early_callback},
    {"-fail-early-callback", &Options::fail_early_callback},
    {"-use-old-client-cert-callback", &Options::use_old_client_cert_callback},
    {"-fail-cert-callback", &Options::fail_cert_callback},
    {"-use-client-ca-list", &Options::use_client_ca_list},

    {"-async", &Options::async},
    {"-implicit-handshake", &Options::implicit_handshake},
    {"-no-op-extra-handshake", &Options::no_op_extra_handshake},
    {"-handshake-twice", &Options::handshake_twice},
    {"-handshake-never-done", &Options::handshake_never_done},
    {"-shim-writes-first", &Options::shim_writes_first},
    {"-shim-initial-write", &Options::shim_initial_write},
    {"-repeat-shim-initial-write", &Options::repeat_shim_initial_write},
    {"-read-with-unfinished-write", &Options::read_with_unfinished_write},
    {"-early-write-after-message", &Options::early_write_after_message},
    {"-read-size", &Options::read_size},
    {"-peek-then-read", &Options::peek_then_read},
    {"-shim-shuts-down", &Options::shim_shuts_down},
    {"-check-close-notify", &Options::check_close_notify},
    {"-send-alert", &Options::send_alert},
    {"-key-update", &Options::key_update},
    {"-key-update-before-read", &Options::key_update_before_read},
    {"-export-keying-material", &Options::export_keying_material},
    {"-export-label", &Options::export_label},
    {"-export-context", &Options::export_context},
    {"-use-export-context", &Options::use_export_context},
    {"-use-exporter-between-reads", &Options::use_exporter_between_reads},
    {"-export-traffic-secrets", &Options::export_traffic_secrets},
    {"-tls-unique", &Options::tls_unique},
    {"-resumption-delay", &Options::resumption_delay},

    {"-expect-version", &Options::expect_version},
    {"-expect-cipher", &Options::expect_cipher},
    {"-expect-cipher-aes", &Options::expect_cipher_aes},
    {"-expect-cipher-no-aes", &Options::expect_cipher_no_aes},
    {"-expect-curve-id", &Options::expect_curve_id},
    {"-expect-total-renegotiations", &Options::expect_total_renegotiations},
    {"-expect-peer-signature-algorithm", &Options::expect_peer_signature_algorithm},
    {"-expect-peer-verify-pref", &Options::expect_peer_verify_pref},
    {"-expect-server-name", &Options::expect_server_name},
    {"-expect-no-server-name", &Options::expect_no_server_name},
    {"-expect-alpn", &Options::expect_alpn},
    {"-expect-advertised-alpn", &Options::expect_advertised_alpn},
    {"-expect-session-miss", &Options::expect_session_miss},
    {"-expect-no-session", &Options::expect_no_session},
    {"-expect-session-id", &Options::expect_session_id},
    {"-expect-no-session-id", &Options::expect_no_session_id},
    {"-expect-ticket-renewal", &Options::expect_ticket_renewal},
    {"-expect-extended-master-secret", &Options::expect_extended_master_secret},
    {"-expect-secure-renegotiation", &Options::expect_secure_renegotiation},
    {"-expect-no-secure-renegotiation", &Options::expect_no_secure_renegotiation},
    {"-expect-hrr", &Options::expect_hrr},
    {"-expect-no-hrr", &Options::expect_no_hrr},
    {"-expect-verify-result", &Options::expect_verify_result},
    {"-expect-no-peer-cert", &Options::expect_no_peer_cert},
    {"-expect-peer-cert-file", &Options::expect_peer_cert_file},
    {"-expect-client-ca-list", &Options::expect_client_ca_list},
    {"-expect-certificate-types", &Options::expect_certificate_types},
    {"-expect-accept-early-data", &Options::expect_accept_early_data},
    {"-expect-reject-early-data", &Options::expect_reject_early_data},
    {"-expect-no-offer-early-data", &Options::expect_no_offer_early_data},
    {"-expect-ticket-supports-early-data", &Options::expect_ticket_supports_early_data},
    {"-expect-early-data-reason", &Options::expect_early_data_reason},
    {"-expect-ticket-age-skew", &Options::expect_ticket_age_skew},
    {"-expect-ocsp-response", &Options::expect_ocsp_response},
    {"-expect-signed-cert-timestamps", &Options::expect_signed_cert_timestamps},
    {"-expect-peer-certificate-type", &Options::expect_peer_certificate_type},
    {"-expect-peer-rpk-sha256", &Options::expect_peer_rpk_sha256},
    {"-expect-selected-credential", &Options::expect_selected_credential},
    {"-expect-msg-callback", &Options::expect_msg_callback},
});

// These apply to the credential that was begun last or, before any, to the one of the connection.
const auto credential_flags = std::to_array<CredentialFlag>({
    {"-cert-file", &CredentialOptions::cert_file},
    {"-key-file", &CredentialOptions::key_file},
    {"-signing-prefs", &CredentialOptions::signing_prefs},
    {"-ocsp-response", &CredentialOptions::ocsp_response},
    {"-signed-cert-timestamps", &CredentialOptions::signed_cert_timestamps},
    {"-must-match-issuer", &CredentialOptions::must_match_issuer},
    {"-psk-importer-key", &CredentialOptions::psk_importer_key},
    {"-psk-importer-identity", &CredentialOptions::psk_importer_identity},
    {"-psk-importer-context", &CredentialOptions::psk_importer_context},
    {"-psk-importer-sha256", &CredentialOptions::psk_importer_sha256},
    {"-psk-importer-sha384", &CredentialOptions::psk_importer_sha384},
});

/// Hands out the arguments one by one.
class Arguments {
 public:
  explicit Arguments(std::span<char* const> all) : rest_(all) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::string_view next() {
    if (rest_.empty()) throw Unimplemented("a flag lacks its value");
    const std::string_view first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }

 private:
  std::span<char* const> rest_;
};

template <class Number>
Number to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Unimplemented("\"" + std::string(text) + "\" is no number");
  return value;
}

Octets from_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Octets octets;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<unsigned>(alphabet.find(c));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets.bytes.push_back(static_cast<std::byte>(bits >> held));
  }
  return octets;
}

void assign(bool& field, Arguments&) { field = true; }
void assign(int& field, Arguments& arguments) { field = to_number<int>(arguments.next()); }
void assign(std::uint64_t& field, Arguments& arguments) { field = to_number<std::uint64_t>(arguments.next()); }
void assign(std::optional<int>& field, Arguments& arguments) { field = to_number<int>(arguments.next()); }
void assign(std::string& field, Arguments& arguments) { field = arguments.next(); }
void assign(std::optional<Octets>& field, Arguments& arguments) { field = from_base64(arguments.next()); }
void assign(std::vector<int>& field, Arguments& arguments) { field.push_back(to_number<int>(arguments.next())); }
void assign(std::optional<std::vector<int>>& field, Arguments& arguments) {
  if (!field) field.emplace();
  field->push_back(to_number<int>(arguments.next()));
}

template <class Object, class Fields>
void assign_to(Object& object, const Fields& field, Arguments arguments) {
  std::visit([&](auto member) { assign(object.*member, arguments); }, field);
}

CredentialOptions& present_credential(Options& options) {
  return options.credentials.empty() ? options.credential : options.credentials.back();
}

/// Applies the flag to each of `targets`; returns how many values it took.
std::size_t apply(std::string_view name, std::span<Options* const> targets, const Arguments& values) {
  if (name == "-new-x509-credential" || name == "-new-rpk-credential" || name == "-new-psk-credential") {
    for (auto* options : targets) options->credentials.emplace_back().raw_public_key = name == "-new-rpk-credential";
    return 0;
  }
  if (const auto* row = std::ranges::find(credential_flags, name, &CredentialFlag::name);
      row != credential_flags.end()) {
    for (auto* options : targets) assign_to(present_credential(*options), row->field, values);
    return std::holds_alternative<bool CredentialOptions::*>(row->field) ? 0 : 1;
  }
  const auto* row = std::ranges::find(flags, name, &Flag::name);
  if (row == flags.end()) throw Unimplemented("unknown flag " + std::string(name));
  for (auto* options : targets) assign_to(*options, row->field, values);
  return std::holds_alternative<bool Options::*>(row->field) ? 0 : 1;
}

/// Removes `prefix` if `name` has it, less the dash of the flag proper.
bool take_prefix(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size() - 1);
  return true;
}

}  // namespace

OptionSets parse_options(std::span<char* const> list) {
  OptionSets sets;
  Arguments arguments(list);
  while (!arguments.empty()) {
    auto name = arguments.next();
    take_prefix(name, "-on-shim-");
    std::vector<Options*> targets = {&sets.initial, &sets.resume, &sets.retry};
    if (take_prefix(name, "-on-initial-")) targets = {&sets.initial};
    if (take_prefix(name, "-on-resume-")) targets = {&sets.resume};
    if (take_prefix(name, "-on-retry-")) targets = {&sets.retry};
    for (auto values = apply(name, targets, arguments); values > 0; --values) arguments.next();
  }
  return sets;
}

}  // namespace sotto::bogo
