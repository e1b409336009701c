#include <optional>
#include <utility>

#include "base/result.hpp"
#include "connection/alpn.hpp"
#include "handshake/config.hpp"

namespace sotto {

struct ClientConfig::Builder::Settings {
  std::optional<Error> error;  // the first one
  Policy policy = Policy::modern();
  std::optional<TrustStore> roots;
  std::shared_ptr<const Verifier> verifier;
  std::vector<std::string> alpn;
  std::vector<Credential> credentials;
  std::shared_ptr<SessionStore> sessions = make_memory_session_store();
  Ask ask = Ask::nothing;
  std::shared_ptr<danger::KeyLog> key_log;
  Clock clock = [] { return std::chrono::system_clock::now(); };

  void note(const Error& seen) {
    if (!error) error = seen;
  }
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
  if (!policy) settings_->note(policy.error());
  return policy ? this->policy(std::move(*policy)) : *this;
}
ClientConfig::Builder& ClientConfig::Builder::roots(Result<TrustStore> roots) {
  if (!roots) {
    settings_->note(roots.error());
  } else {
    settings_->roots.emplace(std::move(*roots));
  }
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
  if (!credential) {
    settings_->note(credential.error());
  } else {
    settings_->credentials.push_back(std::move(*credential));
  }
  return *this;
}
ClientConfig::Builder& ClientConfig::Builder::session_store(std::shared_ptr<SessionStore> store) {
  settings_->sessions = std::move(store);
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
  if (!settings_) return fail(Code::wrong_state, "this builder was used already");
  const auto settings = std::move(settings_);
  if (settings->error) return std::unexpected(*settings->error);
  if (auto checked = settings->policy.check(); !checked) return std::unexpected(checked.error());
  if (auto checked = check_alpn(settings->alpn); !checked) return std::unexpected(checked.error());
  if (!settings->clock) return fail(Code::invalid_configuration, "the clock is empty");
  if (!settings->verifier) {
    if (!settings->roots) {
      auto system = TrustStore::system();
      if (!system) return std::unexpected(system.error());
      settings->roots.emplace(std::move(*system));
    }
    settings->verifier = make_verifier(std::move(*settings->roots));
  }
  settings->policy.drop_unusable();
  const EncodedPolicy encoded(settings->policy);
  return std::make_shared<const ClientConfig>(std::make_unique<const Impl>(
      Impl{std::move(settings->policy), encoded, std::move(settings->verifier), std::move(settings->alpn),
           std::move(settings->credentials), std::move(settings->sessions), settings->ask, std::move(settings->key_log),
           std::move(settings->clock)}));
}

}  // namespace sotto
