/// \file
/// Errors: one enum for the library; each code has one alert, one origin, one sentence and one diagnosis.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Names a TLS alert. Source: RFC 8446, 6 and the IANA "TLS Alerts" registry.
enum class Alert : std::uint8_t {
  close_notify = 0,
  unexpected_message = 10,
  bad_record_mac = 20,
  record_overflow = 22,
  handshake_failure = 40,
  bad_certificate = 42,
  unsupported_certificate = 43,
  certificate_revoked = 44,
  certificate_expired = 45,
  certificate_unknown = 46,
  illegal_parameter = 47,
  unknown_ca = 48,
  access_denied = 49,
  decode_error = 50,
  decrypt_error = 51,
  protocol_version = 70,
  insufficient_security = 71,
  internal_error = 80,
  inappropriate_fallback = 86,
  user_canceled = 90,
  no_renegotiation = 100,
  missing_extension = 109,
  unsupported_extension = 110,
  unrecognized_name = 112,
  bad_certificate_status_response = 113,
  unknown_psk_identity = 115,
  certificate_required = 116,
  no_application_protocol = 120,
};

/// Says whose doing an error is: ours (this library or machine), the peer's, or the caller's (misuse, bad
/// configuration).
enum class Origin : std::uint8_t { ours, peer, caller };

/// Names every way in which libsotto can fail. The table in src/base/error_table.cpp gives each its alert and sentence.
enum class Code : std::uint16_t {
  // What the peer sent could not be read.
  malformed_message,
  malformed_extension,
  unexpected_message,
  unexpected_record,
  not_tls,
  http_request,
  obsolete_version,
  record_overflow,
  bad_record_mac,
  bad_change_cipher_spec,
  bad_alert,
  data_across_key_change,
  // What the peer offered or chose does not fit.
  unsupported_version,
  no_common_cipher_suite,
  no_common_group,
  no_common_signature_scheme,
  no_matching_issuer,
  no_matching_certificate_type,
  no_common_certificate_type,
  wrong_certificate_types,
  no_common_application_protocol,
  unexpected_extension,
  extension_not_allowed,
  duplicate_extension,
  missing_extension,
  wrong_version,
  wrong_cipher_suite,
  wrong_group,
  wrong_point_formats,
  wrong_session_id,
  wrong_compression_method,
  wrong_certificate_compression,
  wrong_application_protocol,
  wrong_signature_scheme,
  wrong_certificate_type,
  wrong_psk_identity,
  wrong_key_update_request,
  wrong_record_limit,
  weak_dhe_group,
  bad_key_share,
  duplicate_key_share,
  useless_hello_retry_request,
  changed_client_hello,
  binder_count_mismatch,
  psk_not_last,
  downgrade_detected,
  inappropriate_fallback,
  no_secure_renegotiation,
  renegotiation_refused,
  renegotiation_mismatch,
  peer_certificate_changed,
  extended_master_secret_changed,
  no_extended_master_secret,
  unknown_server_name,
  unknown_psk,
  early_data_with_older_version,
  early_data_with_other_cipher_suite,
  early_data_with_other_protocol,
  // Proofs that failed.
  bad_signature,
  bad_finished,
  bad_binder,
  // Authentication.
  certificate_missing,
  certificate_missing_in_tls12,
  certificate_malformed,
  certificate_not_decompressed,
  certificate_unsupported_key,
  certificate_untrusted,
  certificate_expired,
  certificate_not_yet_valid,
  certificate_wrong_name,
  certificate_wrong_purpose,
  certificate_revoked,
  certificate_too_weak,
  certificate_refused,
  certificate_not_in_tlsa,
  // Before TLS: the dialogues of sotto/starttls.hpp.
  starttls_wrong_greeting,
  starttls_preauthenticated,
  starttls_not_offered,
  starttls_refused,
  starttls_declined,
  starttls_malformed,
  starttls_line_too_long,
  starttls_too_much,
  starttls_injected_reply,
  starttls_pipelined_command,
  starttls_cut,
  // Limits (sotto/policy.hpp, Limits).
  handshake_message_too_large,
  certificate_chain_too_large,
  ticket_too_large,
  too_many_tickets,
  too_many_empty_records,
  too_many_key_updates,
  too_many_warning_alerts,
  too_many_renegotiations,
  too_much_early_data,
  too_much_accepted_early_data,
  key_usage_limit_reached,
  // How a connection can end.
  peer_alert,
  truncated,
  closed,
  // Misuse and configuration.
  wrong_state,
  no_such_question,
  wrong_answer,
  early_data_unavailable,
  early_data_too_long,
  invalid_server_name,
  invalid_policy,
  invalid_configuration,
  unreadable_file,
  malformed_pem,
  wrong_passphrase,
  key_mismatch,
  unsupported_key,
  malformed_session,
  // Around the library: sockets and names (sotto/socket.hpp).
  name_not_resolved,
  connect_failed,
  io_failed,
  timed_out,
  // Ours.
  crypto_failed,
  internal_error,
};

/// Explains an error at length: the rule, what was seen, likely causes and what to try.
struct SOTTO_API Diagnosis {
  std::string rule;
  std::string seen;
  std::vector<std::string> likely_causes;
  std::vector<std::string> try_next;
};

/// Describes one failure. Errors are plain values: copy them, keep them, print `message()`.
struct SOTTO_API Error {
  Code code = Code::internal_error;
  Origin origin = Origin::ours;
  /// The alert that was sent to the peer or, for `Code::peer_alert`, received from it.
  std::optional<Alert> alert;
  /// The step that was under way, such as "client13: waiting for Certificate | CertificateRequest"; may be empty.
  std::string during;
  /// What was seen and what was offered, in words; may be empty.
  std::string detail;

  /// Returns one sentence for people, without a trailing newline.
  [[nodiscard]] std::string message() const;
  /// Returns the longer explanation of this error.
  [[nodiscard]] Diagnosis diagnose() const;
};

/// Returns the name of `code` as it is written in this header, such as "bad_finished".
[[nodiscard]] SOTTO_API std::string_view to_string(Code code);
/// Returns the name of `alert` as the RFC writes it; "unknown_alert" for an unassigned number.
[[nodiscard]] SOTTO_API std::string_view to_string(Alert alert);

/// Holds a value or the reason why there is none. libsotto throws nothing.
template <class T>
using Result = std::expected<T, Error>;

}  // namespace sotto::inline v0
