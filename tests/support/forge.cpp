#include "support/forge.hpp"

#include <gtest/gtest.h>
#include <openssl/dsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/bytes.hpp"

namespace sotto::forge {
namespace {

EVP_PKEY* make_dsa() {
  EVP_PKEY* parameters = nullptr;
  EVP_PKEY* key = nullptr;
  auto* context = EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr);
  EXPECT_EQ(EVP_PKEY_paramgen_init(context), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 2048), 1);
  EXPECT_EQ(EVP_PKEY_paramgen(context, &parameters), 1);
  EVP_PKEY_CTX_free(context);
  context = EVP_PKEY_CTX_new_from_pkey(nullptr, parameters, nullptr);
  EXPECT_EQ(EVP_PKEY_keygen_init(context), 1);
  EXPECT_EQ(EVP_PKEY_generate(context, &key), 1);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(parameters);
  return key;
}

/// An id-RSASSA-PSS key that is restricted to one hash and salts of at least so many octets. RFC 4055, 1.2.
EVP_PKEY* make_pss(const std::string& salt_and_hash) {
  const auto* only = EVP_get_digestbyname(salt_and_hash.substr(3).c_str());
  EVP_PKEY* key = nullptr;
  auto* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr);
  EXPECT_EQ(EVP_PKEY_keygen_init(context), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_keygen_md(context, only), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(context, only), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context, std::stoi(salt_and_hash)), 1);
  EXPECT_EQ(EVP_PKEY_generate(context, &key), 1);
  EVP_PKEY_CTX_free(context);
  return key;
}

EVP_PKEY* make_key(const std::string& kind) {
  if (kind.starts_with("PSS:")) return make_pss(kind.substr(4));
  if (kind.starts_with("RSA:")) return EVP_RSA_gen(static_cast<unsigned>(std::stoul(kind.substr(4))));
  if (kind == "ED25519") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  return kind == "DSA" ? make_dsa() : EVP_EC_gen("P-256");
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  EXPECT_EQ(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Recipe authority(std::string subject, std::vector<std::pair<int, std::string>> more) {
  Recipe recipe;
  recipe.subject = std::move(subject);
  recipe.extensions = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign,cRLSign"}};
  recipe.extensions.insert(recipe.extensions.end(), more.begin(), more.end());
  return recipe;
}

Forged::Forged(const Recipe& recipe, const Forged* issuer)
    : key_(make_key(recipe.key), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
  static int serial = 1000;
  auto* certificate = certificate_.get();
  auto* above = issuer == nullptr ? certificate : issuer->certificate_.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), std::chrono::system_clock::to_time_t(recipe.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate), std::chrono::system_clock::to_time_t(recipe.not_after));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(recipe.subject.data()),
                             static_cast<int>(recipe.subject.size()), -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(above));
  X509_set_pubkey(certificate, key_.get());
  for (const auto& [id, value] : recipe.extensions) add_extension(certificate, above, id, value);
  add_extension(certificate, above, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) add_extension(certificate, above, NID_authority_key_identifier, "keyid:always");
  EXPECT_GT(X509_sign(certificate, issuer == nullptr ? key_.get() : issuer->key_.get(), recipe.hash), 0);
}

Certificate Forged::certificate() const {
  unsigned char* data = nullptr;
  const auto length = i2d_X509(certificate_.get(), &data);
  Certificate certificate(as_public(View(data, static_cast<std::size_t>(length))));
  OPENSSL_free(data);
  return certificate;
}

std::string Forged::key_pem() const {
  auto* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(length));
  BIO_free(bio);
  return pem;
}

}  // namespace sotto::forge
