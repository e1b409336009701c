// How servers hang up at the beginning of a session.
#include <sotto/starttls.hpp>

#include "starttls/dialogue.hpp"

namespace sotto::inline v0::starttls {
namespace {

std::string octets(std::initializer_list<unsigned> values) {
  std::string text;
  for (const auto value : values) text += static_cast<char>(value);
  return text;
}

/// PostgreSQL: ErrorResponse. MySQL: an ERR packet, here with error 1043, "Bad handshake", without an SQL state.
std::string postgresql_error(const std::string& why) {
  using namespace std::string_literals;
  const auto fields = "SFATAL\0VFATAL\0C08006\0M"s + why + "\0\0"s;
  return "E" + octets({0, 0, 0, static_cast<unsigned>(fields.size() + 4) & 0xffU}) + fields;
}

std::string mysql_error(const std::string& why) {
  const auto payload = octets({0xff, 0x13, 0x04}) + why;
  return octets({static_cast<unsigned>(payload.size()) & 0xffU, 0, 0, 0}) + payload;
}

/// RFC 4511, 4.4.1: the notice of disconnection, with the result unavailable (52).
std::string ldap_notice(const std::string& why) {
  constexpr std::string_view oid = "1.3.6.1.4.1.1466.20036";
  const auto length = [](std::size_t size) { return octets({0x81, static_cast<unsigned>(size) & 0xffU}); };
  const auto name = octets({0x8a, 22}) + std::string(oid);
  const auto operation = octets({10, 1, 52, 4, 0, 4}) + length(why.size()) + why + name;
  const auto inside = octets({2, 1, 0, 0x78}) + length(operation.size()) + operation;
  return octets({0x30}) + length(inside.size()) + inside;
}

}  // namespace

std::string farewell(Protocol protocol, std::string_view why) {
  const auto text = detail::words(why.substr(0, 120));  // so that every length below fits one octet
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::submission:
    case Protocol::lmtp: return "421 4.7.0 " + text + "\r\n";  // RFC 5321, 3.8
    case Protocol::imap: return "* BYE " + text + "\r\n";
    case Protocol::pop3: return "-ERR [SYS/TEMP] " + text + "\r\n";  // RFC 3206, 3
    case Protocol::nntp: return "400 " + text + "\r\n";
    case Protocol::sieve: return "BYE (TRYLATER) \"" + text + "\"\r\n";
    case Protocol::ftp: return "421 " + text + "\r\n";
    case Protocol::xmpp_client:
    case Protocol::xmpp_server:
      return "<stream:stream version='1.0' xmlns:stream='http://etherx.jabber.org/streams'><stream:error>"
             "<remote-connection-failed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";
    case Protocol::ldap: return ldap_notice(text);
    case Protocol::postgresql: return postgresql_error(text);
    case Protocol::mysql: return mysql_error(text);
    case Protocol::irc: return "ERROR :" + text + "\r\n";
  }
  return {};
}

}  // namespace sotto::inline v0::starttls
