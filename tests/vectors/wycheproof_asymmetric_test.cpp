// Key agreement, signatures and decryption against Project Wycheproof.
#include <map>
#include <string>

#include "crypto/key_exchange.hpp"
#include "crypto/signature.hpp"
#include "vectors/wycheproof.hpp"

namespace sotto {
namespace {

using crypto::KeyExchange;
using crypto::PublicKey;
using wycheproof::Json;
using wycheproof::octets;

struct AgreementFile {
  const char* name;
  const char* file;
  std::size_t cases;
  NamedGroup group;
};

class WycheproofAgreement : public testing::TestWithParam<AgreementFile> {};

TEST_P(WycheproofAgreement, agrees_or_refuses_as_every_case_says) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  const auto judge = [&](const Json&, const Json& test) -> std::optional<bool> {
    const auto ours = KeyExchange::from_private_key(file.group, octets(test, "private"));
    EXPECT_TRUE(ours) << wycheproof::where(test);
    if (!ours) return false;
    const auto secret = ours->agree(octets(test, "public"));
    if (!secret) {
      EXPECT_EQ(secret.error().code, Code::bad_key_share) << wycheproof::where(test);
      return false;
    }
    return same(secret->view(), octets(test, "shared"));
  };
  // X25519: every public value is taken except those that give zero (RFC 8446, 7.4.2), with their top bit ignored (RFC
  // 7748, 5). Points: the acceptable cases are compressed ones, which TLS 1.3 does not have.
  const auto accepts_acceptable = [&](const Json& test) {
    return file.group == NamedGroup::x25519 && !wycheproof::has_flag(test, "ZeroSharedSecret");
  };
  wycheproof::run(*json, judge, accepts_acceptable).print(file.file);
}

INSTANTIATE_TEST_SUITE_P(
    of, WycheproofAgreement,
    testing::Values(AgreementFile{"x25519", "x25519_test.json", 518, NamedGroup::x25519},
                    AgreementFile{"p256", "ecdh_secp256r1_ecpoint_test.json", 355, NamedGroup::secp256r1},
                    AgreementFile{"p384", "ecdh_secp384r1_ecpoint_test.json", 790, NamedGroup::secp384r1},
                    AgreementFile{"p521", "ecdh_secp521r1_ecpoint_test.json", 661, NamedGroup::secp521r1}),
    [](const auto& row) { return std::string(row.param.name); });

struct SignatureFile {
  const char* name;
  const char* file;
  std::size_t cases;
  SignatureScheme scheme;
  std::size_t skipped = 0;
};

class WycheproofSignature : public testing::TestWithParam<SignatureFile> {};

// RSA-PSS cases with another salt or mask than TLS uses have no scheme.
bool is_in_tls(const Json& group) {
  if (group.at("type") != "RsassaPssVerify") return true;
  static const std::map<std::string, int> salts{{"SHA-256", 32}, {"SHA-384", 48}, {"SHA-512", 64}};
  const auto salt = salts.find(group.at("sha").get<std::string>());
  return salt != salts.end() && group.at("mgfSha") == group.at("sha") && group.at("sLen") == salt->second;
}

SignatureScheme scheme_of(const SignatureFile& file, const Json& group) {
  if (group.at("type") != "RsassaPssVerify") return file.scheme;
  return group.at("sha") == "SHA-256"   ? SignatureScheme::rsa_pss_rsae_sha256
         : group.at("sha") == "SHA-384" ? SignatureScheme::rsa_pss_rsae_sha384
                                        : SignatureScheme::rsa_pss_rsae_sha512;
}

TEST_P(WycheproofSignature, verifies_or_refuses_as_every_case_says) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  const auto judge = [&](const Json& group, const Json& test) -> std::optional<bool> {
    if (!is_in_tls(group)) return std::nullopt;
    const auto key = PublicKey::from_spki(octets(group, "publicKeyDer"));
    EXPECT_TRUE(key) << wycheproof::where(test) << ": " << key.error().detail;
    if (!key) return false;
    const auto scheme =
        key->type() == crypto::KeyType::rsa_pss ? SignatureScheme::rsa_pss_pss_sha256 : scheme_of(file, group);
    const auto verdict = key->verify(scheme, octets(test, "msg"), octets(test, "sig"));
    if (!verdict) {
      EXPECT_EQ(verdict.error().code, Code::bad_signature) << wycheproof::where(test);
    }
    return verdict.has_value();
  };
  // The acceptable cases are PKCS#1 signatures whose DigestInfo lacks the NULL: libcrypto takes none of them.
  const auto tally = wycheproof::run(*json, judge, [](const Json&) { return false; });
  tally.print(file.file);
  EXPECT_EQ(tally.skipped, file.skipped);
}

INSTANTIATE_TEST_SUITE_P(
    of, WycheproofSignature,
    testing::Values(
        SignatureFile{"p256", "ecdsa_secp256r1_sha256_test.json", 484, SignatureScheme::ecdsa_secp256r1_sha256},
        SignatureFile{"p384", "ecdsa_secp384r1_sha384_test.json", 504, SignatureScheme::ecdsa_secp384r1_sha384},
        SignatureFile{"p521", "ecdsa_secp521r1_sha512_test.json", 542, SignatureScheme::ecdsa_secp521r1_sha512},
        // The hash of another curve, as in TLS 1.2.
        SignatureFile{"p256_sha512", "ecdsa_secp256r1_sha512_test.json", 554, SignatureScheme::ecdsa_secp521r1_sha512},
        SignatureFile{"p384_sha256", "ecdsa_secp384r1_sha256_test.json", 472, SignatureScheme::ecdsa_secp256r1_sha256},
        SignatureFile{"p384_sha512", "ecdsa_secp384r1_sha512_test.json", 542, SignatureScheme::ecdsa_secp521r1_sha512},
        SignatureFile{"ed25519", "ed25519_test.json", 151, SignatureScheme::ed25519},
        SignatureFile{"pss_2048_sha256", "rsa_pss_2048_sha256_mgf1_32_test.json", 108,
                      SignatureScheme::rsa_pss_rsae_sha256},
        SignatureFile{"pss_2048_sha384", "rsa_pss_2048_sha384_mgf1_48_test.json", 141,
                      SignatureScheme::rsa_pss_rsae_sha384},
        SignatureFile{"pss_3072_sha256", "rsa_pss_3072_sha256_mgf1_32_test.json", 108,
                      SignatureScheme::rsa_pss_rsae_sha256},
        SignatureFile{"pss_4096_sha256", "rsa_pss_4096_sha256_mgf1_32_test.json", 108,
                      SignatureScheme::rsa_pss_rsae_sha256},
        SignatureFile{"pss_4096_sha384", "rsa_pss_4096_sha384_mgf1_48_test.json", 141,
                      SignatureScheme::rsa_pss_rsae_sha384},
        SignatureFile{"pss_4096_sha512", "rsa_pss_4096_sha512_mgf1_64_test.json", 179,
                      SignatureScheme::rsa_pss_rsae_sha512},
        SignatureFile{"pss_misc", "rsa_pss_misc_test.json", 150, SignatureScheme::rsa_pss_rsae_sha256, 147},
        SignatureFile{"pkcs1_2048_sha256", "rsa_signature_2048_sha256_test.json", 259,
                      SignatureScheme::rsa_pkcs1_sha256},
        SignatureFile{"pkcs1_2048_sha384", "rsa_signature_2048_sha384_test.json", 258,
                      SignatureScheme::rsa_pkcs1_sha384},
        SignatureFile{"pkcs1_2048_sha512", "rsa_signature_2048_sha512_test.json", 259,
                      SignatureScheme::rsa_pkcs1_sha512},
        SignatureFile{"pkcs1_3072_sha256", "rsa_signature_3072_sha256_test.json", 259,
                      SignatureScheme::rsa_pkcs1_sha256},
        SignatureFile{"pkcs1_3072_sha384", "rsa_signature_3072_sha384_test.json", 259,
                      SignatureScheme::rsa_pkcs1_sha384},
        SignatureFile{"pkcs1_3072_sha512", "rsa_signature_3072_sha512_test.json", 260,
                      SignatureScheme::rsa_pkcs1_sha512},
        SignatureFile{"pkcs1_4096_sha256", "rsa_signature_4096_sha256_test.json", 258,
                      SignatureScheme::rsa_pkcs1_sha256},
        SignatureFile{"pkcs1_4096_sha384", "rsa_signature_4096_sha384_test.json", 259,
                      SignatureScheme::rsa_pkcs1_sha384},
        SignatureFile{"pkcs1_4096_sha512", "rsa_signature_4096_sha512_test.json", 259,
                      SignatureScheme::rsa_pkcs1_sha512}),
    [](const auto& row) { return std::string(row.param.name); });

struct DecryptionFile {
  const char* name;
  const char* file;
  std::size_t cases;
};

class WycheproofDecryption : public testing::TestWithParam<DecryptionFile> {};

// A pre-master secret is 48 octets that begin with the client's version; no case's message is that, so that every case
// has to give random octets: the valid ones, which are well padded, no less than the others. RFC 5246, 7.4.7.1.
TEST_P(WycheproofDecryption, takes_a_premaster_secret_and_hides_everything_else) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  for (const auto& group : json->at("testGroups")) {
    const auto key = crypto::PrivateKey::from_pem(group.at("privateKeyPem").get<std::string>(), {});
    ASSERT_TRUE(key) << key.error().detail;
    const auto theirs = PublicKey::from_spki(key->subject_public_key_info().value());
    ASSERT_TRUE(theirs);
    Bytes premaster(crypto::premaster_length, 0x2a);
    premaster[0] = premaster[1] = 3;
    const auto encrypted = theirs->encrypt_premaster(premaster);
    ASSERT_TRUE(encrypted);
    EXPECT_TRUE(same(key->decrypt_premaster(*encrypted, ProtocolVersion::tls12)->view(), premaster));
    for (const auto& test : group.at("tests")) {
      const auto message = octets(test, "msg");
      ASSERT_FALSE(message.size() == crypto::premaster_length && message[0] == 3 && message[1] == 3)
          << wycheproof::where(test);
      const auto first = key->decrypt_premaster(octets(test, "ct"), ProtocolVersion::tls12);
      const auto second = key->decrypt_premaster(octets(test, "ct"), ProtocolVersion::tls12);
      ASSERT_TRUE(first && second) << wycheproof::where(test);
      EXPECT_EQ(first->size(), crypto::premaster_length) << wycheproof::where(test);
      EXPECT_FALSE(same(first->view(), second->view())) << wycheproof::where(test);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(of, WycheproofDecryption,
                         testing::Values(DecryptionFile{"rsa_2048", "rsa_pkcs1_2048_test.json", 67},
                                         DecryptionFile{"rsa_3072", "rsa_pkcs1_3072_test.json", 67},
                                         DecryptionFile{"rsa_4096", "rsa_pkcs1_4096_test.json", 67}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace sotto
