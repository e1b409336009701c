#include "wire/der.hpp"

#include <gtest/gtest.h>

namespace sotto::wire {
namespace {

Code code_of(const Bytes& bytes) {
  const auto element = DerReader(bytes).next();
  EXPECT_FALSE(element);
  return element ? Code::internal_error : element.error().code;
}

Bytes element_of(std::uint8_t tag, const Bytes& length, std::size_t content) {
  Bytes bytes(1 + length.size() + content, 0x2a);
  bytes[0] = tag;
  copy(length, MutableView(bytes).subspan(1));
  return bytes;
}

TEST(Der, reads_elements_in_order) {
  const Bytes bytes{0x02, 0x01, 0x05, 0x04, 0x00, 0x30, 0x02, 0x05, 0x00};
  DerReader reader(bytes);
  const auto integer = reader.expect(DerTag::integer);
  ASSERT_TRUE(integer);
  EXPECT_EQ(integer->whole.size(), 3U);
  EXPECT_TRUE(same(integer->content, Bytes{0x05}));
  EXPECT_TRUE(reader.is_next(DerTag::octet_string));
  const auto octets = reader.optional(DerTag::octet_string);
  ASSERT_TRUE(octets && *octets);
  EXPECT_TRUE((*octets)->content.empty());
  EXPECT_FALSE(*reader.optional(DerTag::boolean));
  EXPECT_FALSE(reader.expect_end());
  const auto sequence = reader.next();
  ASSERT_TRUE(sequence);
  EXPECT_EQ(sequence->tag, DerTag::sequence);
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.expect_end());
}

TEST(Der, reads_lengths_at_every_change_of_their_form) {
  const std::pair<Bytes, std::size_t> lengths[] = {{{0x00}, 0},
                                                   {{0x7f}, 127},
                                                   {{0x81, 0x80}, 128},
                                                   {{0x81, 0xff}, 255},
                                                   {{0x82, 0x01, 0x00}, 256},
                                                   {{0x82, 0xff, 0xff}, 65535},
                                                   {{0x83, 0x01, 0x00, 0x00}, 65536}};
  for (const auto& [length, content] : lengths) {
    const auto bytes = element_of(0x04, length, content);
    const auto element = DerReader(bytes).next();
    ASSERT_TRUE(element) << content;
    EXPECT_EQ(element->content.size(), content);
    EXPECT_EQ(element->whole.size(), bytes.size());
  }
}

// X.690, 10.1: DER has one form for each length.
TEST(Der, refuses_lengths_that_are_not_in_their_shortest_form) {
  for (const auto& length : {Bytes{0x81, 0x00}, Bytes{0x81, 0x7f}, Bytes{0x82, 0x00, 0x80},
                             Bytes{0x83, 0x00, 0x01, 0x00}, Bytes{0x84, 0x00, 0x00, 0x01, 0x00}})
    EXPECT_EQ(code_of(element_of(0x04, length, 300)), Code::certificate_malformed);
}

TEST(Der, refuses_indefinite_and_reserved_lengths) {
  EXPECT_EQ(code_of({0x30, 0x80, 0x00, 0x00}), Code::certificate_malformed);
  EXPECT_EQ(code_of(element_of(0x30, {0x85, 0x01, 0x00, 0x00, 0x00, 0x00}, 10)), Code::certificate_malformed);
  EXPECT_EQ(code_of({0x30, 0xff}), Code::certificate_malformed);
}

TEST(Der, refuses_tags_of_many_octets) { EXPECT_EQ(code_of({0x1f, 0x81, 0x01, 0x00}), Code::certificate_malformed); }

TEST(Der, refuses_every_truncation) {
  const auto whole = element_of(0x30, {0x82, 0x01, 0x00}, 256);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(DerReader(View(whole).first(length)).next()) << length;
  EXPECT_TRUE(DerReader(whole).next());
}

TEST(Der, refuses_an_element_that_is_longer_than_what_holds_it) {
  EXPECT_EQ(code_of({0x04, 0x02, 0x00}), Code::certificate_malformed);
  EXPECT_EQ(code_of({0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00}), Code::certificate_malformed);
}

TEST(Der, refuses_another_tag_than_expected_and_octets_left_over) {
  EXPECT_FALSE(read_der(Bytes{0x04, 0x00}, DerTag::sequence));
  EXPECT_TRUE(read_der(Bytes{0x30, 0x00}, DerTag::sequence));
  EXPECT_FALSE(read_der(Bytes{0x30, 0x00, 0x00}, DerTag::sequence));
}

TEST(Der, booleans_are_00_or_ff) {
  EXPECT_EQ(der_boolean(Bytes{0x00}).value(), false);
  EXPECT_EQ(der_boolean(Bytes{0xff}).value(), true);
  for (const auto& content : {Bytes{}, Bytes{0x01}, Bytes{0xfe}, Bytes{0xff, 0xff}}) EXPECT_FALSE(der_boolean(content));
}

TEST(Der, integers_are_in_their_shortest_form_and_not_negative) {
  EXPECT_EQ(der_small_unsigned(Bytes{0x00}).value(), 0U);
  EXPECT_EQ(der_small_unsigned(Bytes{0x7f}).value(), 127U);
  EXPECT_EQ(der_small_unsigned(Bytes{0x00, 0x80}).value(), 128U);
  EXPECT_EQ(der_small_unsigned(Bytes{0x00, 0xff, 0xff, 0xff, 0xff}).value(), 0xffffffffU);
  for (const auto& content : {Bytes{}, Bytes{0x80}, Bytes{0xff}, Bytes{0x00, 0x7f}, Bytes{0x00, 0x00}})
    EXPECT_FALSE(der_unsigned(content));
  EXPECT_FALSE(der_small_unsigned(Bytes{0x01, 0x00, 0x00, 0x00, 0x00}));
}

TEST(Der, bit_strings_say_how_many_bits_count) {
  const Bytes content{0x07, 0x80};
  const auto bits = der_bits(content);
  ASSERT_TRUE(bits);
  EXPECT_TRUE(bits->is_set(0));
  EXPECT_FALSE(bits->is_set(1));
  EXPECT_FALSE(bits->is_set(100));
  EXPECT_TRUE(der_bits(Bytes{0x00}));
  for (const auto& wrong : {Bytes{}, Bytes{0x08, 0x00}, Bytes{0x01}, Bytes{0x01, 0x01}, Bytes{0x07, 0xc0}})
    EXPECT_FALSE(der_bits(wrong));
}

}  // namespace
}  // namespace sotto::wire
