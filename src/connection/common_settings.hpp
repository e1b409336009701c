/// \file
/// The settings that clients and servers have in common, while a builder collects them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "handshake/config.hpp"

namespace sotto {

struct CommonSettings {
  std::optional<Error> error;  // the first one
  Policy policy = Policy::modern();
  std::vector<Credential> credentials;
  std::vector<std::string> alpn;
  Ask ask = Ask::nothing;
  std::shared_ptr<danger::KeyLog> key_log;
  Clock clock = [] { return std::chrono::system_clock::now(); };

  void note(const Error& seen) {
    if (!error) error = seen;
  }
  /// Hands a setting that could be loaded to `keep`, and notes the error of one that could not.
  template <class T, class Keep>
  void take(Result<T>&& setting, Keep keep) {
    if (setting)
      keep(std::move(*setting));
    else
      note(setting.error());
  }
  void take_policy(Result<Policy>&& setting) {
    take(std::move(setting), [this](Policy&& loaded) { policy = std::move(loaded); });
  }
  void take_credential(Result<Credential>&& setting) {
    take(std::move(setting), [this](Credential&& loaded) { credentials.push_back(std::move(loaded)); });
  }
  /// Returns the first error. Afterwards the policy has nothing left that cannot be used.
  [[nodiscard]] Result<void> check();
};

}  // namespace sotto
