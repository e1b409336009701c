#include <algorithm>
#include <optional>
#include <utility>

#include "base/contain.hpp"
#include "connection/common_settings.hpp"
#include "crypto/hash.hpp"

namespace sotto {

struct ServerConfig::Builder::Settings : CommonSettings {
  ClientAuth client_auth = ClientAuth::none;
  std::shared_ptr<const Verifier> client_verifier;
  std::vector<std::vector<std::byte>> client_authorities;
  std::optional<std::shared_ptr<TicketKeys>> ticket_keys;  // absent: make random ones
  std::shared_ptr<ServerSessionStore> sessions = make_memory_server_session_store();
  std::size_t early_data = 0;
  std::shared_ptr<ReplayGuard> replay_guard;
  std::vector<ExternalPsk> external_psks;
  FindPsk find_psk;
};

namespace {

/// DER ends itself, so the names can stand behind each other.
Result<Bytes> hash_of(const std::vector<std::vector<std::byte>>& names) {
  Bytes joined;
  for (const auto& name : names) joined.insert(joined.end(), as_view(name).begin(), as_view(name).end());
  const auto hash = crypto::digest(crypto::HashAlgorithm::sha256, joined);
  if (!hash) return std::unexpected(hash.error());
  return own(hash->view());
}

/// Joins the keys that were given with the way to find others.
FindPsk find_in(std::vector<ExternalPsk> given, FindPsk others) {
  if (given.empty()) return others;
  return [given = std::move(given), others = std::move(others)](std::string_view identity) {
    const auto found = std::ranges::find(given, identity, &ExternalPsk::identity);
    if (found != given.end()) return std::optional(*found);
    return others ? others(identity) : std::nullopt;
  };
}

}  // namespace

ServerConfig::ServerConfig(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
ServerConfig::~ServerConfig() = default;
ServerConfig::Builder ServerConfig::builder() { return {}; }

ServerConfig::Builder::Builder() : settings_(std::make_unique<Settings>()) {}
ServerConfig::Builder::Builder(Builder&&) noexcept = default;
ServerConfig::Builder& ServerConfig::Builder::operator=(Builder&&) noexcept = default;
ServerConfig::Builder::~Builder() = default;

ServerConfig::Builder& ServerConfig::Builder::policy(Policy policy) {
  settings_->policy = std::move(policy);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::policy(Result<Policy> policy) {
  settings_->take_policy(std::move(policy));
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::credential(Result<Credential> credential) {
  settings_->take_credential(std::move(credential));
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::alpn(std::vector<std::string> protocols) {
  settings_->alpn = std::move(protocols);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::request_client_certificate(ClientAuth mode, Result<TrustStore> roots) {
  if (!roots) {
    settings_->note(roots.error());
    return *this;
  }
  settings_->client_authorities = roots->subjects();
  return request_client_certificate(mode, make_verifier(std::move(*roots)));
}
ServerConfig::Builder& ServerConfig::Builder::request_client_certificate(ClientAuth mode,
                                                                         std::shared_ptr<const Verifier> verifier) {
  settings_->client_auth = mode;
  settings_->client_verifier = std::move(verifier);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::ticket_keys(std::shared_ptr<TicketKeys> keys) {
  settings_->ticket_keys.emplace(std::move(keys));
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::session_store(std::shared_ptr<ServerSessionStore> store) {
  settings_->sessions = std::move(store);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::early_data(std::size_t octets, std::shared_ptr<ReplayGuard> guard) {
  settings_->early_data = octets;
  settings_->replay_guard = std::move(guard);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::external_psk(Result<ExternalPsk> psk) {
  if (psk && psk->role() != PskRole::server)
    psk = fail(Code::invalid_configuration, "a server was given a pre-shared key for clients");
  settings_->take(std::move(psk),
                  [this](ExternalPsk&& loaded) { settings_->external_psks.push_back(std::move(loaded)); });
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::find_external_psk(FindPsk find) {
  settings_->find_psk = std::move(find);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::ask(Ask kinds) {
  settings_->ask = kinds;
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::key_log(std::shared_ptr<danger::KeyLog> log) {
  settings_->key_log = std::move(log);
  return *this;
}
ServerConfig::Builder& ServerConfig::Builder::clock(Clock clock) {
  settings_->clock = std::move(clock);
  return *this;
}

Result<std::shared_ptr<const ServerConfig>> ServerConfig::Builder::build() {
  return contain([&]() -> Result<std::shared_ptr<const ServerConfig>> {
    if (!settings_) return fail(Code::wrong_state, "this builder was used already");
    const auto settings = std::move(settings_);
    if (auto checked = settings->check(); !checked) return std::unexpected(checked.error());
    const bool has_psks = !settings->external_psks.empty() || settings->find_psk;
    if (settings->credentials.empty() && !includes(settings->ask, Ask::credential) && !has_psks)
      return fail(Code::invalid_configuration, "a server needs a credential, or must ask for one");
    if (settings->early_data > settings->policy.limits.skipped_early_data)
      return fail(
          Code::invalid_configuration,
          "more early data is allowed than the policy's limit skipped_early_data, so a client whose early data is "
          "rejected could not be served");
    if (settings->early_data != 0 && !settings->replay_guard)
      settings->replay_guard = make_memory_replay_guard(65536, settings->clock());
    if (settings->client_auth != ClientAuth::none && !settings->client_verifier)
      return fail(Code::invalid_configuration, "client certificates are requested, but nothing verifies them");
    if (!settings->ticket_keys) {
      auto keys = TicketKeys::generate();
      if (!keys) return std::unexpected(keys.error());
      settings->ticket_keys.emplace(std::move(*keys));
    }
    auto authorities_hash = hash_of(settings->client_authorities);
    if (!authorities_hash) return std::unexpected(authorities_hash.error());
    const EncodedPolicy encoded(settings->policy);
    return std::make_shared<const ServerConfig>(std::make_unique<const Impl>(
        Impl{std::move(settings->policy), encoded, std::move(settings->credentials), std::move(settings->alpn),
             settings->client_auth, std::move(settings->client_verifier), std::move(settings->client_authorities),
             std::move(*authorities_hash), std::move(*settings->ticket_keys), std::move(settings->sessions),
             static_cast<std::uint32_t>(settings->early_data), std::move(settings->replay_guard),
             find_in(std::move(settings->external_psks), std::move(settings->find_psk)), settings->ask,
             std::move(settings->key_log), std::move(settings->clock)}));
  });
}

}  // namespace sotto
