/// \file
/// One connection of the library, set up as the flags say.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <sotto/connection.hpp>

#include "credentials.hpp"
#include "options.hpp"
#include "shim_state.hpp"
#include "watcher.hpp"

namespace sotto::bogo {

/// What the flags make of the library's settings, and what is needed to answer its questions.
struct Setup {
  /// `retry`: what holds from the moment on that early data is rejected.
  Setup(const Options& asked, const Options& retry, ShimState& kept);

  const Options& options;
  ShimState& state;
  Policy policy;
  std::vector<NumberedCredential> credentials;
  std::vector<NumberedPsk> psks;
  std::shared_ptr<const Verifier> verifier;
  std::shared_ptr<const Verifier> retry_verifier;  ///< for what follows a rejection of early data
  std::shared_ptr<Watcher> watcher = std::make_shared<Watcher>();
  std::shared_ptr<Secrets> secrets = std::make_shared<Secrets>();

  /// Makes the connection; a client writes its first flight to `out`.
  [[nodiscard]] Connection connect(Buffer& out) const;

 private:
  [[nodiscard]] Ask questions() const;
  [[nodiscard]] std::shared_ptr<const ClientConfig> client_config() const;
  [[nodiscard]] std::shared_ptr<const ServerConfig> server_config() const;
  [[nodiscard]] Clock clock() const;
};

}  // namespace sotto::bogo
