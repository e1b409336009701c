// A service that is ready to run: settings with everything loaded. Immutable, shared by its connections and the
// threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sotto/client.hpp>
#include <sotto/server.hpp>

#include "net/address.hpp"
#include "pkcs11/keys.hpp"
#include "proxy/plan.hpp"
#include "proxy/settings.hpp"

namespace program {

/// Knows where the backend is. Names are looked up again now and then by whoever calls `refresh`. Thread-safe.
class BackendAddresses {
 public:
  explicit BackendAddresses(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  /// Looks the name up; blocks. On failure the addresses stay as they were.
  Outcome<void> refresh();
  [[nodiscard]] std::shared_ptr<const std::vector<Address>> get() const;
  [[nodiscard]] bool may_change() const { return !endpoint_.is_literal(); }

 private:
  Endpoint endpoint_;
  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<Address>> addresses_;
};

struct Service {
  ServiceSettings settings;
  std::vector<Step> plan;                             ///< how a connection comes about
  std::optional<sotto::starttls::Protocol> starttls;  ///< in which dialogues come before TLS, if any do
  std::optional<Screening> screening;                 ///< what stands between both sides, if anything
  std::string dialogue_name;                          ///< what the backend's dialogue takes for a name
  std::shared_ptr<const sotto::ServerConfig> server;  ///< null if clients speak plain
  /// The client configurations for the backend, by application protocol: what was agreed with our client is all that is
  /// offered to the backend. "" stands for no protocol. Empty if the backend speaks plain.
  std::map<std::string, std::shared_ptr<const sotto::ClientConfig>> clients;
  sotto::ServerName backend_name{""};
  std::shared_ptr<BackendAddresses> backend;
  std::shared_ptr<sotto::TicketKeys> ticket_keys;
  pkcs11::Keys token_keys;  ///< answers for the certificates whose keys are on tokens

  /// Returns the configuration for a backend connection on behalf of a client that agreed on `protocol`.
  [[nodiscard]] const std::shared_ptr<const sotto::ClientConfig>& client_for(const std::string& protocol) const;
};

/// What outlives a reload: typed passphrases, and the key log.
struct Surroundings {
  Passphrases passphrases;
  std::shared_ptr<sotto::danger::KeyLog> key_log;
};

/// Loads all that a service needs. `before`: the service of that name before a reload, or null; its ticket keys and
/// backend addresses are kept where that is safe.
Outcome<std::shared_ptr<const Service>> load_service(const ServiceSettings& settings, Surroundings& surroundings,
                                                     const Service* before);

}  // namespace program
