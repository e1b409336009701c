#include "diagnosis/advice.hpp"

namespace sotto::diagnosis {
namespace {

constexpr std::string_view wrong_host = "the connection reached another machine than the one that was meant";
constexpr std::string_view inspection = "a proxy that inspects TLS shows its own certificate instead of the server's";
constexpr std::string_view show_chain = "let `sotto connect` show the chain that the server sends";
constexpr std::string_view renew = "renew the certificate, and make the server load the new one";

constexpr auto table = std::to_array<Advice>({
    {Code::certificate_missing,
     "RFC 8446, 4.4.2 and 4.4.2.4: a server always shows a certificate; a client may be required to",
     {"the client has no certificate configured, or none from an authority that the server names",
      "a client certificate exists but its key or scheme does not fit what the server accepts"},
     {"give the client a certificate and key from an authority that the server trusts",
      "make client certificates optional if they are not needed"}},
    {Code::certificate_missing_in_tls12,
     "RFC 5246, 7.4.6: a server that requires a client certificate and gets none may end with handshake_failure",
     {"the client has no certificate configured, or none from an authority that the server names",
      "a client certificate exists but its key or scheme does not fit what the server accepts"},
     {"give the client a certificate and key from an authority that the server trusts",
      "make client certificates optional if they are not needed"}},
    {Code::certificate_malformed,
     "RFC 5280, 4.1: a certificate is one DER structure of the form given there",
     {"the peer's file is damaged, or is not a certificate", "the certificate was made by faulty software",
      "a private key or request was configured where a certificate belongs"},
     {"read the peer's file with `openssl x509 -text`", "issue the certificate anew"}},
    {Code::certificate_not_decompressed,
     "RFC 8879, 4: what comes compressed must give exactly as many octets as the peer promised",
     {"the peer's TLS software compresses wrongly", "somebody tries to use up memory here with a small message"},
     {"update the peer's TLS software", "set Policy::certificate_decompression to nothing"}},
    {Code::certificate_unsupported_key,
     "RFC 8446, 4.2.3 and 4.4.2.2: the key must be one that a known signature scheme uses",
     {"the certificate has a DSA, Ed448, Brainpool or national key", "the RSA key is larger than is supported"},
     {"use a certificate with an ECDSA P-256, Ed25519 or RSA key"}},
    {Code::certificate_untrusted,
     "RFC 5280, 6.1: there must be a path of valid signatures from the certificate to a trusted root",
     {"the server does not send its intermediate certificate",
      "the certificate is self-signed or from a private authority that is not among the roots here", inspection},
     {"configure the server with its full chain", "give the authority's certificate with --roots FILE or TrustStore",
      show_chain}},
    {Code::certificate_expired,
     "RFC 5280, 4.1.2.5: a certificate is valid until its notAfter",
     {"the certificate was not renewed in time, or the server still holds the old one in memory",
      "an intermediate or root certificate expired before the leaf", "the clock of this machine is ahead"},
     {renew, "compare this machine's clock with the dates in the detail", show_chain}},
    {Code::certificate_not_yet_valid,
     "RFC 5280, 4.1.2.5: a certificate is valid from its notBefore",
     {"the clock of this machine is behind",
      "the certificate was issued moments ago by a machine whose clock is ahead"},
     {"set this machine's clock", "wait until the date in the detail"}},
    {Code::certificate_wrong_name,
     "RFC 9525, 6.3: the expected name must match one of the certificate's subjectAltName entries; the common name "
     "does not count",
     {"the connection was made to an alias or an IP address that the certificate does not list", wrong_host,
      "the server has several certificates and chose its default, because no server name was sent or known"},
     {"connect by one of the names in the detail, or set the expected name with --servername",
      "issue a certificate that lists the name you use", show_chain}},
    {Code::certificate_wrong_purpose,
     "RFC 5280, 4.2.1.3, 4.2.1.9 and 4.2.1.12: key usage, basic constraints and extended key usage bound what a "
     "certificate is for",
     {"a client's certificate is used by a server, or the reverse",
      "a certificate for e-mail or code signing is used for TLS",
      "a certificate in the chain that is not an authority issued another one"},
     {"issue a certificate with serverAuth for servers, clientAuth for clients", show_chain}},
    {Code::certificate_revoked,
     "RFC 5280, 6.3 and RFC 6960, 2.2: a certificate that its issuer has revoked must not be trusted",
     {"the key was lost or stolen, and the certificate revoked for it",
      "the certificate was replaced, and the server still uses the old one"},
     {renew, "ask the operator of the peer before you trust it again"}},
    {Code::certificate_too_weak,
     "RFC 8446, 4.2.3 and 4.4.2.4: SHA-1 and MD5 signatures and short keys do not protect a certificate",
     {"the certificate is old, or from a device with a fixed certificate", "a private authority still signs with SHA-1",
      "an RSA key is shorter than 2048 bits"},
     {"issue a certificate with ECDSA P-256, or RSA of 2048 bits or more, and SHA-256", show_chain}},
    {Code::certificate_refused,
     "RFC 8446, 4.4.2.4: each side decides for itself which certificates it accepts",
     {"the application's own verifier said no", "a rule that is stricter than the standard applies here"},
     {"read the reason in the detail", "ask whoever set up the verifier which certificates it wants"}},
    {Code::certificate_not_in_tlsa,
     "RFC 7671, 5 and RFC 7672, 3.1: a server with usable TLSA records must show a certificate that one of them names",
     {"the server got a new certificate or key, and the TLSA record was not changed with it",
      "the record's selector or matching type is not the one that its data was made with", inspection},
     {"compare the record with `openssl x509 -pubkey` and its SHA-256", "look the TLSA record up again", show_chain}},
});

}  // namespace

std::span<const Advice> advice_on_authentication() { return table; }

}  // namespace sotto::diagnosis
