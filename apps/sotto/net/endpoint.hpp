// Endpoints: where to listen and whom to talk to. One grammar for every subcommand.
//
//   tls://HOST[:PORT]    TLS over TCP; port 443 if none is given
//   tcp://HOST:PORT      plain TCP
//   unix:/PATH           a plain UNIX stream socket
//   https:// imaps:// …  registered names of TLS protocols, which know their port
//   http:// imap:// …    registered names of plain protocols
//   smtp+starttls:// …   plain TCP, a dialogue of that protocol, then TLS; each knows its port
//   HOST[:PORT]          the same as tls://HOST[:PORT]
//
// HOST is a DNS name, an IPv4 address, or an IPv6 address in brackets; a listener may leave it out (":8443"), which
// means any address of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sotto/starttls.hpp>

#include "failure.hpp"

namespace program {

struct Endpoint {
  enum class Transport : std::uint8_t { tls, tcp, local, starttls };
  Transport transport = Transport::tls;
  std::string host;  ///< without brackets; empty for any address
  std::uint16_t port = 0;
  std::string path;                                        ///< of a UNIX socket
  std::optional<sotto::starttls::Protocol> protocol = {};  ///< if the endpoint's name says it, and it is known

  /// Says whether TLS is spoken here, be it at once or behind a dialogue.
  [[nodiscard]] bool is_tls() const { return transport == Transport::tls || is_starttls(); }
  /// Says whether a dialogue of `protocol`, which is set then, comes before TLS.
  [[nodiscard]] bool is_starttls() const { return transport == Transport::starttls; }
  [[nodiscard]] bool is_local() const { return transport == Transport::local; }
  /// Says whether `host` is an IP address, which needs no resolving.
  [[nodiscard]] bool is_literal() const;
  /// Returns "tls", "tcp", "unix" or a name such as "smtp+starttls".
  [[nodiscard]] std::string scheme() const;
  /// Returns the protocol's ALPN identifier, where TLS is spoken and one is registered; else empty.
  [[nodiscard]] std::string_view alpn() const;
  /// Writes the endpoint in the grammar above, such as "tls://[::1]:8443".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Says what an endpoint is for: listeners may leave out the host and use port 0; peers may not.
enum class EndpointRole : std::uint8_t { listener, peer };

/// Reads an endpoint, or says in a sentence what is wrong with it (ExitCode::usage).
Outcome<Endpoint> parse_endpoint(std::string_view text, EndpointRole role);

/// Writes "HOST:PORT", with brackets around IPv6 addresses.
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace program
