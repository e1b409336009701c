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

struct Scheme {
  std::string_view name;
  Endpoint::Transport transport;
  std::uint16_t port;  ///< 0: must be given
};

// The ports are those of the IANA Service Name and Transport Protocol Port Number Registry.
constexpr auto schemes = std::to_array<Scheme>({
    {"tls", Endpoint::Transport::tls, 443},    {"tcp", Endpoint::Transport::tcp, 0},
    {"https", Endpoint::Transport::tls, 443},  {"http", Endpoint::Transport::tcp, 80},
    {"imaps", Endpoint::Transport::tls, 993},  {"imap", Endpoint::Transport::tcp, 143},
    {"smtps", Endpoint::Transport::tls, 465},  {"smtp", Endpoint::Transport::tcp, 25},
    {"pop3s", Endpoint::Transport::tls, 995},  {"pop3", Endpoint::Transport::tcp, 110},
    {"nntps", Endpoint::Transport::tls, 563},  {"nntp", Endpoint::Transport::tcp, 119},
    {"ldaps", Endpoint::Transport::tls, 636},  {"ldap", Endpoint::Transport::tcp, 389},
    {"ftps", Endpoint::Transport::tls, 990},   {"ftp", Endpoint::Transport::tcp, 21},
    {"ircs", Endpoint::Transport::tls, 6697},  {"irc", Endpoint::Transport::tcp, 6667},
    {"mqtts", Endpoint::Transport::tls, 8883}, {"mqtt", Endpoint::Transport::tcp, 1883},
    {"amqps", Endpoint::Transport::tls, 5671}, {"amqp", Endpoint::Transport::tcp, 5672},
    {"sips", Endpoint::Transport::tls, 5061},
});

constexpr auto starttls_protocols =
    std::to_array<std::string_view>({"smtp", "submission", "lmtp", "imap", "pop3", "nntp", "ftp", "ldap", "xmpp", "irc",
                                     "sieve", "postgres", "postgresql", "mysql"});

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
    if (name.ends_with(starttls_suffix)) return refuse_starttls(name);
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

  Outcome<Endpoint> refuse_starttls(std::string_view name) const {
    const auto protocol = name.substr(0, name.size() - starttls_suffix.size());
    if (std::ranges::find(starttls_protocols, protocol) == starttls_protocols.end())
      return wrong(fmt::format("'{}' is no protocol with STARTTLS that sotto knows", printable(protocol)));
    return wrong("STARTTLS is not available in this version of sotto");
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

    Endpoint endpoint{scheme.transport, {}, scheme.port, {}};
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

std::string Endpoint::text() const {
  if (is_local()) return "unix:" + path;
  return (is_tls() ? "tls://" : "tcp://") + host_and_port(host, port);
}

Outcome<Endpoint> parse_endpoint(std::string_view text, EndpointRole role) {
  return EndpointParser(text, role).parse();
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool brackets = host.find(':') != host.npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

}  // namespace program
