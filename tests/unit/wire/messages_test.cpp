#include <gtest/gtest.h>

#include "support/hex.hpp"
#include "wire/hellos.hpp"
#include "wire/messages12.hpp"
#include "wire/messages13.hpp"

namespace sotto::wire {
namespace {

using test::from_hex;
using test::to_hex;

TEST(Reader, reads_numbers_in_network_order) {
  const auto bytes = from_hex("01020304050607");
  Reader reader(bytes);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.failed());
}

TEST(Reader, sticks_to_its_first_failure) {
  const auto bytes = from_hex("0102");
  Reader reader(bytes);
  EXPECT_EQ(reader.u24(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.at_end());
}

TEST(Reader, keeps_the_bounds_of_vectors) {
  for (const auto& [text, fits] :
       {std::pair("00", false), {"01aa", true}, {"02aabb", true}, {"03aabbcc", false}, {"02aa", false}}) {
    const auto bytes = from_hex(text);
    Reader reader(bytes);
    (void)reader.vector(between<1, 2>);
    EXPECT_EQ(!reader.failed(), fits) << text;
  }
}

TEST(Writer, fails_on_a_vector_outside_its_bounds) {
  for (const std::size_t size : {0, 1, 2, 3}) {
    Bytes out;
    Writer writer(out);
    writer.vector(between<1, 2>, Bytes(size));
    EXPECT_EQ(writer.failed(), size == 0 || size == 3) << size;
  }
}

TEST(Codes, of_an_odd_length_are_malformed) {
  const auto bytes = from_hex("0003000a00");
  const auto parsed = parse<SupportedGroups>(bytes);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Code::malformed_message);
}

/// A ClientHello with the given list of extensions, in hexadecimal.
Bytes hello_with(std::string_view extensions) {
  const auto list = from_hex(extensions);
  const auto random = Bytes(32, 7);
  const auto suites = from_hex("1301");
  const auto compression = from_hex("00");
  ClientHello hello;
  hello.random = random;
  hello.cipher_suites = Codes<CipherSuite>(suites);
  hello.legacy_compression_methods = Codes<CompressionMethod>(compression);
  hello.extensions = Extensions<In::client_hello>(list);
  Bytes raw;
  EXPECT_TRUE(encode_message(hello, raw));
  return raw;
}

struct Block {
  const char* name;
  const char* extensions;
  std::optional<Code> code;
};
class ExtensionBlock : public testing::TestWithParam<Block> {};
TEST_P(ExtensionBlock, is_checked_as_a_whole) {
  const auto raw = hello_with(GetParam().extensions);
  const auto parsed = parse_message<ClientHello>(raw);
  EXPECT_EQ(parsed.has_value(), !GetParam().code);
  if (!parsed) {
    EXPECT_EQ(parsed.error().code, *GetParam().code);
  }
}
INSTANTIATE_TEST_SUITE_P(
    ClientHello, ExtensionBlock,
    testing::Values(Block{"empty", "", {}},
                    Block{"with_unknown_ones",
                          "fafa0000"
                          "fbfb000101",
                          {}},
                    Block{"with_a_known_one_twice",
                          "002b0003020304"
                          "002b0003020304",
                          Code::duplicate_extension},
                    Block{"with_an_unknown_one_twice",
                          "fafa0000"
                          "fafa0000",
                          Code::duplicate_extension},
                    Block{"with_one_cut_short", "002b000302", Code::malformed_message},
                    Block{"with_unreadable_content", "002b0003030304", Code::malformed_extension},
                    Block{"with_octets_behind_the_content", "002b000402030400", Code::malformed_extension},
                    Block{"with_an_empty_list_of_groups", "000a00020000", Code::malformed_extension}),
    [](const auto& each) { return each.param.name; });

TEST(Extensions, in_a_message_where_they_are_not_allowed_are_illegal) {
  // key_share in EncryptedExtensions
  const auto raw = from_hex(
      "0800000a"
      "0008"
      "0033000400170001");
  const auto parsed = parse_message<EncryptedExtensions>(raw);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Code::extension_not_allowed);
}

TEST(ClientHello, may_end_without_extensions) {
  auto raw = hello_with("");
  raw.resize(raw.size() - 2);
  raw[3] = static_cast<std::uint8_t>(raw[3] - 2);
  EXPECT_TRUE(parse_message<ClientHello>(raw));
}

TEST(ClientHello, cut_anywhere_is_malformed) {
  const auto whole = hello_with("002b0003020304");
  for (std::size_t size = handshake_header_octets; size < whole.size(); ++size) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<long>(size));
    cut[3] = static_cast<std::uint8_t>(size - handshake_header_octets);
    const bool at_the_extensions = size == whole.size() - 9;  // no extensions at all is legal
    EXPECT_EQ(parse_message<ClientHello>(cut).has_value(), at_the_extensions) << size;
  }
}

TEST(HelloRetryRequest, is_told_from_a_server_hello_by_its_random) {
  ServerHello hello;
  const auto ordinary = Bytes(32, 1);
  hello.random = ordinary;
  Bytes raw;
  ASSERT_TRUE(encode_message(hello, raw));
  EXPECT_TRUE(ServerHello::matches(raw));
  EXPECT_FALSE(HelloRetryRequest::matches(raw));
  EXPECT_EQ(message_name(raw), "ServerHello");

  hello.random = hello_retry_request_random;
  Bytes retry;
  ASSERT_TRUE(encode_message(hello, retry));
  EXPECT_FALSE(ServerHello::matches(retry));
  EXPECT_TRUE(HelloRetryRequest::matches(retry));
  EXPECT_EQ(message_name(retry), "HelloRetryRequest");
}

TEST(Printing, names_every_field_in_words) {
  const auto raw = hello_with(
      "002b0003020304"
      "0000000e000c0000096c6f63616c686f7374");
  const auto fields = print_message(raw);
  const auto value = [&](std::string_view name) {
    for (const auto& [field, text] : fields)
      if (field == name) return text;
    return std::string("missing");
  };
  EXPECT_EQ(value("cipher_suites"), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(value("supported_versions"), "TLS 1.3");
  EXPECT_NE(value("server_name").find("localhost"), std::string::npos);
}

TEST(Printing, reads_the_key_exchange_of_dhe_and_rsa) {
  const Bytes number(256, 0xab);
  ServerKeyExchangeDhe server;
  server.params.dh_p = server.params.dh_ys = number;
  server.params.dh_g = View(number).first(1);
  server.algorithm = SignatureScheme::rsa_pss_rsae_sha256;
  server.signature = number;
  ClientKeyExchangeClassic client;
  client.exchange_keys = number;
  Bytes from_server;
  Bytes from_client;
  ASSERT_TRUE(encode_message(server, from_server));
  ASSERT_TRUE(encode_message(client, from_client));
  for (const auto& raw : {from_server, from_client}) EXPECT_NE(print_message(raw).front().first, "unreadable");
}

TEST(Printing, never_shows_what_a_ticket_holds) {
  NewSessionTicket message;
  const auto ticket = from_hex("deadbeefdeadbeef");
  message.ticket = ticket;
  Bytes raw;
  ASSERT_TRUE(encode_message(message, raw));
  for (const auto& [name, text] : print_message(raw)) EXPECT_EQ(text.find("deadbeef"), std::string::npos) << name;
}

TEST(ServerHelloMessage, without_extensions_has_no_block_of_them) {
  // RFC 5246, 7.4.1.3: to a client that may not know what extensions are.
  const auto random = Bytes(32, 7);
  ServerHello hello;
  hello.random = random;
  Bytes raw;
  ASSERT_TRUE(encode_message(hello, raw));
  EXPECT_EQ(raw.size(), 4u + 2 + 32 + 1 + 2 + 1);
  EXPECT_TRUE(parse_message<ServerHello>(raw));
}

}  // namespace
}  // namespace sotto::wire
