/// \file
/// STARTTLS: the plaintext dialogues that lead into TLS, without sockets, for clients, servers and gateways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sotto/buffer.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>

namespace sotto::inline v0 {
namespace starttls {

/// Names the protocols whose way into TLS is known.
enum class Protocol : std::uint8_t {
  smtp,         ///< RFC 3207
  submission,   ///< SMTP on its other port: RFC 6409
  lmtp,         ///< RFC 2033 with RFC 3207
  imap,         ///< RFC 9051, 6.2.1
  pop3,         ///< RFC 2595, 4
  nntp,         ///< RFC 4642
  sieve,        ///< ManageSieve: RFC 5804, 2.2
  ftp,          ///< the control channel: RFC 4217, 4
  xmpp_client,  ///< RFC 6120, 5
  xmpp_server,  ///< RFC 6120, 5, between servers
  ldap,         ///< RFC 4511, 4.14
  postgresql,   ///< SSLRequest, or TLS at once
  mysql,        ///< MySQL and MariaDB
  irc,          ///< the STARTTLS command and the capability "tls"
};

/// Tells what is fixed about a protocol.
struct SOTTO_API ProtocolFacts {
  Protocol protocol;
  std::string_view name;     ///< as in URLs, before "+starttls"
  std::uint16_t port;        ///< where STARTTLS is spoken; IANA's service name registry
  std::string_view alpn;     ///< IANA's ALPN identifier; empty where none is registered
  bool server_speaks_first;  ///< a greeting comes before anything else
  bool is_text;              ///< lines or XML, fit to be shown
};

/// Lists every protocol, in the order of the enum.
[[nodiscard]] SOTTO_API std::span<const ProtocolFacts> protocols();
/// Returns the row of `protocol`.
[[nodiscard]] SOTTO_API const ProtocolFacts& facts(Protocol protocol);

/// Returns what a server of `protocol` says before it hangs up at the beginning of a session, with `why` in it: for a
/// gateway whose backend cannot be reached through TLS. `why` must be one line of ASCII.
[[nodiscard]] SOTTO_API std::string farewell(Protocol protocol, std::string_view why);

/// Says where a dialogue is.
enum class State : std::uint8_t {
  talking,      ///< send `output()`, and feed what arrives to `receive`
  upgrade_now,  ///< send `output()`, then begin TLS on the same transport
  refused,      ///< the other side does not begin TLS: `refusal()` has its words; send `output()` and close
  failed,       ///< `receive` has returned the error; send `output()` and close
};

namespace detail {
class Dialogue;
}

/// What both roles have in common.
///
/// Nothing that the other side says in plaintext has any effect after the upgrade: replies and commands are read for
/// the way into TLS and dropped, and whatever stands behind the last of them in the same input is an error. The lengths
/// of lines, their number and all octets are bounded. There is no fallback to plaintext.
/// Thread-safety: one thread at a time.
class SOTTO_API Talk {
 public:
  Talk(Talk&&) noexcept;
  Talk& operator=(Talk&&) noexcept;
  ~Talk();

  /// Returns the facts of the protocol that is spoken.
  [[nodiscard]] const ProtocolFacts& facts() const;
  [[nodiscard]] State state() const;
  /// Returns what to send; the caller consumes it.
  [[nodiscard]] Buffer& output();
  /// Takes what arrived and returns how many octets were used: all of them, except that a ClientHello is left to the
  /// connection that follows where clients do not wait for an answer (MySQL, and PostgreSQL's TLS at once). Errors are
  /// final and name the step in `during`: `starttls_wrong_greeting`, `starttls_preauthenticated`,
  /// `starttls_not_offered`, `starttls_malformed`, `starttls_line_too_long`, `starttls_too_much`,
  /// `starttls_injected_reply`, `starttls_pipelined_command`; `wrong_state` once the dialogue is over. A refusal is no
  /// error: look at `state()`.
  [[nodiscard]] Result<std::size_t> receive(std::span<const std::byte> in);
  /// Returns the words with which the other side declined, printable and at most a few hundred characters; else empty.
  [[nodiscard]] const std::string& refusal() const;
  /// Returns why there will be no TLS: the error of `receive`, or `starttls_refused` (`starttls_declined` in the server
  /// role) with the words. While talking: what it means if the transport ends now, `starttls_cut`.
  [[nodiscard]] Error failure() const;
  /// Says what the dialogue waits for, such as "smtp client: waiting for the greeting".
  [[nodiscard]] std::string waiting_for() const;

 protected:
  explicit Talk(std::unique_ptr<detail::Dialogue> dialogue);
  [[nodiscard]] const detail::Dialogue& dialogue() const { return *dialogue_; }

 private:
  std::unique_ptr<detail::Dialogue> dialogue_;
};

/// What a gateway knows of a client's login when it asks a MySQL server for TLS: the server takes the flags of that
/// request for those of the login.
struct ForwardedLogin {
  std::string greeting;  ///< the server's: `Greeting::text()`
  std::string request;   ///< the client's first packet: `Server::request()`
};

/// Leads a client into TLS.
class SOTTO_API Client : public Talk {
 public:
  /// Starts a dialogue. `name`: for SMTP and LMTP what we call ourselves in EHLO and LHLO; for XMPP the domain of the
  /// server; elsewhere unused. Characters that would break the protocol are left out.
  explicit Client(Protocol protocol, std::string_view name = {});
  /// Asks a MySQL server for TLS on behalf of a client whose first packet is known already. Ends at once:
  /// `upgrade_now`, or `failed` with `starttls_not_offered`.
  explicit Client(const ForwardedLogin& login);

  /// Returns the server's greeting for a session that begins behind a gateway: as it was said, without what must be
  /// learned anew inside TLS (IMAP's capabilities, POP3's APOP timestamp). Empty where the session has none, or where
  /// the server repeats it (ManageSieve). It came in plaintext: its words are not authenticated.
  [[nodiscard]] const std::string& greeting() const;
};

/// Settings of a server's dialogue.
struct ServerOptions {
  /// What the server calls itself, where the greeting does not say it.
  std::string name = "localhost";
  /// The greeting of a real server behind us, as it came; empty for one of our own. MySQL has no greeting of its own:
  /// it is needed there, or the dialogue fails with `invalid_configuration`.
  std::string greeting = {};
  /// MySQL only: `nothing` greets without the offer of TLS and stops behind the client's login, for a gateway between a
  /// client without STARTTLS and a server with it.
  enum class Offer : std::uint8_t { starttls, nothing };
  Offer offer = Offer::starttls;
};

/// Leads a server into TLS: greets, offers STARTTLS and nothing else, and takes no login before TLS.
class SOTTO_API Server : public Talk {
 public:
  explicit Server(Protocol protocol, ServerOptions options = {});
  /// Says that the client began TLS at once, which PostgreSQL's clients may: then ALPN must have agreed on the
  /// protocol.
  [[nodiscard]] bool began_at_once() const;
  /// MySQL only: returns the client's first packet, its SSLRequest or login.
  [[nodiscard]] const std::string& request() const;
};

/// Reads the greeting of a server whose session a gateway is going to hand over: `state()` becomes `upgrade_now` when
/// it is complete, or `refused` if the server turns us away. Only for protocols in which the server speaks first.
class SOTTO_API Greeting : public Talk {
 public:
  explicit Greeting(Protocol protocol);
  /// Returns the greeting as it came, or empty as long as it is not complete.
  [[nodiscard]] const std::string& text() const;
};

/// Stands in a gateway where one side has begun TLS and the other has not, or by other means, and keeps their stories
/// consistent: takes the offer of STARTTLS out of what a server without TLS says, and renumbers MySQL's
/// packets. Everything else passes as it is. Thread-safety: one thread at a time.
class SOTTO_API Screen {
 public:
  /// Says which side is inside TLS, and how it came there.
  enum class Tls : std::uint8_t {
    with_client,          ///< through the dialogue, in front of a server without
    with_server,          ///< through the dialogue, behind a client without
    at_once_with_client,  ///< without a dialogue, in front of a server that would offer one
  };
  explicit Screen(Protocol protocol, Tls tls = Tls::with_client);
  Screen(Screen&&) noexcept;
  Screen& operator=(Screen&&) noexcept;
  ~Screen();

  /// Appends to `out` what the server gets of what the client said.
  void from_client(std::span<const std::byte> in, Buffer& out);
  /// Appends to `out` what the client gets of what the server said; a part of a line may wait for its rest.
  void from_server(std::span<const std::byte> in, Buffer& out);
  /// Says that the server says no more: appends to `out` what still waited for its rest.
  void server_ended(Buffer& out);
  /// Says that nothing is left to do: from here on bytes may pass directly, once both calls have returned.
  [[nodiscard]] bool done() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace starttls
}  // namespace sotto::inline v0
