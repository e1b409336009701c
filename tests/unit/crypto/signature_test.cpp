#include "crypto/signature.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <string>
#include <thread>

#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

struct Sort {
  const char* name;
  KeyType type;
  std::size_t bits;
  std::vector<SignatureScheme> schemes;
};

const Sort sorts[] = {
    {"P-256", KeyType::ecdsa_p256, 256, {SignatureScheme::ecdsa_secp256r1_sha256}},
    {"P-384", KeyType::ecdsa_p384, 384, {SignatureScheme::ecdsa_secp384r1_sha384}},
    {"P-521", KeyType::ecdsa_p521, 521, {SignatureScheme::ecdsa_secp521r1_sha512}},
    {"ED25519", KeyType::ed25519, 256, {SignatureScheme::ed25519}},
    {"RSA",
     KeyType::rsa,
     2048,
     {SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::rsa_pss_rsae_sha384,
      SignatureScheme::rsa_pss_rsae_sha512}},
    {"RSA-PSS",
     KeyType::rsa_pss,
     2048,
     {SignatureScheme::rsa_pss_pss_sha256, SignatureScheme::rsa_pss_pss_sha384, SignatureScheme::rsa_pss_pss_sha512}}};

const SignatureScheme all_schemes[] = {SignatureScheme::rsa_pkcs1_sha256,       SignatureScheme::rsa_pkcs1_sha384,
                                       SignatureScheme::rsa_pkcs1_sha512,       SignatureScheme::ecdsa_secp256r1_sha256,
                                       SignatureScheme::ecdsa_secp384r1_sha384, SignatureScheme::ecdsa_secp521r1_sha512,
                                       SignatureScheme::rsa_pss_rsae_sha256,    SignatureScheme::rsa_pss_rsae_sha384,
                                       SignatureScheme::rsa_pss_rsae_sha512,    SignatureScheme::ed25519,
                                       SignatureScheme::rsa_pss_pss_sha256,     SignatureScheme::rsa_pss_pss_sha384,
                                       SignatureScheme::rsa_pss_pss_sha512};

Key make_rsa(const char* type, int bits, const EVP_MD* only_hash = nullptr, int least_salt = -1) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits), 1);
  if (only_hash != nullptr) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_keygen_md(context.get(), only_hash), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(context.get(), only_hash), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context.get(), least_salt), 1);
  }
  EXPECT_EQ(EVP_PKEY_generate(context.get(), &made), 1);
  return Key(made);
}

Key make(const std::string& name) {
  if (name.starts_with("RSA")) return make_rsa(name.c_str(), 2048);
  if (name.starts_with("P-") || name == "secp256k1")
    return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", name.c_str()));
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, name.c_str()));
}

enum class Form { pkcs8, traditional, encrypted };

std::string pem_of(EVP_PKEY* key, Form form = Form::pkcs8) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const char passphrase[] = "correct horse";
  const auto* cipher = form == Form::encrypted ? EVP_aes_256_cbc() : nullptr;
  const auto written =
      form == Form::traditional
          ? PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr)
          : PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher, passphrase, sizeof passphrase - 1, nullptr, nullptr);
  EXPECT_EQ(written, 1);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

Bytes spki_of(EVP_PKEY* key) {
  unsigned char* data = nullptr;
  const auto length = i2d_PUBKEY(key, &data);
  Bytes spki(data, data + length);
  OPENSSL_free(data);
  return spki;
}

bool contains(const std::vector<SignatureScheme>& schemes, SignatureScheme scheme) {
  return std::ranges::find(schemes, scheme) != schemes.end();
}

const auto message = as_view(std::string_view("a handshake's transcript"));

TEST(Signature, every_kind_of_key_signs_and_verifies_with_each_of_its_schemes) {
  for (const auto& sort : sorts) {
    const auto key = make(sort.name);
    const auto ours = PrivateKey::from_pem(pem_of(key.get()), {});
    ASSERT_TRUE(ours) << sort.name << ": " << ours.error().detail;
    const auto spki = ours->subject_public_key_info();
    ASSERT_TRUE(spki);
    EXPECT_EQ(*spki, spki_of(key.get()));
    const auto theirs = PublicKey::from_spki(*spki);
    ASSERT_TRUE(theirs) << sort.name << ": " << theirs.error().detail;
    EXPECT_EQ(ours->type(), sort.type);
    EXPECT_EQ(theirs->type(), sort.type);
    EXPECT_EQ(ours->bits(), sort.bits) << sort.name;
    EXPECT_EQ(theirs->bits(), sort.bits) << sort.name;
    EXPECT_EQ(ours->tls13_schemes(), sort.schemes);
    EXPECT_EQ(theirs->tls13_schemes(), sort.schemes);
    for (const auto scheme : sort.schemes) {
      auto signature = ours->sign(scheme, message);
      ASSERT_TRUE(signature) << to_string(scheme);
      EXPECT_TRUE(theirs->verify(scheme, message, *signature)) << to_string(scheme);
      EXPECT_EQ(theirs->verify(scheme, message.subspan(1), *signature).error().code, Code::bad_signature);
      signature->back() = static_cast<std::uint8_t>(signature->back() ^ 1U);
      EXPECT_EQ(theirs->verify(scheme, message, *signature).error().code, Code::bad_signature);
      EXPECT_EQ(theirs->verify(scheme, message, {}).error().code, Code::bad_signature);
      EXPECT_EQ(ERR_peek_error(), 0U) << "libcrypto's queue stays empty";
    }
  }
}

// RFC 8446, 4.2.3: a scheme binds the curve, and PKCS#1 is for certificates only.
TEST(Signature, a_scheme_of_tls13_binds_the_curve_and_the_padding) {
  for (const auto& sort : sorts)
    for (const auto scheme : all_schemes)
      EXPECT_EQ(scheme_fits(scheme, sort.type), contains(sort.schemes, scheme)) << sort.name << to_string(scheme);
}

// RFC 5246, 7.4.1.4.1 and RFC 8422, 5.1.1: a scheme of TLS 1.2 is a hash with a kind of key.
TEST(Signature, every_kind_of_key_has_its_schemes_of_tls12_in_order) {
  using enum SignatureScheme;
  const std::pair<KeyType, std::vector<SignatureScheme>> rows[] = {
      {KeyType::ecdsa_p256, {ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512}},
      {KeyType::ecdsa_p384, {ecdsa_secp384r1_sha384, ecdsa_secp256r1_sha256, ecdsa_secp521r1_sha512}},
      {KeyType::ecdsa_p521, {ecdsa_secp521r1_sha512, ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384}},
      {KeyType::ed25519, {SignatureScheme::ed25519}},
      {KeyType::rsa,
       {rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512, rsa_pkcs1_sha256, rsa_pkcs1_sha384,
        rsa_pkcs1_sha512}},
      {KeyType::rsa_pss, {rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512}}};
  for (const auto& [type, schemes] : rows) {
    EXPECT_EQ(tls12_schemes_of(type, 2048), schemes);
    for (const auto scheme : all_schemes)
      EXPECT_EQ(scheme_fits_tls12(scheme, type), contains(schemes, scheme)) << to_string(scheme);
  }
}

TEST(Signature, every_kind_of_key_signs_and_verifies_with_each_of_its_schemes_of_tls12) {
  for (const auto& sort : sorts) {
    const auto key = make(sort.name);
    const auto ours = PrivateKey::from_pem(pem_of(key.get()), {});
    const auto theirs = PublicKey::from_spki(spki_of(key.get()));
    ASSERT_TRUE(ours && theirs) << sort.name;
    EXPECT_EQ(ours->tls12_schemes(), tls12_schemes_of(sort.type, sort.bits));
    EXPECT_EQ(theirs->tls12_schemes(), ours->tls12_schemes());
    for (const auto scheme : ours->tls12_schemes()) {
      auto signature = ours->sign(scheme, message);
      ASSERT_TRUE(signature) << sort.name << ' ' << to_string(scheme);
      EXPECT_TRUE(theirs->verify(scheme, message, *signature)) << sort.name << ' ' << to_string(scheme);
      for (const auto other : theirs->tls12_schemes()) {
        if (other == scheme) continue;
        EXPECT_EQ(theirs->verify(other, message, *signature).error().code, Code::bad_signature) << to_string(other);
      }
      signature->back() = static_cast<std::uint8_t>(signature->back() ^ 1U);
      EXPECT_EQ(theirs->verify(scheme, message, *signature).error().code, Code::bad_signature) << to_string(scheme);
    }
  }
}

TEST(Signature, a_key_makes_no_signature_of_another_kind) {
  for (const auto& sort : sorts) {
    const auto key = make(sort.name);
    const auto ours = PrivateKey::from_pem(pem_of(key.get()), {});
    const auto theirs = PublicKey::from_spki(spki_of(key.get()));
    ASSERT_TRUE(ours && theirs);
    for (const auto scheme : all_schemes) {
      if (scheme_fits_tls12(scheme, sort.type)) continue;
      EXPECT_EQ(ours->sign(scheme, message).error().code, Code::crypto_failed) << to_string(scheme);
      EXPECT_EQ(theirs->verify(scheme, message, Bytes(64)).error().code, Code::wrong_signature_scheme)
          << to_string(scheme);
    }
  }
}

TEST(Signature, a_small_rsa_key_has_no_room_for_a_large_hash) {
  const std::vector<SignatureScheme> small{SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::rsa_pss_rsae_sha384};
  EXPECT_EQ(tls13_schemes_of(KeyType::rsa, 1024), small);
  EXPECT_EQ(tls12_schemes_of(KeyType::rsa, 1024).size(), small.size() + 3U) << "PKCS#1 has room for every hash";
  EXPECT_EQ(tls13_schemes_of(KeyType::rsa, 2048).size(), 3U);
}

// RFC 4055, 1.2: the parameters of an id-RSASSA-PSS key restrict what it may be used for.
TEST(Signature, a_restricted_pss_key_keeps_to_its_hash) {
  const auto key = make_rsa("RSA-PSS", 2048, EVP_sha384(), 48);
  const std::vector<SignatureScheme> only{SignatureScheme::rsa_pss_pss_sha384};
  const auto ours = PrivateKey::from_pem(pem_of(key.get()), {});
  const auto theirs = PublicKey::from_spki(spki_of(key.get()));
  ASSERT_TRUE(ours && theirs) << theirs.error().detail;
  EXPECT_EQ(ours->tls13_schemes(), only);
  EXPECT_EQ(theirs->tls13_schemes(), only);
  EXPECT_EQ(ours->tls12_schemes(), only);
  EXPECT_EQ(theirs->tls12_schemes(), only);
  const auto signature = ours->sign(only.front(), message);
  ASSERT_TRUE(signature);
  EXPECT_TRUE(theirs->verify(only.front(), message, *signature));
  EXPECT_FALSE(ours->sign(SignatureScheme::rsa_pss_pss_sha256, message));
  EXPECT_EQ(theirs->verify(SignatureScheme::rsa_pss_pss_sha256, message, *signature).error().code,
            Code::wrong_signature_scheme);
}

TEST(Signature, a_pss_key_restricted_to_what_tls_does_not_use_is_unsupported) {
  for (const auto& [hash, salt] : {std::pair{EVP_sha1(), 20}, std::pair{EVP_sha256(), 33}}) {
    const auto key = make_rsa("RSA-PSS", 2048, hash, salt);
    EXPECT_EQ(PublicKey::from_spki(spki_of(key.get())).error().code, Code::certificate_unsupported_key);
    const auto ours = PrivateKey::from_pem(pem_of(key.get()), {});
    ASSERT_TRUE(ours);
    EXPECT_TRUE(ours->tls13_schemes().empty());
  }
}

TEST(Signature, other_kinds_of_keys_are_unsupported) {
  for (const char* name : {"secp256k1", "P-224", "ED448", "X25519"}) {
    const auto key = make(name);
    ASSERT_TRUE(key) << name;
    EXPECT_EQ(PublicKey::from_spki(spki_of(key.get())).error().code, Code::certificate_unsupported_key) << name;
    EXPECT_EQ(PrivateKey::from_pem(pem_of(key.get()), {}).error().code, Code::unsupported_key) << name;
  }
}

TEST(Signature, small_rsa_keys_are_read_from_a_peer_but_not_used_as_ours) {
  const auto key = make_rsa("RSA", 1024);
  const auto theirs = PublicKey::from_spki(spki_of(key.get()));
  ASSERT_TRUE(theirs);
  EXPECT_EQ(theirs->bits(), 1024U);
  EXPECT_EQ(PrivateKey::from_pem(pem_of(key.get()), {}).error().code, Code::unsupported_key);
  EXPECT_EQ(PublicKey::from_spki(spki_of(make_rsa("RSA", 1016).get())).error().code, Code::certificate_unsupported_key);
}

TEST(Signature, a_public_key_that_is_cut_changed_or_too_long_is_refused) {
  for (const auto& sort : sorts) {
    const auto spki = spki_of(make(sort.name).get());
    for (std::size_t length = 0; length < spki.size(); ++length)
      EXPECT_EQ(PublicKey::from_spki(View(spki).first(length)).error().code, Code::certificate_malformed);
    auto longer = spki;
    longer.push_back(0);
    EXPECT_EQ(PublicKey::from_spki(longer).error().code, Code::certificate_malformed);
  }
  auto off_curve = spki_of(make("P-256").get());
  off_curve.back() = static_cast<std::uint8_t>(off_curve.back() ^ 1U);
  EXPECT_EQ(PublicKey::from_spki(off_curve).error().code, Code::certificate_malformed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Signature, reads_private_keys_in_every_usual_form) {
  for (const char* name : {"P-256", "RSA"}) {
    const auto key = make(name);
    const auto spki = spki_of(key.get());
    EXPECT_EQ(PrivateKey::from_pem(pem_of(key.get(), Form::traditional), {})->subject_public_key_info().value(), spki);
    EXPECT_EQ(PrivateKey::from_pem(pem_of(key.get(), Form::pkcs8), {})->subject_public_key_info().value(), spki);
    const auto encrypted = pem_of(key.get(), Form::encrypted);
    const auto opened = PrivateKey::from_pem(encrypted, [] { return Result<std::string>("correct horse"); });
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(opened->subject_public_key_info().value(), spki);
  }
}

TEST(Signature, asks_for_a_passphrase_only_where_one_is_needed) {
  const auto key = make("P-256");
  int asked = 0;
  const auto source = [&]() -> Result<std::string> {
    ++asked;
    return "correct horse";
  };
  EXPECT_TRUE(PrivateKey::from_pem(pem_of(key.get()), source));
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(PrivateKey::from_pem(pem_of(key.get(), Form::encrypted), source));
  EXPECT_EQ(asked, 1);
}

TEST(Signature, a_wrong_a_missing_and_a_refused_passphrase_are_told_apart) {
  const auto pem = pem_of(make("P-256").get(), Form::encrypted);
  EXPECT_EQ(PrivateKey::from_pem(pem, [] { return Result<std::string>("battery"); }).error().code,
            Code::wrong_passphrase);
  EXPECT_EQ(PrivateKey::from_pem(pem, [] { return Result<std::string>(""); }).error().code, Code::wrong_passphrase);
  const auto missing = PrivateKey::from_pem(pem, {});
  EXPECT_EQ(missing.error().code, Code::wrong_passphrase);
  EXPECT_EQ(missing.error().detail, "no passphrase was given");
  const auto refused =
      PrivateKey::from_pem(pem, [] { return Result<std::string>(fail(Code::unreadable_file, "p.txt")); });
  EXPECT_EQ(refused.error().code, Code::unreadable_file);
  EXPECT_EQ(PrivateKey::from_pem(pem, [] { return Result<std::string>(std::string(5000, 'x')); }).error().code,
            Code::wrong_passphrase);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Signature, garbage_is_no_private_key) {
  EXPECT_EQ(PrivateKey::from_pem("", {}).error().code, Code::malformed_pem);
  EXPECT_EQ(PrivateKey::from_pem("hello", {}).error().detail, "there is no private key in it");
  EXPECT_EQ(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", {}).error().code,
            Code::malformed_pem);
  auto cut = pem_of(make("RSA").get());
  cut.resize(cut.size() / 2);
  EXPECT_EQ(PrivateKey::from_pem(cut, {}).error().code, Code::malformed_pem);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Signature, several_threads_sign_with_one_key_at_once) {
  for (const char* name : {"P-256", "RSA", "ED25519"}) {
    const auto key = make(name);
    const auto ours = PrivateKey::from_pem(pem_of(key.get()), {});
    const auto theirs = PublicKey::from_spki(spki_of(key.get()));
    ASSERT_TRUE(ours && theirs);
    const auto scheme = ours->tls13_schemes().front();
    std::array<int, 4> good{};
    std::vector<std::jthread> threads;
    for (auto& count : good)
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i)
          count += theirs->verify(scheme, message, ours->sign(scheme, message).value()) ? 1 : 0;
      });
    threads.clear();
    for (const auto count : good) EXPECT_EQ(count, 20);
  }
}

}  // namespace
}  // namespace sotto::crypto
