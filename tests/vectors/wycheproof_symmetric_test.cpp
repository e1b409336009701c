// AEADs, CBC, HMAC and HKDF against Project Wycheproof.
#include <algorithm>
#include <array>

#include "crypto/aead.hpp"
#include "crypto/cbc.hpp"
#include "crypto/hkdf.hpp"
#include "crypto/record_mac.hpp"
#include "vectors/wycheproof.hpp"

namespace sotto {
namespace {

using crypto::Aead;
using crypto::AeadAlgorithm;
using crypto::HashAlgorithm;
using wycheproof::Json;
using wycheproof::octets;

struct AeadFile {
  const char* name;
  const char* file;
  std::size_t cases;
  std::size_t skipped;
};

// What TLS has of the file's algorithm, by the lengths of key and tag in bits.
std::optional<AeadAlgorithm> algorithm_of(const Json& file, const Json& group) {
  struct Row {
    const char* name;
    int key;
    int tag;
    AeadAlgorithm algorithm;
  };
  static constexpr Row rows[] = {{"AES-GCM", 128, 128, AeadAlgorithm::aes_128_gcm},
                                 {"AES-GCM", 256, 128, AeadAlgorithm::aes_256_gcm},
                                 {"CHACHA20-POLY1305", 256, 128, AeadAlgorithm::chacha20_poly1305},
                                 {"AES-CCM", 128, 128, AeadAlgorithm::aes_128_ccm},
                                 {"AES-CCM", 256, 128, AeadAlgorithm::aes_256_ccm},
                                 {"AES-CCM", 128, 64, AeadAlgorithm::aes_128_ccm_8},
                                 {"AES-CCM", 256, 64, AeadAlgorithm::aes_256_ccm_8}};
  if (group.at("ivSize") != 96) return std::nullopt;
  for (const auto& row : rows)
    if (file.at("algorithm") == row.name && group.at("keySize") == row.key && group.at("tagSize") == row.tag)
      return row.algorithm;
  return std::nullopt;
}

// Seals in two parts, as records are, so that every length of content and trailer is met.
Bytes seal(AeadAlgorithm algorithm, const Json& test, std::size_t trailer) {
  auto aead = Aead::create(algorithm, Aead::Direction::seal, octets(test, "key"));
  crypto::AeadNonce nonce{};
  copy(octets(test, "iv"), nonce);
  const auto message = octets(test, "msg");
  const auto split = message.size() - std::min(trailer, message.size());
  Bytes sealed(message.size() + crypto::aead_tag_length_of(algorithm));
  EXPECT_TRUE(aead &&
              aead->seal(nonce, octets(test, "aad"), View(message).first(split), View(message).subspan(split), sealed));
  return sealed;
}

std::optional<Bytes> open(AeadAlgorithm algorithm, const Json& test) {
  auto aead = Aead::create(algorithm, Aead::Direction::open, octets(test, "key"));
  crypto::AeadNonce nonce{};
  copy(octets(test, "iv"), nonce);
  auto sealed = octets(test, "ct");
  const auto tag = octets(test, "tag");
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  const auto opened = aead->open(nonce, octets(test, "aad"), sealed);
  if (!opened) {
    EXPECT_EQ(opened.error().code, Code::bad_record_mac);
    return std::nullopt;
  }
  return own(*opened);
}

class WycheproofAead : public testing::TestWithParam<AeadFile> {};

TEST_P(WycheproofAead, seals_and_opens_as_every_case_says) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  const auto tally = wycheproof::run(
      *json,
      [&](const Json& group, const Json& test) -> std::optional<bool> {
        const auto algorithm = algorithm_of(*json, group);
        if (!algorithm) return std::nullopt;
        const auto opened = open(*algorithm, test);
        if (!opened) return false;
        EXPECT_EQ(*opened, octets(test, "msg")) << wycheproof::where(test);
        auto expected = octets(test, "ct");
        const auto tag = octets(test, "tag");
        expected.insert(expected.end(), tag.begin(), tag.end());
        for (const std::size_t trailer : {0U, 1U, 17U})
          EXPECT_EQ(seal(*algorithm, test, trailer), expected) << wycheproof::where(test);
        return true;
      },
      wycheproof::none);
  tally.print(file.file);
  EXPECT_EQ(tally.skipped, file.skipped);
}

INSTANTIATE_TEST_SUITE_P(of, WycheproofAead,
                         testing::Values(AeadFile{"aes_gcm", "aes_gcm_test.json", 316, 183},
                                         AeadFile{"chacha20_poly1305", "chacha20_poly1305_test.json", 325, 9},
                                         AeadFile{"aes_ccm", "aes_ccm_test.json", 552, 380}),
                         [](const auto& row) { return std::string(row.param.name); });

struct HashFile {
  const char* name;
  const char* file;
  std::size_t cases;
  HashAlgorithm hash;
};
std::string name_of(const testing::TestParamInfo<HashFile>& row) { return row.param.name; }

class WycheproofHmac : public testing::TestWithParam<HashFile> {};

TEST_P(WycheproofHmac, computes_every_tag) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  wycheproof::run(
      *json,
      [&](const Json& group, const Json& test) -> std::optional<bool> {
        const auto computed = crypto::hmac(file.hash, octets(test, "key"), {octets(test, "msg")});
        if (!computed) return false;
        return same(computed->view().first(group.at("tagSize").get<std::size_t>() / 8), octets(test, "tag"));
      },
      wycheproof::none)
      .print(file.file);
}

INSTANTIATE_TEST_SUITE_P(of, WycheproofHmac,
                         testing::Values(HashFile{"sha256", "hmac_sha256_test.json", 174, HashAlgorithm::sha256},
                                         HashFile{"sha384", "hmac_sha384_test.json", 174, HashAlgorithm::sha384},
                                         HashFile{"sha512", "hmac_sha512_test.json", 174, HashAlgorithm::sha512}),
                         name_of);

struct RecordMacFile {
  const char* name;
  const char* file;
  std::size_t cases;
  crypto::MacHash hash;
  std::size_t skipped;
};

class WycheproofRecordMac : public testing::TestWithParam<RecordMacFile> {};

// A key of TLS is as long as the hash's output, and 13 octets stand before the content. The length is a secret among
// all that there could be.
TEST_P(WycheproofRecordMac, computes_every_tag_of_a_record) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  const auto judge = [&](const Json& group, const Json& test) -> std::optional<bool> {
    const auto message = octets(test, "msg");
    crypto::MacPrefix prefix{};
    const auto key = octets(test, "key");
    if (key.size() != crypto::mac_length(file.hash) || message.size() < prefix.size()) return std::nullopt;
    auto content = own(View(message).subspan(copy(message, prefix)));
    const auto length = content.size();
    content.resize(length + 100, 0xee);
    const auto mac = crypto::RecordMac::create(file.hash, key);
    EXPECT_TRUE(mac);
    const auto tag = mac->compute(prefix, content, {.least = 0, .secret = length});
    return same(tag.view().first(group.at("tagSize").get<std::size_t>() / 8), octets(test, "tag"));
  };
  const auto tally = wycheproof::run(*json, judge, wycheproof::none);
  tally.print(file.file);
  EXPECT_EQ(tally.skipped, file.skipped);
}

INSTANTIATE_TEST_SUITE_P(
    of, WycheproofRecordMac,
    testing::Values(RecordMacFile{"sha1", "hmac_sha1_test.json", 170, crypto::MacHash::sha1, 90},
                    RecordMacFile{"sha256", "hmac_sha256_test.json", 174, crypto::MacHash::sha256, 92},
                    RecordMacFile{"sha384", "hmac_sha384_test.json", 174, crypto::MacHash::sha384, 92}),
    [](const auto& row) { return std::string(row.param.name); });

// The file pads as PKCS#7 does, whose padding says its own length without counting the octet that says it.
std::optional<Bytes> without_pkcs7(View blocks) {
  if (blocks.empty() || blocks.back() == 0 || blocks.back() > crypto::cbc_block) return std::nullopt;
  const auto padding = blocks.last(blocks.back());
  if (std::ranges::count(padding, blocks.back()) != std::ssize(padding)) return std::nullopt;
  return own(blocks.first(blocks.size() - padding.size()));
}

Bytes with_pkcs7(Bytes message) {
  const auto padding = crypto::cbc_block - message.size() % crypto::cbc_block;
  message.resize(message.size() + padding, static_cast<std::uint8_t>(padding));
  return message;
}

TEST(WycheproofCbc, encrypts_and_decrypts_as_every_case_says) {
  using crypto::Cbc;
  const auto json = wycheproof::load("aes_cbc_pkcs5_test.json", 216);
  if (!json) GTEST_SKIP() << wycheproof::absent("aes_cbc_pkcs5_test.json", 216);
  const auto judge = [&](const Json& group, const Json& test) -> std::optional<bool> {
    if (group.at("keySize") == 192) return std::nullopt;
    const auto algorithm =
        group.at("keySize") == 128 ? crypto::CbcAlgorithm::aes_128_cbc : crypto::CbcAlgorithm::aes_256_cbc;
    crypto::CbcIv iv{};
    copy(octets(test, "iv"), iv);
    auto blocks = octets(test, "ct");
    auto decrypting = Cbc::create(algorithm, Cbc::Direction::decrypt, octets(test, "key"));
    auto encrypting = Cbc::create(algorithm, Cbc::Direction::encrypt, octets(test, "key"));
    EXPECT_TRUE(decrypting && encrypting) << wycheproof::where(test);
    if (!decrypting->transform(iv, blocks)) return false;
    if (without_pkcs7(blocks) != octets(test, "msg")) return false;
    auto padded = with_pkcs7(octets(test, "msg"));
    EXPECT_TRUE(encrypting->transform(iv, padded));
    EXPECT_EQ(padded, octets(test, "ct")) << wycheproof::where(test);
    return true;
  };
  const auto tally = wycheproof::run(*json, judge, wycheproof::none);
  tally.print("aes_cbc_pkcs5_test.json");
  EXPECT_EQ(tally.skipped, 72U) << "AES-192";
}

class WycheproofHkdf : public testing::TestWithParam<HashFile> {};

TEST_P(WycheproofHkdf, derives_every_output) {
  const auto& file = GetParam();
  const auto json = wycheproof::load(file.file, file.cases);
  if (!json) GTEST_SKIP() << wycheproof::absent(file.file, file.cases);
  wycheproof::run(
      *json,
      [&](const Json&, const Json& test) -> std::optional<bool> {
        const auto key = crypto::hkdf_extract(file.hash, octets(test, "salt"), octets(test, "ikm"));
        Bytes out(test.at("size").get<std::size_t>());
        return key && crypto::hkdf_expand(file.hash, key->view(), octets(test, "info"), out) &&
               out == octets(test, "okm");
      },
      wycheproof::none)
      .print(file.file);
}

INSTANTIATE_TEST_SUITE_P(of, WycheproofHkdf,
                         testing::Values(HashFile{"sha256", "hkdf_sha256_test.json", 86, HashAlgorithm::sha256},
                                         HashFile{"sha384", "hkdf_sha384_test.json", 83, HashAlgorithm::sha384},
                                         HashFile{"sha512", "hkdf_sha512_test.json", 83, HashAlgorithm::sha512}),
                         name_of);

}  // namespace
}  // namespace sotto
