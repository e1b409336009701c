/// \file
/// One row for each protocol: its facts and its dialogues.
#pragma once

#include <memory>
#include <string_view>

#include "starttls/dialogue.hpp"
#include "starttls/greeting.hpp"
#include "starttls/screen.hpp"

namespace sotto::inline v0::starttls::detail {

struct Dialect {
  ProtocolFacts facts;
  std::unique_ptr<Dialogue> (*client)(Protocol protocol, std::string_view name);
  std::unique_ptr<Dialogue> (*server)(Protocol protocol, const ServerOptions& options);
  /// Null where the server does not speak first.
  std::unique_ptr<Dialogue> (*greeting)(Protocol protocol);
  /// Null where nothing has to be screened.
  std::unique_ptr<Screen::Impl> (*screen)(Screen::Tls tls);
};

/// Returns the row of `protocol`.
[[nodiscard]] const Dialect& dialect(Protocol protocol);

// The makers, one file for each protocol.

std::unique_ptr<Dialogue> smtp_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> smtp_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> smtp_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> smtp_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> imap_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> imap_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> imap_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> imap_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> pop3_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> pop3_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> pop3_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> pop3_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> nntp_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> nntp_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> nntp_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> nntp_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> sieve_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> sieve_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> sieve_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> sieve_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> ftp_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> ftp_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> ftp_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> ftp_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> xmpp_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> xmpp_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Screen::Impl> xmpp_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> ldap_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> ldap_server(Protocol protocol, const ServerOptions& options);

std::unique_ptr<Dialogue> postgresql_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> postgresql_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Screen::Impl> postgresql_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> mysql_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> mysql_forwarding_client(Protocol protocol, const ForwardedLogin& login);
std::unique_ptr<Dialogue> mysql_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Dialogue> mysql_greeting(Protocol protocol);
std::unique_ptr<Screen::Impl> mysql_screen(Screen::Tls tls);

std::unique_ptr<Dialogue> irc_client(Protocol protocol, std::string_view name);
std::unique_ptr<Dialogue> irc_server(Protocol protocol, const ServerOptions& options);
std::unique_ptr<Screen::Impl> irc_screen(Screen::Tls tls);

}  // namespace sotto::inline v0::starttls::detail
