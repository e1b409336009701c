#include "proxy/service.hpp"

#include <fmt/format.h>

#include "net/own_name.hpp"
#include "text.hpp"
#include "tlsa.hpp"

namespace program {
namespace {

Outcome<sotto::Policy> load_policy(const ServiceSettings& settings, const std::string& name,
                                   const VersionRange& versions) {
  auto policy = sotto::Policy::named(name);
  if (!policy)
    return failure(ExitCode::usage,
                   fmt::format("the policy '{}': {}", printable(name), printable(policy.error().message())));
  keep_versions(*policy, versions);
  if (!settings.certificate_compression) {
    policy->certificate_compression.clear();
    policy->certificate_decompression.clear();
  }
  return *std::move(policy);
}

Outcome<sotto::TrustStore> load_roots(const std::optional<std::filesystem::path>& file) {
  auto roots = file ? sotto::TrustStore::from_pem_file(*file) : sotto::TrustStore::system();
  if (!roots)
    return failure(roots.error(),
                   file ? fmt::format("the roots '{}'", printable(file->string())) : "the system's roots");
  return *std::move(roots);
}

/// What is agreed on by ALPN: what was asked for, or what the endpoint's protocol has registered, so that a session
/// meant for another protocol ends before it begins.
std::vector<std::string> alpn_of(const ServiceSettings& settings, const Endpoint& endpoint) {
  if (!settings.alpn.empty() || endpoint.alpn().empty()) return settings.alpn;
  return {std::string(endpoint.alpn())};
}

Outcome<void> load_server(Service& service, Surroundings& surroundings, const Service* before) {
  const auto& settings = service.settings;
  auto builder = sotto::ServerConfig::builder();
  auto policy = load_policy(settings, settings.policy, settings.versions);
  if (!policy) return std::unexpected(policy.error());
  builder.policy(*std::move(policy)).alpn(alpn_of(settings, settings.from));
  for (const auto& files : settings.certificates) {
    auto credential = load_credential(files, surroundings.passphrases, service.token_keys);
    if (!credential) return std::unexpected(credential.error());
    builder.credential(*std::move(credential));
  }
  if (settings.client_auth != sotto::ClientAuth::none) {
    auto roots = load_roots(settings.client_ca);
    if (!roots) return std::unexpected(roots.error());
    builder.request_client_certificate(settings.client_auth, *std::move(roots));
  }
  // A ticket stands for the client's authentication. Where clients are authenticated, a reload may have withdrawn
  // trust, so tickets from before it must not count.
  const bool keep_keys = before != nullptr && before->ticket_keys && settings.client_auth == sotto::ClientAuth::none &&
                         before->settings.client_auth == sotto::ClientAuth::none;
  if (keep_keys) {
    service.ticket_keys = before->ticket_keys;
  } else {
    auto keys = sotto::TicketKeys::generate();
    if (!keys) return failure(keys.error(), "ticket keys");
    service.ticket_keys = *std::move(keys);
  }
  builder.ticket_keys(service.ticket_keys);
  if (surroundings.key_log) builder.key_log(surroundings.key_log);
  auto config = builder.build();
  if (!config) return failure(config.error(), fmt::format("the service '{}'", printable(settings.name)));
  service.server = *std::move(config);
  return {};
}

/// What the client configurations of one service have in common.
struct ClientParts {
  sotto::Policy policy;
  std::shared_ptr<const sotto::Verifier> verifier;
  std::vector<sotto::Credential> credentials;
  std::shared_ptr<sotto::danger::KeyLog> key_log;
  bool verify_sessions_again = false;
};

Outcome<std::shared_ptr<const sotto::ClientConfig>> build_client(const ClientParts& parts,
                                                                 std::vector<std::string> alpn,
                                                                 const std::string& name) {
  auto builder = sotto::ClientConfig::builder();
  builder.policy(parts.policy).verifier(parts.verifier);
  if (parts.verify_sessions_again) builder.verify_sessions_again();
  if (!alpn.empty()) builder.alpn(std::move(alpn));
  for (const auto& credential : parts.credentials) builder.credential(credential);
  if (parts.key_log) builder.key_log(parts.key_log);
  auto config = builder.build();
  if (!config) return failure(config.error(), fmt::format("the service '{}'", printable(name)));
  return *std::move(config);
}

Outcome<void> load_clients(Service& service, Surroundings& surroundings) {
  const auto& settings = service.settings;
  service.backend_name = sotto::ServerName(settings.server_name.empty() ? settings.to.host : settings.server_name);
  if (const auto checked = service.backend_name.check(); !checked)
    return failure(checked.error(), fmt::format("the server name of the backend {}", printable(settings.to.text())));
  service.dialogue_name = dialogue_name(settings.to, service.backend_name.text());
  auto policy = load_policy(settings, settings.backend_policy.empty() ? settings.policy : settings.backend_policy,
                            versions_for_backend(settings));
  if (!policy) return std::unexpected(policy.error());
  ClientParts parts{*std::move(policy),
                    sotto::danger::accept_any_certificate(),
                    {},
                    surroundings.key_log,
                    settings.verify_sessions_again};
  if (!settings.tlsa.empty()) {
    auto verifier = make_tlsa_verifier(settings.tlsa, "the TLSA records");
    if (!verifier) return std::unexpected(verifier.error());
    parts.verifier = *std::move(verifier);
  } else if (!settings.insecure_backend) {
    auto roots = load_roots(settings.roots);
    if (!roots) return std::unexpected(roots.error());
    parts.verifier = sotto::make_verifier(*std::move(roots));
  }
  for (const auto& files : settings.backend_certificates) {
    auto credential = load_credential(files, surroundings.passphrases, service.token_keys);
    if (!credential) return std::unexpected(credential.error());
    parts.credentials.push_back(*std::move(credential));
  }
  // A plain client agrees on nothing, and one with a dialogue before TLS does so too late: there the backend connection
  // offers the whole list. A protocol's own identifier is offered always.
  const bool client_decides = settings.from.is_tls() && !settings.from.is_starttls();
  const auto whole_list =
      client_decides && !settings.alpn.empty() ? std::vector<std::string>() : alpn_of(settings, settings.to);
  auto config = build_client(parts, whole_list, settings.name);
  if (!config) return std::unexpected(config.error());
  service.clients.emplace("", *std::move(config));
  if (!settings.from.is_tls()) return {};
  for (const auto& protocol : settings.alpn) {
    config = build_client(parts, {protocol}, settings.name);
    if (!config) return std::unexpected(config.error());
    service.clients.emplace(protocol, *std::move(config));
  }
  return {};
}

}  // namespace

Outcome<void> BackendAddresses::refresh() {
  auto found = resolve_peer(endpoint_);
  if (!found) return std::unexpected(found.error());
  auto addresses = std::make_shared<const std::vector<Address>>(*std::move(found));
  const std::lock_guard lock(mutex_);
  addresses_ = std::move(addresses);
  return {};
}

std::shared_ptr<const std::vector<Address>> BackendAddresses::get() const {
  const std::lock_guard lock(mutex_);
  return addresses_;
}

const std::shared_ptr<const sotto::ClientConfig>& Service::client_for(const std::string& protocol) const {
  const auto found = clients.find(protocol);
  return found == clients.end() ? clients.at("") : found->second;
}

Outcome<std::shared_ptr<const Service>> load_service(const ServiceSettings& settings, Surroundings& surroundings,
                                                     const Service* before) {
  auto service = std::make_shared<Service>();
  service->settings = settings;
  service->plan = plan_of(settings.from, settings.to);
  service->starttls = starttls_protocol(settings.from, settings.to);
  service->screening = screening_of(settings.from, settings.to);
  if (settings.from.is_tls())
    if (auto loaded = load_server(*service, surroundings, before); !loaded) return std::unexpected(loaded.error());
  if (settings.to.is_tls())
    if (auto loaded = load_clients(*service, surroundings); !loaded) return std::unexpected(loaded.error());
  if (before != nullptr && before->settings.to == settings.to) {
    service->backend = before->backend;
  } else {
    service->backend = std::make_shared<BackendAddresses>(settings.to);
    if (auto resolved = service->backend->refresh(); !resolved) return std::unexpected(resolved.error());
  }
  return service;
}

}  // namespace program
