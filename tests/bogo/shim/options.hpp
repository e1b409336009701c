/// \file
/// What the runner asks for on the command line. Names are those of its flags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sotto::bogo {

/// Octets that come in Base64.
struct Octets {
  std::vector<std::byte> bytes;
};

/// One credential, with the flags that may follow `-new-x509-credential`.
struct CredentialOptions {
  std::string cert_file;
  std::string key_file;
  std::vector<int> signing_prefs;
  std::optional<Octets> ocsp_response;
  std::optional<Octets> signed_cert_timestamps;
  bool must_match_issuer = false;
  bool raw_public_key = false;
  // A pre-shared key instead of all these.
  std::optional<Octets> psk_importer_key;
  std::optional<Octets> psk_importer_identity;
  std::optional<Octets> psk_importer_context;
  bool psk_importer_sha256 = false;
  bool psk_importer_sha384 = false;
};

/// The settings of one connection.
struct Options {
  // How to reach the runner.
  int port = 0;
  bool ipv6 = false;
  std::uint64_t shim_id = 0;
  bool server = false;
  int resume_count = 0;
  bool is_handshaker_supported = false;
  bool wait_for_debugger = false;
  bool list_only = false;  ///< a flag of our own: every test is left out

  // What is offered and accepted.
  int min_version = 0;
  int max_version = 0;
  bool no_tls13 = false;
  bool no_tls12 = false;
  bool no_tls11 = false;
  bool no_tls1 = false;
  std::string cipher;
  bool server_preference = false;
  std::vector<int> curves;
  std::optional<std::vector<int>> key_shares;
  bool no_key_shares = false;
  std::vector<int> verify_prefs;
  std::string host_name;
  std::string advertise_alpn;
  std::string select_alpn;
  bool decline_alpn = false;
  bool reject_alpn = false;
  bool no_ticket = false;
  int max_cert_list = 0;
  int max_send_fragment = 0;
  std::vector<int> accepted_peer_cert_types;
  std::vector<int> available_client_cert_types;
  bool enable_early_data = false;
  bool enable_ocsp_stapling = false;
  bool enable_signed_cert_timestamps = false;
  bool use_ocsp_callback = false;
  bool set_ocsp_in_callback = false;
  bool decline_ocsp_callback = false;
  bool fail_ocsp_callback = false;
  bool enable_grease = false;
  bool renegotiate_once = false;
  bool renegotiate_freely = false;
  bool renegotiate_ignore = false;
  bool renegotiate_explicit = false;
  bool no_legacy_server_connect = false;
  bool permute_extensions = false;
  bool fallback_scsv = false;
  bool install_cert_compression_algs = false;
  int install_one_cert_compression_alg = 0;
  bool reverify_on_resume = false;
  int quic_use_legacy_codepoint = 0;  ///< for QUIC alone, which is not there: over TLS both code points mean nothing

  // Who we are and what is asked of the peer.
  CredentialOptions credential;
  std::vector<CredentialOptions> credentials;
  std::string trust_cert;
  bool require_any_client_certificate = false;
  bool verify_peer = false;
  bool verify_fail = false;
  bool use_custom_verify_callback = false;
  bool use_early_callback = false;
  bool fail_early_callback = false;
  bool use_old_client_cert_callback = false;
  bool fail_cert_callback = false;
  std::string use_client_ca_list;

  // What to do.
  bool async = false;
  bool implicit_handshake = false;
  bool no_op_extra_handshake = false;
  bool handshake_twice = false;
  bool handshake_never_done = false;
  bool shim_writes_first = false;
  std::string shim_initial_write = "hello";
  int repeat_shim_initial_write = 1;
  bool read_with_unfinished_write = false;
  int early_write_after_message = 0;
  int read_size = 512;
  bool peek_then_read = false;
  bool shim_shuts_down = false;
  bool check_close_notify = false;
  bool send_alert = false;
  bool key_update = false;
  bool key_update_before_read = false;
  int export_keying_material = 0;
  std::string export_label;
  std::string export_context;
  bool use_export_context = false;
  bool use_exporter_between_reads = false;
  bool export_traffic_secrets = false;
  bool tls_unique = false;
  int resumption_delay = 0;

  // What must have come of it.
  int expect_version = 0;
  int expect_cipher = 0;
  int expect_cipher_aes = 0;
  int expect_cipher_no_aes = 0;
  int expect_curve_id = 0;
  int expect_total_renegotiations = 0;
  int expect_peer_signature_algorithm = 0;
  std::vector<int> expect_peer_verify_pref;
  std::string expect_server_name;
  bool expect_no_server_name = false;
  std::string expect_alpn;
  std::string expect_advertised_alpn;
  bool expect_session_miss = false;
  bool expect_no_session = false;
  bool expect_session_id = false;
  bool expect_no_session_id = false;
  bool expect_ticket_renewal = false;
  bool expect_extended_master_secret = false;
  bool expect_secure_renegotiation = false;
  bool expect_no_secure_renegotiation = false;
  bool expect_hrr = false;
  bool expect_no_hrr = false;
  bool expect_verify_result = false;
  bool expect_no_peer_cert = false;
  std::string expect_peer_cert_file;
  std::string expect_client_ca_list;
  std::optional<Octets> expect_certificate_types;
  bool expect_accept_early_data = false;
  bool expect_reject_early_data = false;
  bool expect_no_offer_early_data = false;
  bool expect_ticket_supports_early_data = false;
  std::string expect_early_data_reason;
  int expect_ticket_age_skew = 0;
  std::optional<Octets> expect_ocsp_response;
  std::optional<Octets> expect_signed_cert_timestamps;
  std::optional<int> expect_peer_certificate_type;
  std::optional<Octets> expect_peer_rpk_sha256;
  std::optional<int> expect_selected_credential;
  std::string expect_msg_callback;
};

/// The first connection, those that resume, and the second attempt after early data was refused.
struct OptionSets {
  Options initial;
  Options resume;
  Options retry;
};

/// Reads the command line. Throws `Unimplemented` for a flag that the shim does not have.
[[nodiscard]] OptionSets parse_options(std::span<char* const> arguments);

}  // namespace sotto::bogo
