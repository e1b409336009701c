#include "crypto/premaster.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <functional>
#include <numeric>
#include <string>

#include "crypto/handles.hpp"
#include "crypto/signature.hpp"

namespace sotto::crypto {
namespace {

struct Pair {
  Key key;
  PrivateKey ours;
  PublicKey theirs;
};

Key generate(const char* type, unsigned bits) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  EXPECT_EQ(std::string_view(type) == "EC" ? EVP_PKEY_CTX_set_group_name(context.get(), "P-256")
                                           : EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)),
            1);
  EXPECT_EQ(EVP_PKEY_generate(context.get(), &made), 1);
  return Key(made);
}

Pair make(const char* type = "RSA", unsigned bits = 2048) {
  auto key = generate(type, bits);
  const Bio bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* pem = nullptr;
  const auto length = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &pem));
  auto ours = PrivateKey::from_pem({pem, length}, {}).value();
  auto theirs = PublicKey::from_spki(ours.subject_public_key_info().value()).value();
  return {std::move(key), std::move(ours), std::move(theirs)};
}

const Pair& pair() {
  static const Pair made = make();
  return made;
}

Bytes premaster(std::uint16_t version = 0x0303, std::size_t length = premaster_length) {
  Bytes bytes(length);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  bytes[0] = static_cast<std::uint8_t>(version >> 8);
  bytes[1] = static_cast<std::uint8_t>(version);
  return bytes;
}

// 00 02, padding that is not zero, 00, the message. RFC 8017, 7.2.1.
Bytes padded(View message) {
  Bytes block(256, 0x5a);
  block[0] = 0;
  block[1] = 2;
  block[block.size() - message.size() - 1] = 0;
  copy(message, MutableView(block).last(message.size()));
  return block;
}

Bytes encrypt_raw(View block) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, pair().key.get(), nullptr));
  Bytes encrypted(256);
  auto length = encrypted.size();
  EXPECT_EQ(EVP_PKEY_encrypt_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_encrypt(context.get(), encrypted.data(), &length, block.data(), block.size()), 1);
  return encrypted;
}

TEST(Premaster, the_server_gets_what_the_client_encrypted) {
  for (const unsigned bits : {2048U, 3072U, 4096U}) {
    const auto keys = make("RSA", bits);
    const auto encrypted = keys.theirs.encrypt_premaster(premaster());
    ASSERT_TRUE(encrypted);
    EXPECT_EQ(encrypted->size(), bits / 8);
    EXPECT_NE(*encrypted, *keys.theirs.encrypt_premaster(premaster())) << "the padding is random";
    const auto decrypted = keys.ours.decrypt_premaster(*encrypted, ProtocolVersion::tls12);
    ASSERT_TRUE(decrypted);
    EXPECT_TRUE(same(decrypted->view(), premaster()));
  }
}

TEST(Premaster, a_padding_made_by_hand_is_taken) {
  const auto decrypted = pair().ours.decrypt_premaster(encrypt_raw(padded(premaster())), ProtocolVersion::tls12);
  ASSERT_TRUE(decrypted);
  EXPECT_TRUE(same(decrypted->view(), premaster()));
}

// RFC 5246, 7.4.7.1: the version is that of the ClientHello, whatever was negotiated.
TEST(Premaster, the_version_is_the_one_that_the_client_hello_said) {
  for (const auto version : {ProtocolVersion::tls10, ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    const auto secret = premaster(static_cast<std::uint16_t>(version));
    const auto decrypted = pair().ours.decrypt_premaster(encrypt_raw(padded(secret)), version);
    ASSERT_TRUE(decrypted);
    EXPECT_TRUE(same(decrypted->view(), secret)) << to_string(version);
  }
}

struct Malformed {
  const char* name;
  std::function<Bytes()> encrypted;
};

Bytes changed(std::size_t index, std::uint8_t octet) {
  auto block = padded(premaster());
  block[index] = octet;
  return encrypt_raw(block);
}

Bytes modulus() {
  Handle<BIGNUM, BN_free> number;
  BIGNUM* got = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(pair().key.get(), "n", &got), 1);
  number.reset(got);
  Bytes octets(256);
  EXPECT_EQ(BN_bn2binpad(number.get(), octets.data(), 256), 256);
  return octets;
}

const Malformed malformed[] = {
    {"a first octet that is not 0", [] { return changed(0, 1); }},
    {"a block type that is not 2", [] { return changed(1, 1); }},
    {"a zero in the first eight octets of padding", [] { return changed(9, 0); }},
    {"a zero later in the padding, so a longer message", [] { return changed(100, 0); }},
    {"no zero behind the padding", [] { return changed(207, 7); }},
    {"a message one octet shorter", [] { return encrypt_raw(padded(View(premaster()).first(47))); }},
    {"a message one octet longer", [] { return encrypt_raw(padded(premaster(0x0303, 49))); }},
    {"no message", [] { return encrypt_raw(padded({})); }},
    {"another minor version", [] { return encrypt_raw(padded(premaster(0x0302))); }},
    {"another major version", [] { return encrypt_raw(padded(premaster(0x0203))); }},
    {"a block of zeros", [] { return Bytes(256); }},
    {"a ciphertext that equals the modulus", [] { return modulus(); }},
    {"a ciphertext above the modulus", [] { return Bytes(256, 0xff); }},
    {"a ciphertext one octet shorter", [] { return Bytes(255, 0x11); }},
    {"a ciphertext one octet longer", [] { return Bytes(257, 0x11); }},
    {"a leading zero before a good ciphertext",
     [] {
       auto longer = encrypt_raw(padded(premaster()));
       longer.insert(longer.begin(), 0);
       return longer;
     }},
    {"an empty ciphertext", [] { return Bytes(); }},
};

// RFC 5246, 7.4.7.1: the server "MUST continue the handshake with a randomly generated premaster secret".
TEST(Premaster, whatever_is_wrong_gives_another_random_secret_each_time_and_no_error) {
  for (const auto& sort : malformed) {
    const auto encrypted = sort.encrypted();
    const auto first = pair().ours.decrypt_premaster(encrypted, ProtocolVersion::tls12);
    const auto second = pair().ours.decrypt_premaster(encrypted, ProtocolVersion::tls12);
    ASSERT_TRUE(first && second) << sort.name;
    EXPECT_EQ(first->size(), premaster_length) << sort.name;
    EXPECT_FALSE(same(first->view(), second->view())) << sort.name;
    EXPECT_FALSE(same(first->view().subspan(2), View(premaster()).subspan(2))) << sort.name;
    EXPECT_EQ(ERR_peek_error(), 0U) << sort.name;
  }
}

TEST(Premaster, a_secret_is_kept_only_if_it_was_decrypted_and_has_the_version) {
  const Bytes substitute(premaster_length, 0xee);
  for (const bool decrypted : {false, true})
    for (const std::uint16_t version : {0x0303, 0x0302, 0x0203, 0x0000}) {
      auto secret = premaster(version);
      keep_or_replace(decrypted ? ~constant_time::Mask{0} : 0, ProtocolVersion::tls12, substitute, secret);
      EXPECT_EQ(secret, decrypted && version == 0x0303 ? premaster() : substitute) << decrypted << version;
    }
}

TEST(Premaster, other_keys_than_rsa_neither_encrypt_nor_decrypt) {
  for (const char* type : {"EC", "RSA-PSS"}) {
    const auto keys = make(type);
    EXPECT_EQ(keys.theirs.encrypt_premaster(premaster()).error().code, Code::certificate_unsupported_key);
    EXPECT_EQ(keys.ours.decrypt_premaster(Bytes(256), ProtocolVersion::tls12).error().code, Code::crypto_failed);
  }
}

TEST(Premaster, a_secret_of_another_length_is_not_encrypted) {
  for (const std::size_t length : {0U, 47U, 49U})
    EXPECT_EQ(pair().theirs.encrypt_premaster(Bytes(length)).error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::crypto
