#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>

#include "record/protection12_cbc.hpp"
#include "unit/crypto/hex.hpp"

namespace sotto::record {
namespace {

using crypto::CbcAlgorithm;
using crypto::MacHash;

Bytes numbers(std::size_t count, std::uint8_t first = 0) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), first);
  return bytes;
}

Bytes joined(std::initializer_list<View> parts) {
  Bytes all;
  for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// One kind of protection, with keys.
struct Suite {
  CbcAlgorithm cipher;
  MacHash hash;
  MacOrder order;

  [[nodiscard]] Bytes encryption_key() const { return numbers(crypto::cbc_key_length(cipher), 1); }
  [[nodiscard]] Bytes mac_key() const { return numbers(crypto::mac_length(hash), 101); }
  [[nodiscard]] std::size_t tag_length() const { return crypto::mac_length(hash); }
  [[nodiscard]] bool mac_first() const { return order == MacOrder::mac_then_encrypt; }
};

std::string name_of(const testing::TestParamInfo<Suite>& row) {
  const auto& suite = row.param;
  return std::string(suite.cipher == CbcAlgorithm::aes_128_cbc ? "aes_128" : "aes_256") +
         (suite.hash == MacHash::sha1     ? "_sha1"
          : suite.hash == MacHash::sha256 ? "_sha256"
                                          : "_sha384") +
         (suite.mac_first() ? "_mac_then_encrypt" : "_encrypt_then_mac");
}

std::vector<Suite> all_suites() {
  std::vector<Suite> suites;
  for (const auto order : {MacOrder::mac_then_encrypt, MacOrder::encrypt_then_mac})
    for (const auto cipher : {CbcAlgorithm::aes_128_cbc, CbcAlgorithm::aes_256_cbc})
      for (const auto hash : {MacHash::sha1, MacHash::sha256, MacHash::sha384}) suites.push_back({cipher, hash, order});
  return suites;
}

// The same by libcrypto's EVP_Cipher and HMAC alone, one plain step after the other.
namespace reference {

Bytes tag(const Suite& suite, View message) {
  const auto* md = suite.hash == MacHash::sha1     ? EVP_sha1()
                   : suite.hash == MacHash::sha256 ? EVP_sha256()
                                                   : EVP_sha384();
  const auto key = suite.mac_key();
  Bytes tag(suite.tag_length());
  HMAC(md, key.data(), static_cast<int>(key.size()), message.data(), message.size(), tag.data(), nullptr);
  return tag;
}

Bytes crypt(const Suite& suite, View iv, View blocks, int encrypting) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                EVP_CIPHER_CTX_free);
  const auto* cipher = suite.cipher == CbcAlgorithm::aes_128_cbc ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
  Bytes out(blocks.size());
  int written = 0;
  EXPECT_EQ(EVP_CipherInit_ex(context.get(), cipher, nullptr, suite.encryption_key().data(), iv.data(), encrypting), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_set_padding(context.get(), 0), 1);
  EXPECT_EQ(EVP_CipherUpdate(context.get(), out.data(), &written, blocks.data(), static_cast<int>(blocks.size())), 1);
  EXPECT_EQ(static_cast<std::size_t>(written), blocks.size());
  return out;
}

Bytes header(ContentType type, std::size_t length) {
  return {static_cast<std::uint8_t>(type), 3, 3, static_cast<std::uint8_t>(length >> 8),
          static_cast<std::uint8_t>(length)};
}

Bytes prefix(std::uint64_t sequence, ContentType type, std::size_t length) {
  Bytes number(8);
  for (std::size_t i = 0; i < 8; ++i) number[i] = static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
  return joined({number, header(type, length)});
}

// `padding` is what follows the tag, or the content with encrypt-then-MAC: padding and padding_length.
struct Draft {
  std::uint64_t sequence = 0;
  ContentType type = ContentType::application_data;
  Bytes content{};
  Bytes padding{};
  Bytes iv = numbers(16, 200);
};

Bytes record(const Suite& suite, const Draft& draft) {
  if (suite.mac_first()) {
    const auto mac = tag(suite, joined({prefix(draft.sequence, draft.type, draft.content.size()), draft.content}));
    const auto blocks = crypt(suite, draft.iv, joined({draft.content, mac, draft.padding}), 1);
    return joined({header(draft.type, draft.iv.size() + blocks.size()), draft.iv, blocks});
  }
  const auto sent = joined({draft.iv, crypt(suite, draft.iv, joined({draft.content, draft.padding}), 1)});
  const auto mac = tag(suite, joined({prefix(draft.sequence, draft.type, sent.size()), sent}));
  return joined({header(draft.type, sent.size() + mac.size()), sent, mac});
}

}  // namespace reference

using reference::Draft;

Bytes padding(std::size_t length) { return Bytes(length + 1, static_cast<std::uint8_t>(length)); }

class CbcRecords : public testing::TestWithParam<Suite> {
 protected:
  static const Suite& suite() { return GetParam(); }
  template <class T>
  static T make() {
    const auto encryption_key = suite().encryption_key();
    const auto mac_key = suite().mac_key();
    auto made = T::create({suite().cipher, encryption_key, suite().hash, mac_key, suite().order});
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  // Opens octets that are one record, in a copy that stays alive.
  Result<Opened> open(CbcOpener& opener, Bytes record) {
    storage_ = std::move(record);
    const MutableView octets(storage_);
    return opener.open({static_cast<ContentType>(octets[0]), octets.first(5), octets.subspan(5)});
  }
  Result<Opened> open_first(Bytes record) {
    auto opener = make<CbcOpener>();
    return open(opener, std::move(record));
  }
  // The octets of content that fill blocks together with the tag, if it is inside, and `padding_length` octets.
  static std::size_t content_for(std::size_t padding_length) {
    const auto behind = (suite().mac_first() ? suite().tag_length() : 0) + padding_length + 1;
    return 16 * ((behind + 15) / 16) - behind + 32;
  }
  Bytes storage_;
};

TEST_P(CbcRecords, what_was_sealed_is_opened_whatever_its_length) {
  auto sealer = make<CbcSealer>();
  auto opener = make<CbcOpener>();
  std::uint64_t count = 0;
  for (const std::size_t length : {0U, 1U, 11U, 12U, 15U, 16U, 17U, 31U, 100U, 255U, 256U, 1350U, 16383U, 16384U}) {
    Buffer out;
    ASSERT_TRUE(sealer.seal(ContentType::application_data, numbers(length), out));
    const auto opened = open(opener, own(as_view(out.readable())));
    ASSERT_TRUE(opened) << length;
    EXPECT_EQ(opened->type, ContentType::application_data);
    EXPECT_TRUE(same(opened->content, numbers(length))) << length;
    EXPECT_EQ(sealer.used(), ++count);
  }
}

TEST_P(CbcRecords, what_was_sealed_is_what_libcrypto_makes_of_it) {
  auto sealer = make<CbcSealer>();
  for (std::size_t length = 0; length < 70; ++length) {
    Buffer out;
    ASSERT_TRUE(sealer.seal(ContentType::handshake, numbers(length), out));
    const auto record = as_view(std::as_const(out).readable());
    const auto inside = length + (suite().mac_first() ? suite().tag_length() : 0);
    const Draft draft{length, ContentType::handshake, numbers(length), padding(15 - inside % 16),
                      own(record.subspan(5, 16))};
    EXPECT_EQ(own(record), reference::record(suite(), draft)) << length;
  }
}

TEST_P(CbcRecords, every_record_has_another_iv) {
  auto sealer = make<CbcSealer>();
  Buffer out;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    out.clear();
    ASSERT_TRUE(sealer.seal(ContentType::alert, numbers(2), out));
    EXPECT_TRUE(seen.insert(to_hex(as_view(out.readable()).subspan(5, 16))).second);
  }
}

TEST_P(CbcRecords, opens_every_length_of_padding) {
  for (std::size_t length = 0; length < 256; ++length) {
    const auto content = numbers(content_for(length));
    const auto opened = open_first(reference::record(suite(), {.content = content, .padding = padding(length)}));
    ASSERT_TRUE(opened) << length;
    EXPECT_TRUE(same(opened->content, content)) << length;
  }
}

TEST_P(CbcRecords, opens_a_record_of_padding_without_content) {
  for (std::size_t length = 0; length < 256; ++length) {
    if ((content_for(length) - 32) % 16 != 0) continue;
    const auto opened = open_first(reference::record(suite(), {.padding = padding(length)}));
    ASSERT_TRUE(opened) << length;
    EXPECT_TRUE(opened->content.empty());
  }
}

TEST_P(CbcRecords, refuses_a_wrong_octet_anywhere_in_the_padding) {
  for (std::size_t length = 1; length < 256; ++length) {
    const auto content = numbers(content_for(length));
    for (std::size_t place = 0; place < length; place += length < 32 ? 1 : 13) {
      auto wrong = padding(length);
      wrong[place] = static_cast<std::uint8_t>(wrong[place] ^ 0x40U);
      const auto opened = open_first(reference::record(suite(), {.content = content, .padding = wrong}));
      ASSERT_FALSE(opened) << length << ' ' << place;
      EXPECT_EQ(opened.error().code, Code::bad_record_mac);
    }
  }
}

// The last octet says how much is padding: any other value is wrong, also one that reaches beyond the record. Only with
// the MAC outside does a sender who says 0 mean what he says.
TEST_P(CbcRecords, refuses_every_other_padding_length) {
  for (const std::size_t length : {0U, 1U, 7U, 15U, 16U, 80U}) {
    const auto content = Bytes(content_for(length), 0xaa);
    for (std::size_t said = 0; said < 256; ++said) {
      if (said == length) continue;
      auto wrong = padding(length);
      wrong.back() = static_cast<std::uint8_t>(said);
      const auto opened = open_first(reference::record(suite(), {.content = content, .padding = wrong}));
      ASSERT_EQ(opened.has_value(), said == 0 && !suite().mac_first()) << length << ' ' << said;
      if (opened) continue;
      EXPECT_EQ(opened.error().code, Code::bad_record_mac);
    }
  }
}

TEST_P(CbcRecords, refuses_a_record_that_is_nothing_but_padding) {
  for (const std::size_t blocks : {2U, 4U, 6U, 16U}) {
    const Bytes plaintext(16 * blocks, static_cast<std::uint8_t>(16 * blocks - 1));
    const auto iv = numbers(16);
    const auto sent = joined({iv, reference::crypt(suite(), iv, plaintext, 1)});
    Bytes record = joined({reference::header(ContentType::application_data, sent.size()), sent});
    if (!suite().mac_first()) {
      const auto prefix = reference::prefix(0, ContentType::application_data, sent.size());
      record = joined({reference::header(ContentType::application_data, sent.size() + suite().tag_length()), sent,
                       reference::tag(suite(), joined({prefix, sent}))});
    }
    const auto opened = open_first(record);
    // With the MAC outside this is an authentic record without content.
    ASSERT_EQ(opened.has_value(), !suite().mac_first());
    if (opened) continue;
    EXPECT_EQ(opened.error().code, Code::bad_record_mac);
  }
}

TEST_P(CbcRecords, refuses_every_changed_octet_and_leaves_nothing_of_the_plaintext) {
  for (const std::size_t length : {0U, 20U, 300U}) {
    const auto behind = length + (suite().mac_first() ? suite().tag_length() : 0);
    const auto record = reference::record(suite(), {.content = numbers(length), .padding = padding(15 - behind % 16)});
    ASSERT_TRUE(open_first(record));
    for (std::size_t place = 5; place < record.size(); ++place)
      for (const std::uint8_t change : {0x01, 0x80, 0xff}) {
        auto changed = record;
        changed[place] = static_cast<std::uint8_t>(changed[place] ^ change);
        const auto opened = open_first(changed);
        ASSERT_FALSE(opened) << length << ' ' << place;
        EXPECT_EQ(opened.error().code, Code::bad_record_mac);
        EXPECT_TRUE(std::ranges::all_of(View(storage_).subspan(5), [](auto octet) { return octet == 0; }));
      }
  }
}

TEST_P(CbcRecords, refuses_another_type_and_another_place_in_the_sequence) {
  const auto behind = 20 + (suite().mac_first() ? suite().tag_length() : 0);
  const Draft draft{.sequence = 1, .content = numbers(20), .padding = padding(15 - behind % 16)};
  const auto record = reference::record(suite(), draft);
  EXPECT_EQ(open_first(record).error().code, Code::bad_record_mac);
  auto opener = make<CbcOpener>();
  auto first = draft;
  first.sequence = 0;
  EXPECT_TRUE(open(opener, reference::record(suite(), first)));
  EXPECT_TRUE(open(opener, record));
  EXPECT_EQ(open(opener, record).error().code, Code::bad_record_mac) << "the same once more";
  auto other = reference::record(suite(), first);
  other[0] = static_cast<std::uint8_t>(ContentType::handshake);
  EXPECT_EQ(open_first(other).error().code, Code::bad_record_mac);
}

TEST_P(CbcRecords, refuses_every_length_that_no_record_has) {
  const auto least = suite().mac_first() ? 16 + (suite().tag_length() + 1 + 15) / 16 * 16 : 32 + suite().tag_length();
  const auto whole = suite().mac_first() ? 0 : suite().tag_length();
  for (std::size_t length = 0; length < 200; ++length) {
    if (length >= least && (length - whole) % 16 == 0) continue;
    const auto opened = open_first(joined({reference::header(ContentType::application_data, length), numbers(length)}));
    ASSERT_FALSE(opened) << length;
    EXPECT_EQ(opened.error().code, Code::bad_record_mac) << length;
  }
}

// RFC 5246, 6.2.1: 2^14 octets at most.
TEST_P(CbcRecords, a_content_has_16384_octets_at_most) {
  for (const std::size_t length : {16384U, 16385U}) {
    const auto behind = length + (suite().mac_first() ? suite().tag_length() : 0);
    const auto opened =
        open_first(reference::record(suite(), {.content = Bytes(length), .padding = padding(255 - behind % 16)}));
    EXPECT_EQ(opened.has_value(), length == 16384);
    if (opened) continue;
    EXPECT_EQ(opened.error().code, Code::record_overflow);
  }
  Buffer out;
  EXPECT_EQ(make<CbcSealer>().seal(ContentType::application_data, Bytes(16385), out).error().code,
            Code::internal_error);
  EXPECT_TRUE(out.empty());
}

TEST_P(CbcRecords, the_two_orders_do_not_read_each_other) {
  const auto other = suite().mac_first() ? MacOrder::encrypt_then_mac : MacOrder::mac_then_encrypt;
  const auto behind = 20 + (suite().mac_first() ? suite().tag_length() : 0);
  const auto record = reference::record(suite(), {.content = numbers(20), .padding = padding(15 - behind % 16)});
  const auto encryption_key = suite().encryption_key();
  const auto mac_key = suite().mac_key();
  auto opener = CbcOpener::create({suite().cipher, encryption_key, suite().hash, mac_key, other});
  ASSERT_TRUE(opener);
  EXPECT_EQ(open(*opener, record).error().code, Code::bad_record_mac);
}

TEST_P(CbcRecords, keys_have_the_lengths_of_their_algorithms) {
  const auto encryption_key = suite().encryption_key();
  const auto mac_key = suite().mac_key();
  const View cut = View(encryption_key).first(15);
  EXPECT_FALSE(CbcOpener::create({suite().cipher, cut, suite().hash, mac_key, suite().order}));
  EXPECT_FALSE(CbcSealer::create({suite().cipher, cut, suite().hash, mac_key, suite().order}));
  const View short_key = View(mac_key).first(19);
  EXPECT_FALSE(CbcOpener::create({suite().cipher, encryption_key, suite().hash, short_key, suite().order}));
  EXPECT_FALSE(CbcSealer::create({suite().cipher, encryption_key, suite().hash, short_key, suite().order}));
}

INSTANTIATE_TEST_SUITE_P(of, CbcRecords, testing::ValuesIn(all_suites()), name_of);

}  // namespace
}  // namespace sotto::record
