#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <sotto/credential.hpp>
#include <sotto/issue.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "support/forge.hpp"
#include "wire/certificate_view.hpp"

namespace sotto {
namespace {

const LocalAuthority& root() {
  static const auto authority = LocalAuthority::create("Test Root");
  return *authority;
}

IssuedCredential issue(KeyKind kind = KeyKind::ecdsa_p256, std::vector<std::string> names = {"server.example"}) {
  LeafRequest request;
  request.names = std::move(names);
  request.key = kind;
  auto issued = root().issue(request);
  EXPECT_TRUE(issued) << issued.error().detail;
  return std::move(*issued);
}

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path write(const char* name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return path_ / name;
  }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("sotto_credential_" + std::to_string(getpid()));
};

std::string encrypted(const std::string& pem) {
  auto* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  auto* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  auto* out = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_256_cbc(), "sesame", 6, nullptr, nullptr), 1);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(length));
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(key);
  return text;
}

TEST(Credential, every_kind_of_issued_key_loads_and_signs_with_its_schemes) {
  const std::pair<KeyKind, SignatureScheme> kinds[] = {{KeyKind::ecdsa_p256, SignatureScheme::ecdsa_secp256r1_sha256},
                                                       {KeyKind::ecdsa_p384, SignatureScheme::ecdsa_secp384r1_sha384},
                                                       {KeyKind::ecdsa_p521, SignatureScheme::ecdsa_secp521r1_sha512},
                                                       {KeyKind::ed25519, SignatureScheme::ed25519},
                                                       {KeyKind::rsa_2048, SignatureScheme::rsa_pss_rsae_sha256},
                                                       {KeyKind::rsa_pss_2048, SignatureScheme::rsa_pss_pss_sha256}};
  for (const auto& [kind, scheme] : kinds) {
    const auto issued = issue(kind);
    const auto credential = Credential::from_pem(issued.chain_pem, issued.key_pem);
    ASSERT_TRUE(credential) << credential.error().detail;
    EXPECT_EQ(credential->schemes().front(), scheme);
    EXPECT_EQ(credential->tls12_schemes().front(), scheme);
    EXPECT_TRUE(credential->has_local_key());
    EXPECT_TRUE(credential->sign(scheme, as_public(as_view(std::string_view("hello")))));
  }
}

TEST(Credential, keeps_the_chain_in_its_order) {
  const auto issued = issue();
  const auto credential = Credential::from_pem(issued.chain_pem + root().certificate_pem(), issued.key_pem);
  ASSERT_TRUE(credential);
  ASSERT_EQ(credential->chain().size(), 2U);
  EXPECT_EQ(credential->chain().back().pem(), root().certificate_pem());
}

TEST(Credential, knows_its_names_and_whom_it_is_for) {
  const auto issued = issue(KeyKind::ecdsa_p256, {"a.example", "*.b.example", "192.0.2.1", "::1"});
  const auto credential = Credential::from_pem(issued.chain_pem, issued.key_pem);
  ASSERT_TRUE(credential);
  const std::vector<std::string> names(credential->names().begin(), credential->names().end());
  EXPECT_EQ(names, (std::vector<std::string>{"a.example", "*.b.example", "192.0.2.1", "::1"}));
  for (const char* name : {"a.example", "A.EXAMPLE", "a.example.", "x.b.example", "192.0.2.1", "0:0::1"})
    EXPECT_TRUE(credential->is_for(name)) << name;
  for (const char* name : {"", "b.example", "x.y.b.example", "192.0.2.2", "*.b.example", "a.example.org"})
    EXPECT_FALSE(credential->is_for(name)) << name;
}

TEST(Credential, a_key_of_another_certificate_is_a_mismatch) {
  for (const auto kind : {KeyKind::ecdsa_p256, KeyKind::ecdsa_p384, KeyKind::rsa_2048})
    EXPECT_EQ(Credential::from_pem(issue().chain_pem, issue(kind).key_pem).error().code, Code::key_mismatch);
  const auto issued = issue();
  EXPECT_EQ(Credential::from_pem(root().certificate_pem(), issued.key_pem).error().code, Code::unsupported_key)
      << "an authority's keyUsage allows no handshake";
}

TEST(Credential, errors_name_the_file) {
  const Folder folder;
  const auto issued = issue();
  const auto chain = folder.write("chain.pem", issued.chain_pem);
  const auto key = folder.write("key.pem", issued.key_pem);
  const auto other = folder.write("other.pem", issue().key_pem);
  const auto garbage = folder.write("garbage.pem", "garbage");
  const auto locked = folder.write("locked.pem", encrypted(issued.key_pem));
  EXPECT_TRUE(Credential::from_pem_files(chain, key));
  const auto expect = [](const Result<Credential>& loaded, Code code, const std::filesystem::path& file) {
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, code) << loaded.error().detail;
    EXPECT_NE(loaded.error().detail.find(file.string()), std::string::npos) << loaded.error().detail;
  };
  expect(Credential::from_pem_files(folder / "absent.pem", key), Code::unreadable_file, folder / "absent.pem");
  expect(Credential::from_pem_files(chain, folder / "absent.pem"), Code::unreadable_file, folder / "absent.pem");
  expect(Credential::from_pem_files(garbage, key), Code::malformed_pem, garbage);
  expect(Credential::from_pem_files(chain, garbage), Code::malformed_pem, garbage);
  expect(Credential::from_pem_files(chain, other), Code::key_mismatch, other);
  expect(Credential::from_pem_files(chain, other), Code::key_mismatch, chain);
  expect(Credential::from_pem_files(chain, locked), Code::wrong_passphrase, locked);
  expect(Credential::from_pem_files(chain, locked, [] { return Result<std::string>("wrong"); }), Code::wrong_passphrase,
         locked);
  EXPECT_TRUE(Credential::from_pem_files(chain, locked, [] { return Result<std::string>("sesame"); }));
}

TEST(Credential, a_small_rsa_key_is_unsupported) {
  forge::Recipe recipe;
  recipe.key = "RSA:1024";
  const forge::Forged forged(recipe, nullptr);
  EXPECT_EQ(Credential::from_pem(forged.pem(), forged.key_pem()).error().code, Code::unsupported_key);
}

TEST(Credential, a_remote_key_signs_elsewhere) {
  const auto chain = *Certificate::from_pem(issue().chain_pem);
  const auto credential = Credential::with_remote_key(chain, {SignatureScheme::ecdsa_secp256r1_sha256});
  ASSERT_TRUE(credential) << credential.error().detail;
  EXPECT_FALSE(credential->has_local_key());
  EXPECT_TRUE(credential->is_for("server.example"));
  EXPECT_EQ(credential->sign(SignatureScheme::ecdsa_secp256r1_sha256, {}).error().code, Code::wrong_state);
}

TEST(Credential, a_remote_key_has_schemes_that_fit_its_certificate) {
  const auto chain = *Certificate::from_pem(issue().chain_pem);
  for (const auto scheme :
       {SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::rsa_pkcs1_sha256})
    EXPECT_EQ(Credential::with_remote_key(chain, {scheme}).error().code, Code::unsupported_key);
  EXPECT_EQ(Credential::with_remote_key(chain, {}).error().code, Code::unsupported_key);
  EXPECT_EQ(Credential::with_remote_key({}, {SignatureScheme::ed25519}).error().code, Code::invalid_configuration);
}

// RFC 8446, 4.2.3: what binds the curve in TLS 1.3 names a hash alone in TLS 1.2.
TEST(Credential, a_scheme_that_fits_in_tls12_alone_serves_there_alone) {
  const auto chain = *Certificate::from_pem(issue().chain_pem);
  const std::vector both{SignatureScheme::ecdsa_secp384r1_sha384, SignatureScheme::ecdsa_secp256r1_sha256};
  const auto credential = Credential::with_remote_key(chain, both);
  ASSERT_TRUE(credential) << credential.error().detail;
  EXPECT_TRUE(std::ranges::equal(credential->schemes(), std::vector{SignatureScheme::ecdsa_secp256r1_sha256}));
  EXPECT_TRUE(std::ranges::equal(credential->tls12_schemes(), both));
}

// RFC 4055, 1.2: the parameters of an id-RSASSA-PSS key, which mean the same in both versions.
TEST(Credential, a_restricted_pss_key_serves_both_versions_or_none) {
  const forge::Forged authority(forge::authority("root"), nullptr);
  forge::Recipe recipe;
  recipe.key = "PSS:48:SHA384";
  const CertificateChain chain = {forge::Forged(recipe, &authority).certificate()};
  const std::vector only{SignatureScheme::rsa_pss_pss_sha384};
  const auto credential = Credential::with_remote_key(chain, only);
  ASSERT_TRUE(credential) << credential.error().detail;
  EXPECT_TRUE(std::ranges::equal(credential->schemes(), only));
  EXPECT_TRUE(std::ranges::equal(credential->tls12_schemes(), only));
  for (const auto scheme : {SignatureScheme::rsa_pss_pss_sha256, SignatureScheme::rsa_pss_rsae_sha384,
                            SignatureScheme::rsa_pkcs1_sha256, SignatureScheme::rsa_pkcs1_sha384}) {
    const auto refused = Credential::with_remote_key(chain, {scheme});
    ASSERT_FALSE(refused) << to_string(scheme);
    EXPECT_EQ(refused.error().code, Code::unsupported_key);
    EXPECT_EQ(refused.error().detail, "the certificate's key cannot sign with " + to_string(scheme));
  }
  // No scheme has this hash, nor a salt that is longer than its hash.
  for (const auto& [kind, words] :
       {std::pair("PSS:28:SHA224", "its RSA-PSS key is restricted to a hash that TLS 1.3 does not use"),
        std::pair("PSS:49:SHA384", "its RSA-PSS key asks for a longer salt than TLS 1.3 uses")}) {
    recipe.key = kind;
    const forge::Forged useless(recipe, &authority);
    EXPECT_EQ(Credential::from_pem(useless.pem(), useless.key_pem()).error().code, Code::unsupported_key);
    for (const auto& schemes : {only, {}}) {
      const auto refused = Credential::with_remote_key({useless.certificate()}, schemes);
      ASSERT_FALSE(refused) << kind;
      EXPECT_EQ(refused.error().code, Code::unsupported_key);
      EXPECT_NE(refused.error().detail.find(words), std::string::npos) << refused.error().detail;
    }
  }
}

TEST(LocalAuthority, is_written_and_loaded_again) {
  const auto key = root().key_pem();
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto loaded = LocalAuthority::from_pem(root().certificate_pem(), *key);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->certificate_pem(), root().certificate_pem());
  LeafRequest request;
  request.names = {"server.example"};
  EXPECT_TRUE(loaded->issue(request));
}

TEST(LocalAuthority, takes_no_other_key_and_no_leaf) {
  const auto issued = issue();
  EXPECT_EQ(LocalAuthority::from_pem(root().certificate_pem(), issued.key_pem).error().code, Code::key_mismatch);
  EXPECT_EQ(LocalAuthority::from_pem(issued.chain_pem, issued.key_pem).error().code, Code::invalid_configuration);
  EXPECT_EQ(LocalAuthority::from_pem("x", issued.key_pem).error().code, Code::malformed_pem);
  EXPECT_EQ(LocalAuthority::from_pem(root().certificate_pem(), "x").error().code, Code::malformed_pem);
}

TEST(LocalAuthority, issues_for_names_only) {
  for (const char* name : {"", "a b", "*", "*.*.example", "a..b", "https://example"}) {
    LeafRequest request;
    request.names = {name};
    EXPECT_EQ(root().issue(request).error().code, Code::invalid_server_name) << name;
  }
  EXPECT_EQ(root().issue({}).error().code, Code::invalid_configuration);
  EXPECT_EQ(LocalAuthority::create("").error().code, Code::invalid_configuration);
  EXPECT_EQ(LocalAuthority::create(std::string(65, 'x')).error().code, Code::invalid_configuration);
}

TEST(LocalAuthority, a_name_that_is_too_long_for_a_common_name_is_still_served) {
  const auto name = std::string(60, 'a') + ".server.example";
  const auto issued = issue(KeyKind::ecdsa_p256, {name});
  const auto credential = Credential::from_pem(issued.chain_pem, issued.key_pem);
  ASSERT_TRUE(credential) << credential.error().detail;
  EXPECT_TRUE(credential->is_for(name));
  EXPECT_EQ(credential->chain().front().facts()->subject, "(no name)");
}

}  // namespace
}  // namespace sotto
