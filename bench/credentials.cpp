#include "credentials.hpp"

#include "require.hpp"

namespace sotto::bench {

Credentials issue_credentials(KeyKind key) {
  const auto root = require(LocalAuthority::create("Benchmark Root"));
  const auto intermediate = require(root.issue_intermediate("Benchmark Intermediate"));
  const auto server = require(intermediate.issue({.names = {host}, .key = key}));
  const auto client =
      require(intermediate.issue({.names = {"client.example"}, .key = key, .client_authentication = true}));
  return {root.certificate_pem(), server.chain_pem + intermediate.certificate_pem(), server.key_pem,
          client.chain_pem + intermediate.certificate_pem(), client.key_pem};
}

}  // namespace sotto::bench
