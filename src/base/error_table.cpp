#include <array>

#include "base/result.hpp"

namespace sotto {
namespace {

constexpr auto no_alert = std::optional<Alert>();

// One definition of each error: its alert, whose doing it is, its sentence, and BoGo's name for it.
constexpr auto table = std::to_array<ErrorRow>({
    {Code::malformed_message, "malformed_message", Alert::decode_error, Origin::peer,
     "the peer sent a message that cannot be read", "DECODE_ERROR"},
    {Code::malformed_extension, "malformed_extension", Alert::decode_error, Origin::peer,
     "the peer sent an extension that cannot be read", "ERROR_PARSING_EXTENSION"},
    {Code::unexpected_message, "unexpected_message", Alert::unexpected_message, Origin::peer,
     "the peer sent a message that is not allowed at this point", "UNEXPECTED_MESSAGE"},
    {Code::unexpected_record, "unexpected_record", Alert::unexpected_message, Origin::peer,
     "the peer sent a kind of record that is not allowed at this point", "UNEXPECTED_RECORD"},
    {Code::not_tls, "not_tls", Alert::decode_error, Origin::peer, "the peer does not speak TLS on this connection",
     "WRONG_VERSION_NUMBER"},
    {Code::http_request, "http_request", no_alert, Origin::peer,
     "the peer sent a plain HTTP request to a port that speaks TLS", "HTTP_REQUEST"},
    {Code::obsolete_version, "obsolete_version", Alert::protocol_version, Origin::peer,
     "the peer speaks only an obsolete version of SSL or TLS", "UNSUPPORTED_PROTOCOL"},
    {Code::record_overflow, "record_overflow", Alert::record_overflow, Origin::peer,
     "the peer sent a record that is longer than TLS allows", "DATA_LENGTH_TOO_LONG"},
    {Code::bad_record_mac, "bad_record_mac", Alert::bad_record_mac, Origin::peer,
     "a record from the peer could not be authenticated: it was damaged, forged or protected with other keys",
     "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"},
    {Code::bad_change_cipher_spec, "bad_change_cipher_spec", Alert::unexpected_message, Origin::peer,
     "the peer sent a change_cipher_spec record that is not allowed at this point", "UNEXPECTED_RECORD"},
    {Code::bad_alert, "bad_alert", Alert::decode_error, Origin::peer, "the peer sent an alert that cannot be read",
     "BAD_ALERT"},
    {Code::data_across_key_change, "data_across_key_change", Alert::unexpected_message, Origin::peer,
     "the peer sent handshake data that runs across a change of keys", "EXCESS_HANDSHAKE_DATA"},

    {Code::unsupported_version, "unsupported_version", Alert::protocol_version, Origin::peer,
     "the two sides have no protocol version in common", "UNSUPPORTED_PROTOCOL"},
    {Code::no_common_cipher_suite, "no_common_cipher_suite", Alert::handshake_failure, Origin::peer,
     "the two sides have no cipher suite in common", "NO_SHARED_CIPHER"},
    {Code::no_common_group, "no_common_group", Alert::handshake_failure, Origin::peer,
     "the two sides have no key exchange group in common", "NO_SHARED_GROUP"},
    {Code::no_common_signature_scheme, "no_common_signature_scheme", Alert::handshake_failure, Origin::peer,
     "no certificate at hand can be proven with a signature scheme that the peer accepts",
     "NO_COMMON_SIGNATURE_ALGORITHMS"},
    {Code::no_common_application_protocol, "no_common_application_protocol", Alert::no_application_protocol,
     Origin::peer, "the two sides have no application protocol in common", "NO_APPLICATION_PROTOCOL"},
    {Code::unexpected_extension, "unexpected_extension", Alert::unsupported_extension, Origin::peer,
     "the peer answered with an extension that was not offered", "UNEXPECTED_EXTENSION"},
    {Code::extension_not_allowed, "extension_not_allowed", Alert::illegal_parameter, Origin::peer,
     "the peer sent an extension in a message where it is not allowed", "UNEXPECTED_EXTENSION"},
    {Code::duplicate_extension, "duplicate_extension", Alert::illegal_parameter, Origin::peer,
     "the peer sent the same extension twice in one message", "DUPLICATE_EXTENSION"},
    {Code::missing_extension, "missing_extension", Alert::missing_extension, Origin::peer,
     "the peer left out an extension that is required", "MISSING_EXTENSION"},
    {Code::wrong_version, "wrong_version", Alert::illegal_parameter, Origin::peer,
     "the peer chose a protocol version that was not offered", "WRONG_VERSION_NUMBER"},
    {Code::wrong_cipher_suite, "wrong_cipher_suite", Alert::illegal_parameter, Origin::peer,
     "the peer chose a cipher suite that was not offered or does not fit", "WRONG_CIPHER_RETURNED"},
    {Code::wrong_group, "wrong_group", Alert::illegal_parameter, Origin::peer,
     "the peer chose a key exchange group that was not offered", "WRONG_CURVE"},
    {Code::wrong_session_id, "wrong_session_id", Alert::illegal_parameter, Origin::peer,
     "the peer did not echo the session identifier", "SERVER_ECHOED_INVALID_SESSION_ID"},
    {Code::wrong_compression_method, "wrong_compression_method", Alert::illegal_parameter, Origin::peer,
     "the peer asked for compression, which TLS no longer has", "INVALID_COMPRESSION_LIST"},
    {Code::wrong_application_protocol, "wrong_application_protocol", Alert::illegal_parameter, Origin::peer,
     "the peer chose an application protocol that was not offered", "INVALID_ALPN_PROTOCOL"},
    {Code::wrong_signature_scheme, "wrong_signature_scheme", Alert::illegal_parameter, Origin::peer,
     "the peer signed with a scheme that was not offered or that its key cannot make", "WRONG_SIGNATURE_TYPE"},
    {Code::wrong_psk_identity, "wrong_psk_identity", Alert::illegal_parameter, Origin::peer,
     "the peer chose a pre-shared key that was not offered", "PSK_IDENTITY_NOT_FOUND"},
    {Code::wrong_key_update_request, "wrong_key_update_request", Alert::illegal_parameter, Origin::peer,
     "the peer sent a KeyUpdate whose request is neither yes nor no", "INVALID_KEY_UPDATE"},
    {Code::bad_key_share, "bad_key_share", Alert::illegal_parameter, Origin::peer,
     "the peer sent a key share that is no valid public key", "BAD_ECPOINT"},
    {Code::duplicate_key_share, "duplicate_key_share", Alert::illegal_parameter, Origin::peer,
     "the peer sent two key shares for one group, or one for a group that it does not list", "DUPLICATE_KEY_SHARE"},
    {Code::useless_hello_retry_request, "useless_hello_retry_request", Alert::illegal_parameter, Origin::peer,
     "the server asked for another ClientHello that would not differ from the first", "EMPTY_HELLO_RETRY_REQUEST"},
    {Code::changed_client_hello, "changed_client_hello", Alert::illegal_parameter, Origin::peer,
     "the client's second ClientHello does not match its first", "INCONSISTENT_CLIENT_HELLO"},
    {Code::binder_count_mismatch, "binder_count_mismatch", Alert::illegal_parameter, Origin::peer,
     "the client sent another number of binders than of pre-shared keys", "PSK_IDENTITY_BINDER_COUNT_MISMATCH"},
    {Code::psk_not_last, "psk_not_last", Alert::illegal_parameter, Origin::peer,
     "the client's pre_shared_key extension is not the last one", "PRE_SHARED_KEY_MUST_BE_LAST"},
    {Code::downgrade_detected, "downgrade_detected", Alert::illegal_parameter, Origin::peer,
     "the server says that it speaks a newer version than the one that was negotiated: somebody may be tampering",
     "TLS13_DOWNGRADE"},
    {Code::unknown_server_name, "unknown_server_name", Alert::unrecognized_name, Origin::peer,
     "the client asked for a server name that is not served here", "UNKNOWN_SERVER_NAME"},

    {Code::bad_signature, "bad_signature", Alert::decrypt_error, Origin::peer,
     "the peer's signature is wrong: it did not prove that it has the key of its certificate", "BAD_SIGNATURE"},
    {Code::bad_finished, "bad_finished", Alert::decrypt_error, Origin::peer,
     "the peer's Finished message is wrong: the two sides did not see the same handshake", "DIGEST_CHECK_FAILED"},
    {Code::bad_binder, "bad_binder", Alert::decrypt_error, Origin::peer,
     "the client's pre-shared key binder is wrong: it does not have that key", "DIGEST_CHECK_FAILED"},

    {Code::certificate_missing, "certificate_missing", Alert::certificate_required, Origin::peer,
     "the peer showed no certificate, and one is required", "PEER_DID_NOT_RETURN_A_CERTIFICATE"},
    {Code::certificate_malformed, "certificate_malformed", Alert::bad_certificate, Origin::peer,
     "the peer's certificate cannot be read", "CANNOT_PARSE_LEAF_CERT"},
    {Code::certificate_unsupported_key, "certificate_unsupported_key", Alert::unsupported_certificate, Origin::peer,
     "the peer's certificate has a kind of key that is not supported", "UNSUPPORTED_CERTIFICATE"},
    {Code::certificate_untrusted, "certificate_untrusted", Alert::unknown_ca, Origin::peer,
     "the peer's certificate was not issued by an authority that is trusted here", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_expired, "certificate_expired", Alert::certificate_expired, Origin::peer,
     "a certificate of the peer's has expired", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_not_yet_valid, "certificate_not_yet_valid", Alert::certificate_expired, Origin::peer,
     "a certificate of the peer's is not valid yet", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_wrong_name, "certificate_wrong_name", Alert::bad_certificate, Origin::peer,
     "the peer's certificate is for another name", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_wrong_purpose, "certificate_wrong_purpose", Alert::unsupported_certificate, Origin::peer,
     "the peer's certificate is not meant for this purpose", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_revoked, "certificate_revoked", Alert::certificate_revoked, Origin::peer,
     "a certificate of the peer's was revoked", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_too_weak, "certificate_too_weak", Alert::bad_certificate, Origin::peer,
     "a certificate of the peer's has a key or a signature that is too weak", "CERTIFICATE_VERIFY_FAILED"},
    {Code::certificate_refused, "certificate_refused", Alert::certificate_unknown, Origin::peer,
     "the peer's certificate was refused", "CERTIFICATE_VERIFY_FAILED"},

    {Code::handshake_message_too_large, "handshake_message_too_large", Alert::illegal_parameter, Origin::peer,
     "the peer sent a handshake message that is larger than the policy allows", "EXCESSIVE_MESSAGE_SIZE"},
    {Code::certificate_chain_too_large, "certificate_chain_too_large", Alert::illegal_parameter, Origin::peer,
     "the peer sent a certificate chain that is larger than the policy allows", "EXCESSIVE_MESSAGE_SIZE"},
    {Code::ticket_too_large, "ticket_too_large", Alert::illegal_parameter, Origin::peer,
     "the server sent a ticket that is larger than the policy allows", "EXCESSIVE_MESSAGE_SIZE"},
    {Code::too_many_tickets, "too_many_tickets", Alert::unexpected_message, Origin::peer,
     "the server sent more tickets than the policy allows", "TOO_MANY_TICKETS"},
    {Code::too_many_empty_records, "too_many_empty_records", Alert::unexpected_message, Origin::peer,
     "the peer sent too many empty records in a row", "TOO_MANY_EMPTY_FRAGMENTS"},
    {Code::too_many_key_updates, "too_many_key_updates", Alert::unexpected_message, Origin::peer,
     "the peer updated its keys too often without sending data", "TOO_MANY_KEY_UPDATES"},
    {Code::too_many_warning_alerts, "too_many_warning_alerts", Alert::unexpected_message, Origin::peer,
     "the peer sent too many warning alerts in a row", "TOO_MANY_WARNING_ALERTS"},
    {Code::too_much_early_data, "too_much_early_data", Alert::unexpected_message, Origin::peer,
     "the client sent more early data than is skipped here", "TOO_MUCH_SKIPPED_EARLY_DATA"},
    {Code::key_usage_limit_reached, "key_usage_limit_reached", Alert::internal_error, Origin::ours,
     "the keys of this connection were used as often as is safe", ""},

    {Code::peer_alert, "peer_alert", no_alert, Origin::peer, "the peer ended the connection with an alert", ""},
    {Code::truncated, "truncated", no_alert, Origin::peer,
     "the connection was cut: it ended without the peer's close_notify, so data may be missing", ""},
    {Code::closed, "closed", no_alert, Origin::caller, "this side has already closed the connection", ""},

    {Code::wrong_state, "wrong_state", no_alert, Origin::caller, "this cannot be done at this point of the connection",
     ""},
    {Code::no_such_question, "no_such_question", no_alert, Origin::caller, "no such question is open", ""},
    {Code::wrong_answer, "wrong_answer", no_alert, Origin::caller, "that answer does not fit the question", ""},
    {Code::invalid_server_name, "invalid_server_name", no_alert, Origin::caller,
     "that is neither a DNS name nor an IP address", ""},
    {Code::invalid_policy, "invalid_policy", no_alert, Origin::caller, "no connection could work with that policy", ""},
    {Code::invalid_configuration, "invalid_configuration", no_alert, Origin::caller, "that configuration cannot work",
     ""},
    {Code::unreadable_file, "unreadable_file", no_alert, Origin::caller, "a file cannot be read", ""},
    {Code::malformed_pem, "malformed_pem", no_alert, Origin::caller, "a PEM text cannot be read", ""},
    {Code::wrong_passphrase, "wrong_passphrase", no_alert, Origin::caller,
     "the private key is encrypted, and the passphrase is missing or wrong", ""},
    {Code::key_mismatch, "key_mismatch", no_alert, Origin::caller, "the private key does not belong to the certificate",
     ""},
    {Code::unsupported_key, "unsupported_key", no_alert, Origin::caller, "that kind of key is not supported", ""},
    {Code::malformed_session, "malformed_session", no_alert, Origin::caller, "that is not a stored session", ""},

    {Code::name_not_resolved, "name_not_resolved", no_alert, Origin::caller, "the name could not be resolved", ""},
    {Code::connect_failed, "connect_failed", no_alert, Origin::peer, "no connection could be made", ""},
    {Code::io_failed, "io_failed", no_alert, Origin::ours, "the network connection failed", ""},
    {Code::timed_out, "timed_out", no_alert, Origin::peer, "the peer took too long", ""},

    {Code::crypto_failed, "crypto_failed", Alert::internal_error, Origin::ours, "libcrypto could not do what was asked",
     ""},
    {Code::internal_error, "internal_error", Alert::internal_error, Origin::ours, "something failed inside the library",
     ""},
});

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].code) != i) return false;
  return true;
}
static_assert(is_in_order(), "one row for each code, in the order of the enum");
static_assert(table.size() == static_cast<std::size_t>(Code::internal_error) + 1);

}  // namespace

const ErrorRow& error_row(Code code) { return table.at(static_cast<std::size_t>(code)); }

Error make_error(Code code, std::string detail) {
  const auto& row = error_row(code);
  return {code, row.origin, row.alert, {}, std::move(detail)};
}

}  // namespace sotto
