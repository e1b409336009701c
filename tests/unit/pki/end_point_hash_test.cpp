// The tls-server-end-point channel binding of all kinds of certificates.
#include <gtest/gtest.h>

#include "crypto/certificate_facts.hpp"
#include "support/forge.hpp"

namespace sotto {
namespace {

Bytes hash_of(const EVP_MD* hash, View der) {
  Bytes octets(static_cast<std::size_t>(EVP_MD_get_size(hash)));
  EXPECT_EQ(EVP_Digest(der.data(), der.size(), octets.data(), nullptr, hash, nullptr), 1);
  return octets;
}

TEST(EndPointHash, is_made_with_the_hash_function_of_the_signature) {
  // RFC 5929, 4.1: SHA-256 stands in for MD5 and SHA-1.
  struct Case {
    const EVP_MD* signature;
    const EVP_MD* binding;
  };
  for (const auto& each : {Case{EVP_sha1(), EVP_sha256()}, Case{EVP_sha256(), EVP_sha256()},
                           Case{EVP_sha384(), EVP_sha384()}, Case{EVP_sha512(), EVP_sha512()}}) {
    forge::Recipe recipe;
    recipe.hash = each.signature;
    const auto certificate = forge::Forged(recipe, nullptr).certificate();
    const auto der = as_view(certificate.der());
    EXPECT_EQ(own(crypto::end_point_hash(der).value().view()), hash_of(each.binding, der));
  }
}

TEST(EndPointHash, is_not_defined_for_a_signature_without_one) {
  forge::Recipe recipe;
  recipe.key = "ED25519";
  recipe.hash = nullptr;
  const auto certificate = forge::Forged(recipe, nullptr).certificate();
  EXPECT_EQ(crypto::end_point_hash(as_view(certificate.der())).error().code, Code::wrong_state);
}

}  // namespace
}  // namespace sotto
