#include "crypto/hkdf.hpp"

#include <gtest/gtest.h>

#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

TEST(Hkdf, expands_the_vectors_of_rfc5869) {
  struct Case {
    const char *ikm, *salt, *info, *prk, *okm;
  };
  // RFC 5869, A.1 and A.3.
  const Case cases[] = {{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
                         "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
                        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
                         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"}};
  for (const auto& row : cases) {
    const auto key = hkdf_extract(HashAlgorithm::sha256, from_hex(row.salt), from_hex(row.ikm));
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->view()), row.prk);
    Bytes out(42);
    ASSERT_TRUE(hkdf_expand(HashAlgorithm::sha256, key->view(), from_hex(row.info), out));
    EXPECT_EQ(to_hex(out), row.okm);
  }
}

TEST(Hkdf, an_absent_salt_is_a_string_of_zeros) {
  const Bytes zeros(hash_length(HashAlgorithm::sha384));
  const auto absent = hkdf_extract(HashAlgorithm::sha384, {}, from_hex("0102"));
  const auto given = hkdf_extract(HashAlgorithm::sha384, zeros, from_hex("0102"));
  ASSERT_TRUE(absent && given);
  EXPECT_TRUE(same(absent->view(), given->view()));
}

TEST(Hkdf, expands_at_most_255_blocks) {
  const Bytes key(32, 7);
  Bytes out(255 * 32);
  EXPECT_TRUE(hkdf_expand(HashAlgorithm::sha256, key, {}, out));
  out.push_back(0);
  EXPECT_EQ(hkdf_expand(HashAlgorithm::sha256, key, {}, out).error().code, Code::crypto_failed);
}

TEST(Hkdf, a_shorter_output_is_the_start_of_a_longer_one) {
  const Bytes key(48, 9);
  Bytes longer(200);
  ASSERT_TRUE(hkdf_expand(HashAlgorithm::sha384, key, from_hex("aabb"), longer));
  for (const std::size_t length : {0U, 1U, 47U, 48U, 49U, 96U, 199U}) {
    Bytes shorter(length);
    ASSERT_TRUE(hkdf_expand(HashAlgorithm::sha384, key, from_hex("aabb"), shorter));
    EXPECT_TRUE(same(shorter, View(longer).first(length))) << length;
  }
}

TEST(Hmac, computes_the_vectors_of_rfc4231) {
  const auto data = as_view(std::string_view("what do ya want for nothing?"));
  const auto key = as_view(std::string_view("Jefe"));
  EXPECT_EQ(to_hex(hmac(HashAlgorithm::sha256, key, {data})->view()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac(HashAlgorithm::sha384, key, {data})->view()),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  // RFC 4231, 4.7: a key longer than a block is hashed first.
  EXPECT_EQ(to_hex(hmac(HashAlgorithm::sha256, Bytes(131, 0xaa),
                        {as_view(std::string_view("Test Using Larger Than Block-Size Key - Hash Key First"))})
                       ->view()),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, takes_its_text_in_parts) {
  const Bytes key(20, 1);
  const auto whole = hmac(HashAlgorithm::sha512, key, {as_view(std::string_view("one two three"))});
  const auto parts =
      hmac(HashAlgorithm::sha512, key, {as_view(std::string_view("one ")), {}, as_view(std::string_view("two three"))});
  ASSERT_TRUE(whole && parts);
  EXPECT_TRUE(same(whole->view(), parts->view()));
}

}  // namespace
}  // namespace sotto::crypto
