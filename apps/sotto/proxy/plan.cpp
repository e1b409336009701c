#include "proxy/plan.hpp"

namespace program {
namespace {

using sotto::starttls::Protocol;

/// Says whether the backend repeats its greeting inside TLS (RFC 5804, 2.2), where alone it is authentic.
bool greets_again(Protocol protocol) { return protocol == Protocol::sieve; }

/// MySQL's backend takes the flags of the request for TLS for those of the login, so the client's come first.
std::vector<Step> mysql_behind_starttls(const Endpoint& from) {
  if (from.is_starttls())
    return {Step::connect,       Step::read_greeting, Step::talk_client, Step::shake_client,
            Step::forward_login, Step::shake_backend, Step::relay};
  std::vector<Step> steps;
  if (from.is_tls()) steps.push_back(Step::shake_client);
  steps.insert(steps.end(), {Step::connect, Step::read_greeting, Step::take_login, Step::forward_login,
                             Step::shake_backend, Step::relay});
  return steps;
}

void add_backend(std::vector<Step>& steps, const Endpoint& to) {
  steps.push_back(Step::connect);
  if (to.is_starttls()) steps.push_back(Step::talk_backend);
  if (to.is_tls()) steps.push_back(Step::shake_backend);
}

}  // namespace

std::optional<Protocol> starttls_protocol(const Endpoint& from, const Endpoint& to) {
  if (from.is_starttls()) return from.protocol;
  return to.is_starttls() ? to.protocol : std::nullopt;
}

std::optional<Screening> screening_of(const Endpoint& from, const Endpoint& to) {
  using Tls = sotto::starttls::Screen::Tls;
  if (to.is_starttls()) {
    if (from.is_starttls()) return std::nullopt;
    return Screening{*to.protocol, Tls::with_server};
  }
  if (from.is_starttls()) return Screening{*from.protocol, Tls::with_client};
  if (from.is_tls() && from.protocol && !to.is_tls()) return Screening{*from.protocol, Tls::at_once_with_client};
  return std::nullopt;
}

std::vector<Step> plan_of(const Endpoint& from, const Endpoint& to) {
  const auto protocol = starttls_protocol(from, to);
  if (protocol == Protocol::mysql && to.is_starttls()) return mysql_behind_starttls(from);
  const bool greeting_first = from.is_starttls() && sotto::starttls::facts(*protocol).server_speaks_first;
  std::vector<Step> steps;
  if (greeting_first) {
    add_backend(steps, to);
    if (!to.is_starttls() || greets_again(*protocol)) steps.push_back(Step::read_greeting);
  }
  if (from.is_starttls()) steps.push_back(Step::talk_client);
  if (from.is_tls()) steps.push_back(Step::shake_client);
  if (!greeting_first) add_backend(steps, to);
  steps.push_back(Step::relay);
  return steps;
}

}  // namespace program
