#include "diagnosis/alerts.hpp"

#include <algorithm>

namespace sotto {
namespace diagnosis {
namespace {

constexpr std::string_view peer_log = "read the peer's log for this moment";
constexpr std::string_view our_fault = "this library has a fault, or the peer has one";
constexpr std::string_view tampering = "something between the two sides changes or mixes up what is sent";
constexpr std::string_view our_certificate = "look at the certificate that was shown with `openssl x509 -text`";
constexpr std::string_view peer_roots = "give the peer the root of our certificate";
constexpr std::string_view compare_policies =
    "compare versions, cipher suites, groups and signature schemes of both sides";

// RFC 8446, 6; the meanings follow 6.1 and 6.2, RFC 7301, 3.2 and RFC 7507, 3.
constexpr auto table = std::to_array<AlertRow>({
    {Alert::close_notify, "close_notify", "it will send no more data", {"the peer is done"}, {}},
    {Alert::unexpected_message,
     "unexpected_message",
     "it got a message that it did not expect at that point",
     {our_fault, "both ends took the same role", tampering},
     {"check that one side connects and the other accepts", peer_log}},
    {Alert::bad_record_mac,
     "bad_record_mac",
     "a record that reached it could not be authenticated",
     {tampering, "two parties write to the same socket", our_fault},
     {"check that nothing else writes to this connection's socket", peer_log}},
    {Alert::record_overflow,
     "record_overflow",
     "it got a record that is too long",
     {tampering, our_fault},
     {"send smaller records (Policy::fragment_size)", peer_log}},
    {Alert::handshake_failure,
     "handshake_failure",
     "it found no acceptable set of parameters",
     {"no version, cipher suite, group or signature scheme is acceptable to both sides",
      "the peer has no certificate for the name that was asked for",
      "the peer wants a client certificate and is too old to say so"},
     {compare_policies, "check the server name that is sent", peer_log}},
    {Alert::bad_certificate,
     "bad_certificate",
     "it finds the certificate from this side damaged or wrongly signed",
     {"the certificate is for another name than the peer expects", "a signature in the chain does not verify"},
     {our_certificate, "configure the full chain in the right order", peer_log}},
    {Alert::unsupported_certificate,
     "unsupported_certificate",
     "it cannot use a certificate of this kind",
     {"the certificate's key usage does not allow this use", "the peer does not support this kind of key"},
     {our_certificate, "use a certificate with an ECDSA P-256 or RSA key, meant for this purpose"}},
    {Alert::certificate_revoked,
     "certificate_revoked",
     "the certificate from this side was revoked",
     {"the certificate's issuer has revoked it"},
     {"get a new certificate, with a new key"}},
    {Alert::certificate_expired,
     "certificate_expired",
     "the certificate from this side has expired, or is not valid yet",
     {"the certificate was not renewed in time", "the program still holds the old certificate in memory",
      "the peer's clock is wrong"},
     {"renew the certificate and reload it", "check the peer's clock"}},
    {Alert::certificate_unknown,
     "certificate_unknown",
     "it does not accept the certificate from this side",
     {"the peer has its own rules for certificates", "a person at the peer refused the certificate"},
     {our_certificate, peer_log}},
    {Alert::illegal_parameter,
     "illegal_parameter",
     "a field of the handshake contradicts the rules or another field",
     {our_fault, tampering},
     {"try another client or server against the same peer", peer_log}},
    {Alert::unknown_ca,
     "unknown_ca",
     "it does not trust the authority that issued the certificate from this side",
     {"the peer does not have the root of our certificate", "the intermediate certificate was not sent"},
     {peer_roots, "configure the full chain: end entity first, then the intermediates"}},
    {Alert::access_denied,
     "access_denied",
     "the certificate is valid, but its holder may not come in",
     {"the peer keeps a list of who may connect"},
     {"ask the peer's operator for access", peer_log}},
    {Alert::decode_error,
     "decode_error",
     "it could not read a message",
     {our_fault, tampering, "the peer does not know an extension and stumbles over it"},
     {peer_log, "update the peer's TLS software"}},
    {Alert::decrypt_error,
     "decrypt_error",
     "a signature, a Finished message or a pre-shared key binder did not verify",
     {"the key used here does not belong to the certificate",
      "a stored session is damaged or belongs to another server", tampering},
     {"check that certificate and key belong together", "forget the stored session and connect anew", peer_log}},
    {Alert::protocol_version,
     "protocol_version",
     "it supports none of the protocol versions that were offered",
     {"the peer knows only older versions than are allowed here", "the peer's configuration limits its versions"},
     {"update the peer's TLS software", "allow TLS 1.3 in the peer's configuration"}},
    {Alert::insufficient_security,
     "insufficient_security",
     "it wants stronger parameters than were offered",
     {"the peer's policy is stricter than the one here"},
     {compare_policies}},
    {Alert::internal_error,
     "internal_error",
     "something failed at the peer that has nothing to do with this side",
     {"the peer ran out of memory, or has a fault", "the peer could not use its private key"},
     {peer_log, "try again"}},
    {Alert::inappropriate_fallback,
     "inappropriate_fallback",
     "the client retried with an older version without need",
     {"a first attempt failed for another reason, and the client fell back", tampering},
     {"find out why the first attempt failed"}},
    {Alert::user_canceled,
     "user_canceled",
     "somebody at the peer cancelled the handshake",
     {"a user or a time limit at the peer ended the attempt"},
     {"try again", peer_log}},
    {Alert::no_renegotiation,
     "no_renegotiation",
     "it does not renegotiate",
     {"renegotiation is switched off at the peer"},
     {"open a new connection instead"}},
    {Alert::missing_extension,
     "missing_extension",
     "a required extension was missing",
     {our_fault, "something in between removed an extension"},
     {peer_log, "try a direct network path"}},
    {Alert::unsupported_extension,
     "unsupported_extension",
     "it got an extension that it had not asked for",
     {our_fault},
     {peer_log, "try another client or server against the same peer"}},
    {Alert::unrecognized_name,
     "unrecognized_name",
     "it has no service by the name that was asked for",
     {"the server name is misspelt", "the name's DNS entry points to the wrong machine",
      "the server was not configured for it yet"},
     {"check the server name that is sent", "configure the peer for that name"}},
    {Alert::bad_certificate_status_response,
     "bad_certificate_status_response",
     "the proof that the certificate is not revoked was invalid",
     {"a stapled OCSP response is old or belongs to another certificate"},
     {"renew the stapled response"}},
    {Alert::unknown_psk_identity,
     "unknown_psk_identity",
     "it does not know the pre-shared key that was offered",
     {"the key was never set up at the peer, or under another name"},
     {"compare the identity on both sides"}},
    {Alert::certificate_required,
     "certificate_required",
     "it wants a client certificate",
     {"no client certificate is configured here",
      "none that is configured fits the authorities or schemes that the peer names"},
     {"give a certificate and key, for example with --cert FILE --key FILE",
      "use a certificate from an authority that the peer trusts"}},
    {Alert::no_application_protocol,
     "no_application_protocol",
     "it speaks none of the application protocols that were offered",
     {"the ALPN lists of the two sides have nothing in common", "an ALPN name is misspelt"},
     {"compare the two ALPN lists", "offer the protocol that the peer speaks, for example http/1.1"}},
});

}  // namespace

const AlertRow* find_alert(Alert alert) {
  const auto* row = std::ranges::find(table, alert, &AlertRow::alert);
  return row == table.end() ? nullptr : row;
}

std::span<const AlertRow> all_alerts() { return table; }

}  // namespace diagnosis

inline namespace v0 {

std::string_view to_string(Alert alert) {
  const auto* row = diagnosis::find_alert(alert);
  return row == nullptr ? "unknown_alert" : row->name;
}

}  // namespace v0
}  // namespace sotto
