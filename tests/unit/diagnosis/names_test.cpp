#include <gtest/gtest.h>

#include <sotto/policy.hpp>

namespace sotto {
namespace {

TEST(Names, are_those_of_the_rfc) {
  EXPECT_EQ(to_string(ProtocolVersion::tls13), "TLS 1.3");
  EXPECT_EQ(to_string(ProtocolVersion::ssl3), "SSL 3.0");
  EXPECT_EQ(to_string(CipherSuite::TLS_CHACHA20_POLY1305_SHA256), "TLS_CHACHA20_POLY1305_SHA256");
  EXPECT_EQ(to_string(NamedGroup::secp521r1), "secp521r1");
  EXPECT_EQ(to_string(SignatureScheme::rsa_pss_pss_sha384), "rsa_pss_pss_sha384");
}

TEST(Names, of_unknown_code_points_are_hexadecimal) {
  EXPECT_EQ(to_string(static_cast<ProtocolVersion>(0x7f1c)), "0x7f1c");
  EXPECT_EQ(to_string(static_cast<CipherSuite>(0x0a0a)), "0x0a0a");
  EXPECT_EQ(to_string(static_cast<NamedGroup>(0x11ec)), "0x11ec");
  EXPECT_EQ(to_string(static_cast<SignatureScheme>(1)), "0x0001");
}

TEST(ParseGroup, reads_what_to_string_writes) {
  for (const auto group : {NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1,
                           NamedGroup::ffdhe2048, NamedGroup::ffdhe3072, NamedGroup::ffdhe4096})
    EXPECT_EQ(parse_group(to_string(group)), group);
}

TEST(ParseGroup, knows_the_other_names_of_the_curves) {
  EXPECT_EQ(parse_group("P-256"), NamedGroup::secp256r1);
  EXPECT_EQ(parse_group("prime256v1"), NamedGroup::secp256r1);
  EXPECT_EQ(parse_group("p-384"), NamedGroup::secp384r1);
  EXPECT_EQ(parse_group("P-521"), NamedGroup::secp521r1);
  EXPECT_EQ(parse_group("X25519"), NamedGroup::x25519);
}

TEST(ParseGroup, names_the_known_ones_when_it_finds_none) {
  for (const auto* name : {"", "x25518", "x2551", "P-256 "}) {
    const auto group = parse_group(name);
    ASSERT_FALSE(group.has_value()) << name;
    EXPECT_EQ(group.error().code, Code::invalid_configuration);
    EXPECT_EQ(group.error().detail, "there is no group called \"" + std::string(name) +
                                        "\"; known are x25519, secp256r1, secp384r1, secp521r1, "
                                        "ffdhe2048, ffdhe3072, ffdhe4096");
  }
}

TEST(ParseCipherSuite, reads_what_to_string_writes) {
  for (const auto suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                           CipherSuite::TLS_CHACHA20_POLY1305_SHA256})
    EXPECT_EQ(parse_cipher_suite(to_string(suite)), suite);
}

TEST(ParseCipherSuite, names_the_known_ones_when_it_finds_none) {
  const auto suite = parse_cipher_suite("TLS_AES_128_CCM_SHA256");
  ASSERT_FALSE(suite.has_value());
  EXPECT_NE(suite.error().detail.find("known are TLS_AES_128_GCM_SHA256,"), std::string::npos) << suite.error().detail;
}

}  // namespace
}  // namespace sotto
