/// \file
/// What a Credential holds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sotto/credential.hpp>

#include "compression/cache.hpp"
#include "crypto/signature.hpp"
#include "pki/names.hpp"

namespace sotto {
namespace pki {

/// What a key can sign with in each version, most preferred first.
struct Schemes {
  std::vector<SignatureScheme> tls13;
  std::vector<SignatureScheme> tls12;
};

/// What the end entity's certificate lets its key be used for.
struct KeyUses {
  bool sign = true;
  bool decrypt = false;
};

struct KeyFacts {
  crypto::KeyType type{};
  KeyUses uses;
};

}  // namespace pki

struct Credential::Impl {
  Impl(CertificateChain its_chain, std::shared_ptr<const crypto::PrivateKey> its_key, pki::Schemes its_schemes,
       pki::AlternativeNames its_names, pki::KeyFacts its_facts)
      : chain(std::move(its_chain)),
        key(std::move(its_key)),
        schemes(std::move(its_schemes.tls13)),
        tls12_schemes(std::move(its_schemes.tls12)),
        names(its_names.texts()),
        alternative_names(std::move(its_names)),
        facts(its_facts) {}

  CertificateChain chain;
  std::shared_ptr<const crypto::PrivateKey> key;  ///< null where signatures are asked for
  std::vector<SignatureScheme> schemes;           ///< for TLS 1.3
  std::vector<SignatureScheme> tls12_schemes;     ///< for TLS 1.2
  std::vector<std::string> names;
  pki::AlternativeNames alternative_names;  ///< the same, ready to be matched
  pki::KeyFacts facts;
  std::vector<std::byte> ocsp_response;
  std::vector<std::byte> sct_list;
  /// Shared by no two credentials: what is attached to one belongs to its message.
  std::shared_ptr<compression::Cache> compressed = std::make_shared<compression::Cache>();
};

}  // namespace sotto
