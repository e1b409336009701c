#include "diagnosis/advice.hpp"

namespace sotto::diagnosis {
namespace {

constexpr std::string_view faulty_peer = "the peer's TLS software has a fault, or is a tool that tests for such faults";
constexpr std::string_view tampering = "something between the two sides changes or mixes up what is sent";
constexpr std::string_view other_peer = "try another client or server against the same peer, to see whose fault it is";
constexpr std::string_view update_peer = "update the peer's TLS software";
constexpr std::string_view direct_path = "try a direct network path, without proxies or inspection in between";

constexpr auto table = std::to_array<Advice>({
    {Code::malformed_message,
     "RFC 8446, 6.2: a message whose fields are out of range or whose lengths do not add up is a decode_error",
     {faulty_peer, tampering, "what arrives is not TLS, but resembles it at the start"},
     {other_peer, direct_path, update_peer}},
    {Code::malformed_extension,
     "RFC 8446, 4.2 and 6.2: each extension has one syntax, and its length must fit it exactly",
     {faulty_peer, "the peer uses an outdated draft of the extension that the detail names"},
     {update_peer, other_peer}},
    {Code::unexpected_message,
     "RFC 8446, 4: messages must come in the order of the handshake, and only where the rules allow them",
     {faulty_peer, "both ends of the connection took the same role: client talks to client, or server to server",
      "a stretch of another conversation got into this connection"},
     {"check that one side connects and the other accepts, also in the configuration of a proxy in between",
      other_peer}},
    {Code::unexpected_record,
     "RFC 8446, 5: only the record types of the moment may come; protected data must not come before its keys",
     {faulty_peer, "the peer sent application data before the handshake was complete", tampering},
     {other_peer, direct_path}},
    {Code::not_tls,
     "RFC 8446, 5.1: a connection starts with a handshake record, whose first octet is 22",
     {"the port speaks another protocol, without TLS or with a dialogue before TLS (STARTTLS)",
      "the port number is wrong, or a proxy in front answered in plain text",
      "a load balancer puts a PROXY protocol header in front of the connection"},
     {"check host and port, and whether the service speaks TLS at once", "look at the first octets in the detail",
      "for a mail, directory or database port, find out whether it wants STARTTLS"}},
    {Code::http_request,
     "RFC 9110, 4.2.2: https is HTTP inside TLS; plain HTTP does not belong on its port",
     {"the address was typed with http:// instead of https://",
      "a health check or scanner speaks plain HTTP to the TLS port", "a proxy in front already removed TLS"},
     {"use https:// with this port", "point the health check at a plain port, or make it speak TLS"}},
    {Code::obsolete_version,
     "RFC 8996, 2 and 3, RFC 7568 and RFC 6176: SSL 2.0, SSL 3.0, TLS 1.0 and TLS 1.1 must not be negotiated",
     {"the peer is old software, or an old device", "the peer's configuration limits it to an old version",
      "a scanner tries out what is accepted here"},
     {update_peer, "allow TLS 1.2 and TLS 1.3 in the peer's configuration"}},
    {Code::record_overflow,
     "RFC 8446, 5.1 and 5.2: a record holds at most 2^14 octets of content, and 256 more once protected",
     {"what arrives is not TLS: text read as a record header gives a large length", faulty_peer, tampering},
     {"check that the port speaks TLS", other_peer, direct_path}},
    {Code::bad_record_mac,
     "RFC 8446, 5.2: a record that does not authenticate must end the connection",
     {tampering, "the two sides have different keys, because they did not see the same handshake",
      "the transport was read or written by two parties at once, so that records were lost or doubled"},
     {"check that nothing else reads from or writes to this connection's socket", direct_path, other_peer}},
    {Code::bad_change_cipher_spec,
     "RFC 8446, 5: change_cipher_spec is one octet 01, unprotected, and only between the first ClientHello and "
     "Finished",
     {faulty_peer, tampering},
     {other_peer, update_peer}},
    {Code::bad_alert,
     "RFC 8446, 6: an alert is two octets, level and description, alone in its record",
     {faulty_peer, tampering},
     {other_peer, update_peer}},
    {Code::data_across_key_change,
     "RFC 8446, 5.1: a handshake message must not run across a change of keys",
     {faulty_peer, "somebody tries to smuggle unprotected data into the protected part of the handshake"},
     {other_peer, update_peer}},
});

}  // namespace

std::span<const Advice> advice_on_messages() { return table; }

}  // namespace sotto::diagnosis
