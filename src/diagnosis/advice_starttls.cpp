#include "diagnosis/advice.hpp"

namespace sotto::diagnosis {
namespace {

constexpr std::string_view tampering =
    "somebody between the two sides changes what is sent, to keep TLS from beginning";
constexpr std::string_view direct_path = "try a direct network path, without proxies or inspection in between";
constexpr std::string_view wrong_protocol = "the port speaks another protocol than the endpoint's name says";
constexpr std::string_view check_port = "check host, port and the name in front of +starttls://";
constexpr std::string_view implicit =
    "if the service has a port with TLS from the start, prefer it: smtps://, imaps://";
constexpr std::string_view use_tls = "set the client to require STARTTLS";

constexpr auto table = std::to_array<Advice>({
    {Code::starttls_wrong_greeting,
     "each protocol begins with a greeting of its own: RFC 5321, 4.2; RFC 9051, 7.1; RFC 1939, 4; RFC 3977, 5.1",
     {wrong_protocol, "the port speaks TLS at once, without a dialogue before it"},
     {check_port, implicit}},
    {Code::starttls_preauthenticated,
     "RFC 9051, 7.1.4: after PREAUTH there is no STARTTLS, so a client that wants TLS must close the connection",
     {tampering, "the server is set up to trust this address or this socket without a login"},
     {direct_path, "connect to a port of the server that asks for a login"}},
    {Code::starttls_not_offered,
     "TLS is required here: RFC 8314, 3 wants no fallback to plain text, and RFC 3207, 6 tells of the attack",
     {"the server has no certificate configured, or STARTTLS switched off", tampering,
      "the server offers STARTTLS only to some networks, or on another port"},
     {"enable TLS in the server's configuration", implicit, direct_path}},
    {Code::starttls_refused,
     "RFC 3207, 4 and its kin in the other protocols: a server may say that TLS is not available now",
     {"the server's certificate or key cannot be loaded", "the server turns this client away, for load or by policy"},
     {"read the server's own words in the detail", "read the server's log for this moment"}},
    {Code::starttls_declined,
     "TLS is required here: before it nothing but the request for TLS is served",
     {"the client is set to plain text, or to use TLS only if it likes", "a monitor checks whether the port is open"},
     {use_tls}},
    {Code::starttls_malformed,
     "lines end in CR LF, and binary messages have one form; what differs is refused, not guessed at",
     {wrong_protocol, "the peer is a tool that looks for such faults", tampering},
     {check_port}},
    {Code::starttls_line_too_long,
     "RFC 5321, 4.5.3.1 and its kin bound the length of a line; what is longer is not collected",
     {wrong_protocol, "the peer tries to use up this side's memory"},
     {check_port}},
    {Code::starttls_too_much,
     "the dialogue before TLS takes a handful of lines; both their number and their octets are bounded",
     {"the peer tries to use up this side's memory or time", wrong_protocol,
      "a client tries one command after the other instead of beginning TLS"},
     {check_port, use_tls}},
    {Code::starttls_injected_reply,
     "RFC 3207, 4.2 and 6: what was said before TLS must not count after it, so nothing may come ahead of its question",
     {tampering, "the server sends several replies at once, against its protocol"},
     {direct_path, implicit}},
    {Code::starttls_pipelined_command,
     "RFC 3207, 4.2 and RFC 2920, 3.1: STARTTLS is the last of a group; what follows would be taken for protected",
     {"somebody in between adds commands that are to run inside the client's TLS session (CVE-2011-0411)",
      "the client begins TLS without waiting for the reply"},
     {direct_path, implicit}},
    {Code::starttls_cut,
     "the connection ended in the middle of the dialogue before TLS",
     {"the peer turns this address away without a word", "the peer has only so many connections to give",
      "a firewall in between cut the connection"},
     {"read the peer's log for this moment", check_port}},
});

}  // namespace

std::span<const Advice> advice_on_starttls() { return table; }

}  // namespace sotto::diagnosis
