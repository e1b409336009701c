#include "crypto/cbc.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

constexpr CbcIv iv{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
const char* const plaintext =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

struct Vector {
  CbcAlgorithm algorithm;
  const char* key;
  const char* ciphertext;
};

// NIST SP 800-38A, F.2.1 and F.2.5.
const Vector vectors[] = {
    {CbcAlgorithm::aes_128_cbc, "2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {CbcAlgorithm::aes_256_cbc, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"}};

TEST(Cbc, computes_the_vectors_of_sp_800_38a_again_and_again) {
  for (const auto& vector : vectors) {
    auto encrypting = Cbc::create(vector.algorithm, Cbc::Direction::encrypt, from_hex(vector.key));
    auto decrypting = Cbc::create(vector.algorithm, Cbc::Direction::decrypt, from_hex(vector.key));
    ASSERT_TRUE(encrypting && decrypting);
    for (int i = 0; i < 2; ++i) {
      auto blocks = from_hex(plaintext);
      ASSERT_TRUE(encrypting->transform(iv, blocks));
      EXPECT_EQ(to_hex(blocks), vector.ciphertext);
      ASSERT_TRUE(decrypting->transform(iv, blocks));
      EXPECT_EQ(to_hex(blocks), plaintext);
    }
  }
}

TEST(Cbc, takes_whole_blocks_and_no_key_of_another_length) {
  for (const auto& vector : vectors) {
    auto cbc = Cbc::create(vector.algorithm, Cbc::Direction::encrypt, from_hex(vector.key)).value();
    Bytes octets(17);
    EXPECT_TRUE(cbc.transform(iv, {}));
    EXPECT_EQ(cbc.transform(iv, MutableView(octets).first(15)).error().code, Code::crypto_failed);
    EXPECT_EQ(cbc.transform(iv, octets).error().code, Code::crypto_failed);
    for (const auto length : {std::size_t{0}, from_hex(vector.key).size() - 1, from_hex(vector.key).size() + 1})
      EXPECT_EQ(Cbc::create(vector.algorithm, Cbc::Direction::encrypt, Bytes(length)).error().code,
                Code::crypto_failed);
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

TEST(Cbc, one_that_was_moved_from_fails_instead_of_crashing) {
  auto first = Cbc::create(CbcAlgorithm::aes_128_cbc, Cbc::Direction::encrypt, Bytes(16)).value();
  auto second = std::move(first);
  Bytes block(16);
  EXPECT_TRUE(second.transform(iv, block));
  EXPECT_EQ(first.transform(iv, block).error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::crypto
