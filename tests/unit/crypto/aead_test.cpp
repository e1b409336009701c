#include "crypto/aead.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <numeric>

namespace sotto::crypto {
namespace {

constexpr auto algorithms = std::to_array<AeadAlgorithm>({AeadAlgorithm::aes_128_gcm, AeadAlgorithm::aes_256_gcm,
                                                          AeadAlgorithm::chacha20_poly1305, AeadAlgorithm::aes_128_ccm,
                                                          AeadAlgorithm::aes_256_ccm, AeadAlgorithm::aes_128_ccm_8,
                                                          AeadAlgorithm::aes_256_ccm_8});

Bytes numbers(std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

constexpr AeadNonce nonce{1, 2, 3};
const Bytes header = numbers(5);

Bytes seal(Aead& aead, View plaintext, View trailer = {}) {
  Bytes sealed(plaintext.size() + trailer.size() + aead_tag_length_of(aead.algorithm()));
  EXPECT_TRUE(aead.seal(nonce, header, plaintext, trailer, sealed));
  return sealed;
}

Aead make(AeadAlgorithm algorithm, Aead::Direction direction) {
  auto aead = Aead::create(algorithm, direction, numbers(aead_key_length(algorithm)));
  EXPECT_TRUE(aead);
  return std::move(*aead);
}

TEST(Aead, opens_what_it_sealed_whatever_the_length) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    auto opener = make(algorithm, Aead::Direction::open);
    for (const std::size_t length : {0U, 1U, 15U, 16U, 17U, 1350U, 16384U}) {
      auto sealed = seal(sealer, numbers(length));
      const auto opened = opener.open(nonce, header, sealed);
      ASSERT_TRUE(opened) << length;
      EXPECT_TRUE(same(*opened, numbers(length)));
      EXPECT_EQ(opened->data(), sealed.data());
    }
  }
}

TEST(Aead, a_trailer_is_sealed_as_if_it_were_part_of_the_plaintext) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    const auto whole = numbers(100);
    const auto expected = seal(sealer, whole);
    for (std::size_t split = 0; split <= whole.size(); ++split)
      EXPECT_EQ(seal(sealer, View(whole).first(split), View(whole).subspan(split)), expected) << split;
  }
}

TEST(Aead, seals_in_place) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    const Bytes trailer{23};
    const auto expected = seal(sealer, numbers(77), trailer);
    auto buffer = numbers(77);
    buffer.resize(77 + 1 + aead_tag_length_of(algorithm));
    ASSERT_TRUE(sealer.seal(nonce, header, View(buffer).first(77), trailer, buffer));
    EXPECT_EQ(buffer, expected);
  }
}

// Records of any length follow one another under one key.
TEST(Aead, one_context_seals_and_opens_texts_of_changing_lengths) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    auto opener = make(algorithm, Aead::Direction::open);
    for (const std::size_t length : {100U, 0U, 1U, 0U, 33U, 5U}) {
      auto sealed = seal(sealer, numbers(length));
      const auto opened = opener.open(nonce, header, sealed);
      ASSERT_TRUE(opened) << length;
      EXPECT_TRUE(same(*opened, numbers(length)));
      auto forged = seal(sealer, numbers(length));
      forged.back() = static_cast<std::uint8_t>(forged.back() ^ 1U);
      EXPECT_EQ(opener.open(nonce, header, forged).error().code, Code::bad_record_mac);
    }
  }
}

TEST(Aead, refuses_every_changed_bit) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    auto opener = make(algorithm, Aead::Direction::open);
    const auto sealed = seal(sealer, numbers(20));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      auto changed = sealed;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
      EXPECT_EQ(opener.open(nonce, header, changed).error().code, Code::bad_record_mac) << bit;
    }
    auto unchanged = sealed;
    EXPECT_TRUE(opener.open(nonce, header, unchanged)) << "a failure must not stay in the context";
  }
}

TEST(Aead, refuses_another_nonce_other_additional_data_and_another_key) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    auto opener = make(algorithm, Aead::Direction::open);
    const auto sealed = seal(sealer, numbers(20));
    auto copy = sealed;
    EXPECT_EQ(opener.open({1, 2, 4}, header, copy).error().code, Code::bad_record_mac);
    copy = sealed;
    EXPECT_EQ(opener.open(nonce, numbers(6), copy).error().code, Code::bad_record_mac);
    copy = sealed;
    auto other = Aead::create(algorithm, Aead::Direction::open, Bytes(aead_key_length(algorithm)));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->open(nonce, header, copy).error().code, Code::bad_record_mac);
  }
}

TEST(Aead, gives_away_nothing_of_what_is_not_authentic) {
  for (const auto algorithm : algorithms) {
    auto sealer = make(algorithm, Aead::Direction::seal);
    auto opener = make(algorithm, Aead::Direction::open);
    auto sealed = seal(sealer, Bytes(100, 'p'));
    sealed.back() ^= 1U;
    EXPECT_FALSE(opener.open(nonce, header, sealed));
    EXPECT_TRUE(same(View(sealed).first(100), Bytes(100)));
  }
}

TEST(Aead, what_is_shorter_than_a_tag_is_not_authentic) {
  for (const auto algorithm : algorithms) {
    auto opener = make(algorithm, Aead::Direction::open);
    for (std::size_t length = 0; length < aead_tag_length_of(algorithm); ++length) {
      auto sealed = numbers(length);
      EXPECT_EQ(opener.open(nonce, header, sealed).error().code, Code::bad_record_mac);
    }
  }
}

TEST(Aead, takes_no_key_and_no_buffer_of_another_length) {
  for (const auto algorithm : algorithms) {
    const auto length = aead_key_length(algorithm);
    for (const auto wrong : {std::size_t{0}, length - 1, length + 1})
      EXPECT_EQ(Aead::create(algorithm, Aead::Direction::seal, numbers(wrong)).error().code, Code::crypto_failed);
    auto sealer = make(algorithm, Aead::Direction::seal);
    for (const int wrong : {-1, 1}) {
      Bytes out(10 + aead_tag_length_of(algorithm) + static_cast<std::size_t>(wrong));
      EXPECT_EQ(sealer.seal(nonce, header, numbers(10), {}, out).error().code, Code::crypto_failed);
    }
  }
}

TEST(Aead, a_failure_leaves_no_error_behind_in_libcrypto) {
  for (const auto algorithm : algorithms) {
    auto opener = make(algorithm, Aead::Direction::open);
    auto forged = numbers(40);
    EXPECT_FALSE(opener.open(nonce, header, forged));
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

TEST(Aead, one_that_was_moved_from_fails_instead_of_crashing) {
  for (const auto algorithm : algorithms) {
    auto first = make(algorithm, Aead::Direction::seal);
    auto second = std::move(first);
    Bytes out(aead_tag_length_of(algorithm));
    EXPECT_TRUE(second.seal(nonce, header, {}, {}, out));
    EXPECT_EQ(first.seal(nonce, header, {}, {}, out).error().code, Code::crypto_failed);
    EXPECT_EQ(first.open(nonce, header, out).error().code, Code::crypto_failed);
  }
}

}  // namespace
}  // namespace sotto::crypto
