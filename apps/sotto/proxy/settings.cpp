#include "proxy/settings.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "text.hpp"

namespace program {

Outcome<sotto::ClientAuth> parse_client_auth(std::string_view text) {
  if (text == "none") return sotto::ClientAuth::none;
  if (text == "optional") return sotto::ClientAuth::optional;
  if (text == "required") return sotto::ClientAuth::required;
  return failure(ExitCode::usage, fmt::format("'{}' is no way to ask for client certificates; use optional or required",
                                              printable(text)));
}

VersionRange versions_for_backend(const ServiceSettings& service) {
  auto range = service.backend_versions;
  if (range.min.empty()) range.min = service.versions.min;
  if (range.max.empty()) range.max = service.versions.max;
  return range;
}

namespace {

using Spell = std::function<std::string(std::string name)>;

/// Checks what must be right by itself. What it is read for is made of it again when the service is loaded.
Outcome<void> check_values(const ServiceSettings& service, const Spell& spelled) {
  const auto wrong = [&](const char* name, const sotto::Error& error) {
    return failure(ExitCode::usage, fmt::format("{}: {}", spelled(name), printable(error.message())));
  };
  if (const auto policy = sotto::Policy::named(service.policy); !policy) return wrong("policy", policy.error());
  if (!service.backend_policy.empty())
    if (const auto policy = sotto::Policy::named(service.backend_policy); !policy)
      return wrong("backend-policy", policy.error());
  if (!service.server_name.empty())
    if (const auto name = sotto::ServerName(service.server_name).check(); !name)
      return wrong("servername", name.error());
  for (const auto& record : service.tlsa)
    if (const auto parsed = sotto::TlsaRecord::parse(record); !parsed) return wrong("tlsa", parsed.error());
  if (auto checked = check_versions(service.versions, spelled("min-version"), spelled("max-version")); !checked)
    return checked;
  return check_versions(versions_for_backend(service), spelled("backend-min-version"), spelled("backend-max-version"));
}

}  // namespace

Outcome<void> check_service(const ServiceSettings& service, Spelling spelling) {
  const auto spelled = [&](std::string name) {
    if (spelling == Spelling::flags) return "--" + name;
    std::ranges::replace(name, '-', '_');
    return name;
  };
  const auto wrong = [&](const std::string& why) { return failure(ExitCode::usage, why); };
  const auto from = service.from.text();
  const auto to = service.to.text();
  const auto certificate = spelling == Spelling::flags ? "--cert and --key" : "certificates";
  const auto backend_certificate =
      spelling == Spelling::flags ? "--backend-cert and --backend-key" : "backend_certificates";

  if (service.from.is_tls() && service.certificates.empty())
    return wrong(fmt::format("{} needs a certificate: give {}", from, certificate));
  if (!service.from.is_tls()) {
    if (!service.certificates.empty())
      return wrong(
          fmt::format("{} is plain and shows no certificate; {} is for a tls:// backend", from, backend_certificate));
    if (service.client_auth != sotto::ClientAuth::none || service.client_ca)
      return wrong(fmt::format("{} is plain, so clients cannot show certificates", from));
  }
  if (service.client_auth != sotto::ClientAuth::none && !service.client_ca)
    return wrong(fmt::format("{} needs {}", spelled("client-auth"), spelled("client-ca")));
  if (service.client_auth == sotto::ClientAuth::none && service.client_ca)
    return wrong(fmt::format("{} needs {}", spelled("client-ca"), spelled("client-auth")));
  if (!service.to.is_tls()) {
    if (service.roots) return wrong(fmt::format("{} has no use: {} is plain", spelled("roots"), to));
    if (!service.server_name.empty())
      return wrong(fmt::format("{} has no use: {} is plain", spelled("servername"), to));
    if (service.verify_sessions_again)
      return wrong(fmt::format("{} has no use: {} is plain", spelled("verify-sessions-again"), to));
    if (service.insecure_backend)
      return wrong(fmt::format("{} has no use: {} is plain", spelled("insecure-backend"), to));
    if (!service.backend_certificates.empty())
      return wrong(fmt::format("{} has no use: {} is plain", backend_certificate, to));
    for (const auto& [name, value] : {std::pair("backend-policy", service.backend_policy),
                                      std::pair("backend-min-version", service.backend_versions.min),
                                      std::pair("backend-max-version", service.backend_versions.max)})
      if (!value.empty()) return wrong(fmt::format("{} has no use: {} is plain", spelled(name), to));
    if (!service.tlsa.empty()) return wrong(fmt::format("{} has no use: {} is plain", spelled("tlsa"), to));
  }
  if (!service.tlsa.empty() && service.roots)
    return wrong(fmt::format("{} has no use: {} names what is trusted", spelled("roots"), spelled("tlsa")));
  if (service.verify_sessions_again && service.insecure_backend)
    return wrong(
        fmt::format("{} and {} contradict each other", spelled("verify-sessions-again"), spelled("insecure-backend")));
  if (service.roots && service.insecure_backend)
    return wrong(fmt::format("{} and {} contradict each other", spelled("roots"), spelled("insecure-backend")));
  if (!service.tlsa.empty() && service.insecure_backend)
    return wrong(fmt::format("{} and {} contradict each other", spelled("tlsa"), spelled("insecure-backend")));
  if (service.from.is_starttls() && service.to.is_starttls() && service.from.protocol != service.to.protocol)
    return wrong(fmt::format("{} and {} are two protocols", from, to));
  if (!service.from.is_tls() && !service.to.is_tls() && !service.alpn.empty())
    return wrong(fmt::format("{} has no use: neither {} nor {} speaks TLS", spelled("alpn"), from, to));
  return check_values(service, spelled);
}

}  // namespace program
