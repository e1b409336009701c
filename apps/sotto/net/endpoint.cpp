#include "net/endpoint.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "text.hpp"

namespace program {
namespace {

using sotto::starttls::Protocol;
using Transport = Endpoint::Transport;

struct Scheme {
  std::string_view name;
  Transport transport;
  std::uint16_t port;  ///< 0: must be given
  std::optional<Protocol> protocol = {};
};

// The ports are those of the IANA Service Name and Transport Protocol Port Number Registry. lmtps, sieves and mysqls
// are names of ours: nobody has registered LMTP, ManageSieve or MySQL inside TLS, but it is spoken.
constexpr auto schemes = std::to_array<Scheme>({
    {"tls", Transport::tls, 443},
    {"tcp", Transport::tcp, 0},
    {"https", Transport::tls, 443},
    {"http", Transport::tcp, 80},
    {"imaps", Transport::tls, 993, Protocol::imap},
    {"imap", Transport::tcp, 143},
    {"smtps", Transport::tls, 465, Protocol::submission},
    {"submissions", Transport::tls, 465, Protocol::submission},
    {"smtp", Transport::tcp, 25},
    {"submission", Transport::tcp, 587},
    {"lmtps", Transport::tls, 0, Protocol::lmtp},
    {"lmtp", Transport::tcp, 24},
    {"pop3s", Transport::tls, 995, Protocol::pop3},
    {"pop3", Transport::tcp, 110},
    {"sieves", Transport::tls, 0, Protocol::sieve},
    {"sieve", Transport::tcp, 4190},
    {"nntps", Transport::tls, 563, Protocol::nntp},
    {"nntp", Transport::tcp, 119},
    {"ldaps", Transport::tls, 636, Protocol::ldap},
    {"ldap", Transport::tcp, 389},
    {"ftps", Transport::tls, 990, Protocol::ftp},
    {"ftp", Transport::tcp, 21},
    {"xmpps", Transport::tls, 5223, Protocol::xmpp_client},
    {"xmpp", Transport::tcp, 5222},
    {"xmpps-server", Transport::tls, 5270, Protocol::xmpp_server},
    {"xmpp-server", Transport::tcp, 5269},
    {"postgresqls", Transport::tls, 5432, Protocol::postgresql},
    {"postgresql", Transport::tcp, 5432},
    {"mysqls", Transport::tls, 3306, Protocol::mysql},
    {"mysql", Transport::tcp, 3306},
    {"ircs", Transport::tls, 6697, Protocol::irc},
    {"irc", Transport::tcp, 6667},
    {"mqtts", Transport::tls, 8883},
    {"mqtt", Transport::tcp, 1883},
    {"amqps", Transport::tls, 5671},
    {"amqp", Transport::tcp, 5672},
    {"sips", Transport::tls, 5061},
});

/// Other names by which protocols with STARTTLS are known.
struct Alias {
  std::string_view name;
  Protocol protocol;
};
constexpr auto aliases = std::to_array<Alias>({
    {"managesieve", Protocol::sieve},
    {"xmpp-client", Protocol::xmpp_client},
    {"postgres", Protocol::postgresql},
    {"mariadb", Protocol::mysql},
});

constexpr std::string_view starttls_suffix = "+starttls";

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  const auto zone = host.find('%');
  return inet_pton(AF_INET6, host.substr(0, zone).c_str(), &address) == 1 && zone != host.size() - 1;
}

bool is_name(std::string_view host) {
  return host.size() <= 253 && std::ranges::all_of(host, [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::optional<Protocol> find_protocol(std::string_view name) {
  for (const auto& facts : sotto::starttls::protocols())
    if (facts.name == name) return facts.protocol;
  for (const auto& alias : aliases)
    if (alias.name == name) return alias.protocol;
  return std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// Reads one endpoint; keeps the text for the sentences.
class EndpointParser {
 public:
  EndpointParser(std::string_view text, EndpointRole role) : text_(text), role_(role) {}

  Outcome<Endpoint> parse() const {
    if (text_.empty()) return wrong("it is empty");
    if (text_.starts_with("unix:")) return parse_local(text_.substr(5));
    const auto separator = text_.find("://");
    if (separator == text_.npos) return parse_authority(text_, schemes.front());
    const auto name = lower(text_.substr(0, separator));
    if (name.ends_with(starttls_suffix))
      return parse_starttls(name.substr(0, name.size() - starttls_suffix.size()), text_.substr(separator + 3));
    const auto* const scheme = std::ranges::find(schemes, name, &Scheme::name);
    if (scheme == schemes.end())
      return wrong(fmt::format("'{}' is no kind of endpoint; use tls://, tcp://, unix: or a name such as https://",
                               printable(name)));
    return parse_authority(text_.substr(separator + 3), *scheme);
  }

 private:
  std::unexpected<Failure> wrong(const std::string& why) const {
    return failure(ExitCode::usage, fmt::format("the endpoint '{}' is not usable: {}", printable(text_), why));
  }

  Outcome<Endpoint> parse_starttls(std::string_view name, std::string_view authority) const {
    const auto protocol = find_protocol(name);
    if (!protocol) return wrong(fmt::format("'{}' is no protocol with STARTTLS that sotto knows", printable(name)));
    return parse_authority(authority, {name, Transport::starttls, sotto::starttls::facts(*protocol).port, *protocol});
  }

  Outcome<Endpoint> parse_local(std::string_view path) const {
    while (path.starts_with("//")) path.remove_prefix(1);  // unix:///run/x is unix:/run/x
    if (path.empty()) return wrong("a path must follow unix:");
    if (path.size() >= sizeof(sockaddr_un{}.sun_path))
      return wrong(fmt::format("a UNIX socket's path has at most {} characters", sizeof(sockaddr_un{}.sun_path) - 1));
    if (path.find('\0') != path.npos) return wrong("its path holds a NUL character");
    return Endpoint{Endpoint::Transport::local, {}, 0, std::string(path)};
  }

  Outcome<Endpoint> parse_authority(std::string_view authority, const Scheme& scheme) const {
    if (authority.ends_with('/')) authority.remove_suffix(1);
    if (authority.find_first_of("/?#") != authority.npos)
      return wrong("an endpoint has no path, only a host and a port");
    if (authority.find('@') != authority.npos) return wrong("an endpoint has no user name, only a host and a port");

    Endpoint endpoint{scheme.transport, {}, scheme.port, {}, scheme.protocol};
    std::string_view rest;
    if (authority.starts_with('[')) {
      const auto end = authority.find(']');
      if (end == authority.npos) return wrong("the bracket of its IPv6 address is not closed");
      endpoint.host = authority.substr(1, end - 1);
      rest = authority.substr(end + 1);
      if (!is_ipv6(endpoint.host)) return wrong(fmt::format("'{}' is no IPv6 address", printable(endpoint.host)));
      if (!rest.empty() && !rest.starts_with(':')) return wrong("only :PORT may follow the bracket");
    } else {
      if (std::ranges::count(authority, ':') > 1)
        return wrong("an IPv6 address must stand in brackets, such as [::1]:8443");
      const auto colon = authority.find(':');
      endpoint.host = authority.substr(0, colon);
      if (colon != authority.npos) rest = authority.substr(colon);
      if (!is_name(endpoint.host))
        return wrong(fmt::format("'{}' is neither a DNS name nor an IP address", printable(endpoint.host)));
    }
    return with_port(std::move(endpoint), rest);
  }

  Outcome<Endpoint> with_port(Endpoint endpoint, std::string_view rest) const {
    if (!rest.empty()) {
      const auto port = parse_port(rest.substr(1));
      if (!port) return wrong(fmt::format("'{}' is no port; ports are 1 to 65535", printable(rest.substr(1))));
      endpoint.port = *port;
    } else if (endpoint.port == 0) {
      return wrong("it needs a port, such as tcp://127.0.0.1:8080");
    }
    if (role_ == EndpointRole::peer && endpoint.host.empty()) return wrong("it needs a host to talk to");
    if (role_ == EndpointRole::peer && endpoint.port == 0) return wrong("nobody can be reached at port 0");
    return endpoint;
  }

  std::string_view text_;
  EndpointRole role_;
};

}  // namespace

bool Endpoint::is_literal() const { return is_local() || is_ipv4(host) || is_ipv6(host); }

std::string Endpoint::scheme() const {
  switch (transport) {
    case Transport::tls: return "tls";
    case Transport::tcp: return "tcp";
    case Transport::local: return "unix";
    case Transport::starttls: break;
  }
  return std::string(sotto::starttls::facts(*protocol).name) + std::string(starttls_suffix);
}

std::string_view Endpoint::alpn() const {
  return is_tls() && protocol ? sotto::starttls::facts(*protocol).alpn : std::string_view();
}

std::string Endpoint::text() const {
  if (is_local()) return "unix:" + path;
  return scheme() + "://" + host_and_port(host, port);
}

Outcome<Endpoint> parse_endpoint(std::string_view text, EndpointRole role) {
  return EndpointParser(text, role).parse();
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool brackets = host.find(':') != host.npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

}  // namespace program
