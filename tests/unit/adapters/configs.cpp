#include "unit/adapters/configs.hpp"

#include <sotto/issue.hpp>

namespace sotto::test {
namespace {

const LocalAuthority& authority() {
  static const auto made = LocalAuthority::create("sotto adapter tests");
  return made.value();
}

}  // namespace

const Credential& credential() {
  static const auto loaded = [] {
    const auto issued = authority().issue({.names = {"localhost", "127.0.0.1"}}).value();
    return Credential::from_pem(issued.chain_pem, issued.key_pem);
  }();
  return loaded.value();
}

ServerConfig::Builder server_builder() {
  auto builder = ServerConfig::builder();
  builder.credential(credential());
  return builder;
}

ClientConfig::Builder client_builder() {
  auto builder = ClientConfig::builder();
  builder.roots(TrustStore::from_pem(authority().certificate_pem()));
  return builder;
}

std::shared_ptr<const ServerConfig> server_config() {
  static const auto built = server_builder().build();
  return built.value();
}

std::shared_ptr<const ClientConfig> client_config() {
  static const auto built = client_builder().build();
  return built.value();
}

}  // namespace sotto::test
