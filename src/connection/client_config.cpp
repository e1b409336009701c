#include <optional>
#include <utility>

#include "base/contain.hpp"
#include "connection/common_settings.hpp"

namespace sotto {

struct ClientConfig::Builder::Settings : CommonSettings {
  std::optional<TrustStore> roots;
  std::shared_ptr<const Verifier> verifier;
  std::shared_ptr<SessionStore> sessions = make_memory_session_store();
  std::vector<ExternalPsk> external_psks;
  bool psk_required = false;
  bool post_handshake_auth = false;
  bool sessions_verified_again = false;
};

ClientConfig::ClientConfig(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
ClientConfig::~ClientConfig() = default;
ClientConfig::Builder ClientConfig::builder() { return {}; }

ClientConfig::Builder::Builder() : settings_(std::make_unique<Settings>()) {}
ClientConfig::Builder::Builder(Builder&&) noexcept = default;
ClientConfig::Builder& ClientConfig::Builder::operator=(Builder&&) noexcept = default;
ClientConfig::Builder::~Builder() = default;

ClientConfig::Builder& ClientConfig::Builder::policy(Policy policy) {
  settings_->policy = std::move(policy);
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::policy(Result<Policy> policy) {
  settings_->take_policy(std::move(policy));
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::roots(Result<TrustStore> roots) {
  settings_->take(std::move(roots), [this](TrustStore&& loaded) { settings_->roots.emplace(std::move(loaded)); });
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::verifier(std::shared_ptr<const Verifier> verifier) {
  settings_->verifier = std::move(verifier);
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::alpn(std::vector<std::string> protocols) {
  settings_->alpn = std::move(protocols);
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::credential(Result<Credential> credential) {
  settings_->take_credential(std::move(credential));
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::session_store(std::shared_ptr<SessionStore> store) {
  settings_->sessions = std::move(store);
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::external_psk(Result<ExternalPsk> psk) {
  if (psk && psk->role() != PskRole::client)
    psk = fail(Code::invalid_configuration, "a client was given a pre-shared key for servers");
  settings_->take(std::move(psk),
                  [this](ExternalPsk&& loaded) { settings_->external_psks.push_back(std::move(loaded)); });
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::require_external_psk() {
  settings_->psk_required = true;
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::post_handshake_authentication() {
  settings_->post_handshake_auth = true;
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::verify_sessions_again() {
  settings_->sessions_verified_again = true;
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::ask(Ask kinds) {
  settings_->ask = kinds;
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::key_log(std::shared_ptr<danger::KeyLog> log) {
  settings_->key_log = std::move(log);
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::clock(Clock clock) {
  settings_->clock = std::move(clock);
  return *this;
}

Result<std::shared_ptr<const ClientConfig>> ClientConfig::Builder::build() {
  return contain([&]() -> Result<std::shared_ptr<const ClientConfig>> {
    if (!settings_) return fail(Code::wrong_state, "this builder was used already");
    const auto settings = std::move(settings_);
    if (settings->psk_required) {
      if (settings->external_psks.empty())
        return fail(Code::invalid_configuration, "an external pre-shared key is required, but there is none");
      std::erase(settings->policy.versions, ProtocolVersion::tls12);  // which has no such keys
    }
    if (auto checked = settings->check(); !checked) return std::unexpected(checked.error());
    if (!settings->psk_required && !settings->verifier) {
      if (!settings->roots) {
        auto system = TrustStore::system();
        if (!system) return std::unexpected(system.error());
        settings->roots.emplace(std::move(*system));
      }
      settings->verifier = make_verifier(std::move(*settings->roots));
    }
    const EncodedPolicy encoded(settings->policy);
    return std::make_shared<const ClientConfig>(std::make_unique<const Impl>(
        Impl{std::move(settings->policy), encoded, std::move(settings->verifier), std::move(settings->alpn),
             std::move(settings->credentials), std::move(settings->sessions), std::move(settings->external_psks),
             settings->psk_required, settings->post_handshake_auth, settings->sessions_verified_again, settings->ask,
             std::move(settings->key_log), std::move(settings->clock)}));
  });
}

}  // namespace sotto
