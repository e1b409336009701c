/// \file
/// Certificates for tests, made once per process.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sotto/credential.hpp>
#include <sotto/issue.hpp>
#include <sotto/verifier.hpp>

namespace sotto::test {

/// Returns an authority that all test certificates are issued by.
inline const LocalAuthority& authority() {
  static const auto root = LocalAuthority::create("sotto test root");
  return root.value();
}
inline TrustStore roots() { return TrustStore::from_pem(authority().certificate_pem()).value(); }

/// Returns a server credential for `names`, made once.
inline Credential credential(KeyKind key = KeyKind::ecdsa_p256, std::vector<std::string> names = {"localhost"}) {
  static std::map<std::pair<KeyKind, std::vector<std::string>>, Credential> made;
  const auto found = made.find({key, names});
  if (found != made.end()) return found->second;
  LeafRequest request;
  request.names = names;
  request.key = key;
  const auto issued = authority().issue(request).value();
  return made.emplace(std::pair(key, names), Credential::from_pem(issued.chain_pem, issued.key_pem).value())
      .first->second;
}

/// Returns a client credential, made once.
inline Credential client_credential(KeyKind key = KeyKind::ecdsa_p256) {
  static std::map<KeyKind, Credential> made;
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  LeafRequest request;
  request.names = {"client.example"};
  request.key = key;
  request.client_authentication = true;
  const auto issued = authority().issue(request).value();
  return made.emplace(key, Credential::from_pem(issued.chain_pem, issued.key_pem).value()).first->second;
}

}  // namespace sotto::test
