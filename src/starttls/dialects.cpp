#include "starttls/dialects.hpp"

#include <array>

namespace sotto::inline v0::starttls {
namespace detail {
namespace {

// Ports: IANA's service names. Identifiers: IANA's "TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs".
constexpr auto table = std::to_array<Dialect>({
    {{Protocol::smtp, "smtp", 25, "", true, true}, smtp_client, smtp_server, smtp_greeting, smtp_screen},
    {{Protocol::submission, "submission", 587, "", true, true}, smtp_client, smtp_server, smtp_greeting, smtp_screen},
    {{Protocol::lmtp, "lmtp", 24, "", true, true}, smtp_client, smtp_server, smtp_greeting, smtp_screen},
    {{Protocol::imap, "imap", 143, "imap", true, true}, imap_client, imap_server, imap_greeting, imap_screen},
    {{Protocol::pop3, "pop3", 110, "pop3", true, true}, pop3_client, pop3_server, pop3_greeting, pop3_screen},
    {{Protocol::nntp, "nntp", 119, "nntp", true, true}, nntp_client, nntp_server, nntp_greeting, nntp_screen},
    {{Protocol::sieve, "sieve", 4190, "managesieve", true, true},
     sieve_client,
     sieve_server,
     sieve_greeting,
     sieve_screen},
    {{Protocol::ftp, "ftp", 21, "ftp", true, true}, ftp_client, ftp_server, ftp_greeting, ftp_screen},
    {{Protocol::xmpp_client, "xmpp", 5222, "xmpp-client", false, true}, xmpp_client, xmpp_server, nullptr, xmpp_screen},
    {{Protocol::xmpp_server, "xmpp-server", 5269, "xmpp-server", false, true},
     xmpp_client,
     xmpp_server,
     nullptr,
     xmpp_screen},
    {{Protocol::ldap, "ldap", 389, "", false, false}, ldap_client, ldap_server, nullptr, nullptr},
    {{Protocol::postgresql, "postgresql", 5432, "postgresql", false, false},
     postgresql_client,
     postgresql_server,
     nullptr,
     postgresql_screen},
    {{Protocol::mysql, "mysql", 3306, "", true, false}, mysql_client, mysql_server, mysql_greeting, mysql_screen},
    {{Protocol::irc, "irc", 6667, "irc", false, true}, irc_client, irc_server, nullptr, irc_screen},
});

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].facts.protocol) != i) return false;
  return true;
}
static_assert(is_in_order(), "one row for each protocol, in the order of the enum");
static_assert(table.size() == static_cast<std::size_t>(Protocol::irc) + 1);

constexpr auto list_facts() {
  std::array<ProtocolFacts, table.size()> all{};
  for (std::size_t i = 0; i < table.size(); ++i) all[i] = table[i].facts;
  return all;
}
constexpr auto all_facts = list_facts();

}  // namespace

const Dialect& dialect(Protocol protocol) { return table.at(static_cast<std::size_t>(protocol)); }

}  // namespace detail

std::span<const ProtocolFacts> protocols() { return detail::all_facts; }
const ProtocolFacts& facts(Protocol protocol) { return detail::dialect(protocol).facts; }

}  // namespace sotto::inline v0::starttls
