#include "crypto/record_mac.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <numeric>

#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

constexpr auto hashes = std::to_array<MacHash>({MacHash::sha1, MacHash::sha256, MacHash::sha384});

Bytes numbers(std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

constexpr MacPrefix prefix{1, 2, 3, 4, 5, 6, 7, 8, 23, 3, 3, 1, 200};

const EVP_MD* md(MacHash hash) {
  return hash == MacHash::sha1 ? EVP_sha1() : hash == MacHash::sha256 ? EVP_sha256() : EVP_sha384();
}

// What libcrypto's own HMAC says.
Bytes expected(MacHash hash, View key, View content) {
  auto message = own(prefix);
  message.insert(message.end(), content.begin(), content.end());
  Bytes tag(mac_length(hash));
  EXPECT_NE(
      HMAC(md(hash), key.data(), static_cast<int>(key.size()), message.data(), message.size(), tag.data(), nullptr),
      nullptr);
  return tag;
}

RecordMac make(MacHash hash) { return RecordMac::create(hash, numbers(mac_length(hash))).value(); }

TEST(RecordMac, is_the_hmac_of_prefix_and_content) {
  for (const auto hash : hashes) {
    const auto mac = make(hash);
    for (std::size_t length = 0; length < 600; ++length) {
      const auto content = numbers(length);
      EXPECT_EQ(own(mac.compute(prefix, content).view()), expected(hash, numbers(mac_length(hash)), content)) << length;
    }
    const auto longest = numbers(16384);
    EXPECT_EQ(own(mac.compute(prefix, longest).view()), expected(hash, numbers(mac_length(hash)), longest));
  }
}

TEST(RecordMac, a_secret_length_gives_the_same_tag_wherever_the_bounds_are) {
  for (const auto hash : hashes) {
    const auto mac = make(hash);
    for (const std::size_t whole : {0U, 1U, 50U, 51U, 52U, 255U, 300U, 421U}) {
      const auto content = numbers(whole);
      const auto least = whole > 255 ? whole - 255 : 0;
      for (auto length = least; length <= whole; ++length)
        for (const auto bound : {least, length})
          EXPECT_EQ(own(mac.compute(prefix, content, {bound, length}).view()),
                    expected(hash, numbers(mac_length(hash)), View(content).first(length)))
              << whole << ' ' << length << ' ' << bound;
    }
  }
}

TEST(RecordMac, what_stands_behind_the_secret_length_does_not_count) {
  for (const auto hash : hashes) {
    const auto mac = make(hash);
    auto content = numbers(300);
    const auto tag = own(mac.compute(prefix, content, {45, 100}).view());
    std::fill(content.begin() + 100, content.end(), std::uint8_t{0xff});
    EXPECT_EQ(own(mac.compute(prefix, content, {45, 100}).view()), tag);
    content[99] = 0xff;
    EXPECT_NE(own(mac.compute(prefix, content, {45, 100}).view()), tag);
  }
}

TEST(RecordMac, a_key_has_the_length_of_the_hash) {
  for (const auto hash : hashes)
    for (const auto length : {std::size_t{0}, mac_length(hash) - 1, mac_length(hash) + 1})
      EXPECT_EQ(RecordMac::create(hash, numbers(length)).error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::crypto
