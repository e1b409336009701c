#include <sotto/remote_key.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include <sotto/credential.hpp>
#include <sotto/issue.hpp>

#include "base/bytes.hpp"
#include "support/hex.hpp"

namespace sotto {
namespace {

using test::from_hex;

Credential issued(KeyKind kind) {
  const auto authority = LocalAuthority::create("Test Root");
  LeafRequest request;
  request.names = {"server.example"};
  request.key = kind;
  const auto made = authority->issue(request);
  return *Credential::from_pem(made->chain_pem, made->key_pem);
}

std::span<const std::byte> abc() { return as_public(as_view(std::string_view("abc"))); }

std::array<std::byte, 48> premaster(std::byte major = std::byte{3}, std::byte minor = std::byte{3}) {
  std::array<std::byte, 48> octets{};
  octets.fill(std::byte{0x5a});
  octets[0] = major;
  octets[1] = minor;
  return octets;
}

DecryptQuestion decryption() { return {issued(KeyKind::rsa_2048), ProtocolVersion::tls12, {}}; }

bool is_kept(const Result<PremasterSecret>& answer, std::span<const std::byte> octets) {
  return answer && std::ranges::equal(answer->bytes, octets);
}

TEST(RemoteKey, may_make_every_scheme_that_the_local_key_makes) {
  for (const auto kind : {KeyKind::ecdsa_p256, KeyKind::ecdsa_p521, KeyKind::ed25519, KeyKind::rsa_2048}) {
    const auto credential = issued(kind);
    const auto schemes = schemes_of(credential.chain().front());
    ASSERT_TRUE(schemes);
    EXPECT_TRUE(std::ranges::equal(*schemes, credential.tls12_schemes()));
    EXPECT_TRUE(Credential::with_remote_key(credential.chain(), *schemes));
  }
}

TEST(RemoteKey, has_no_schemes_where_the_certificate_is_none) {
  EXPECT_EQ(schemes_of(Certificate(abc())).error().code, Code::malformed_pem);
}

TEST(RemoteKey, is_given_the_digest_of_its_scheme) {
  // FIPS 180-4, the example "abc".
  const auto sha256 = from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const auto scheme : {SignatureScheme::ecdsa_secp256r1_sha256, SignatureScheme::rsa_pkcs1_sha256,
                            SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::rsa_pss_pss_sha256})
    EXPECT_TRUE(same(as_view(*digest_for(scheme, abc())), sha256));
  EXPECT_EQ(digest_for(SignatureScheme::ecdsa_secp384r1_sha384, abc())->size(), 48u);
  EXPECT_EQ(digest_for(SignatureScheme::rsa_pkcs1_sha512, abc())->size(), 64u);
}

TEST(RemoteKey, is_given_no_digest_for_ed25519) {
  EXPECT_EQ(digest_for(SignatureScheme::ed25519, abc()).error().code, Code::unsupported_key);
}

TEST(RemoteKey, signs_ecdsa_by_halves_that_become_der) {
  const auto der = ecdsa_signature_from_halves(as_public(View(from_hex("0012800f"))));
  ASSERT_TRUE(der);
  EXPECT_EQ(own(as_view(*der)), from_hex("3008"
                                         "020112"
                                         "0203"
                                         "00800f"))
      << "no leading zeros, and no negative numbers";
}

TEST(RemoteKey, signs_ecdsa_on_p521_in_the_long_form_of_the_length) {
  const Bytes halves(132, 0xff);
  const auto der = ecdsa_signature_from_halves(as_public(View(halves)));
  ASSERT_TRUE(der);
  EXPECT_EQ(own(as_view(*der).first(6)), from_hex("30818a"
                                                  "024300"));
  EXPECT_EQ(der->size(), 3u + 2 * (2 + 67));
}

TEST(RemoteKey, does_not_sign_ecdsa_by_halves_of_an_impossible_length) {
  for (const std::size_t length : {0u, 1u, 63u, 134u})
    EXPECT_EQ(ecdsa_signature_from_halves(std::vector<std::byte>(length)).error().code, Code::crypto_failed) << length;
}

TEST(RemoteKey, is_told_from_another_by_its_signature) {
  const auto ours = issued(KeyKind::ecdsa_p256);
  const auto other = issued(KeyKind::ecdsa_p256);
  const auto scheme = SignatureScheme::ecdsa_secp256r1_sha256;
  const auto signature = ours.sign(scheme, abc());
  EXPECT_TRUE(check_signature(ours.chain().front(), scheme, abc(), *signature));
  EXPECT_EQ(check_signature(other.chain().front(), scheme, abc(), *signature).error().code, Code::key_mismatch);
}

TEST(RemoteKey, answers_with_the_premaster_secret_it_decrypted) {
  EXPECT_TRUE(is_kept(premaster_secret_from(decryption(), premaster(), 48), premaster()));
}

// RFC 5246, 7.4.7.1: "it MUST continue the handshake with a randomly generated premaster secret".
TEST(RemoteKey, answers_with_random_octets_where_the_decryption_is_wrong) {
  const auto question = decryption();
  for (const std::size_t length : {0u, 47u, 49u, 256u}) {
    const auto answer = premaster_secret_from(question, premaster(), length);
    ASSERT_TRUE(answer) << length;
    EXPECT_EQ(answer->bytes.size(), 48u);
    EXPECT_FALSE(is_kept(answer, premaster())) << length;
    EXPECT_NE(answer->bytes, premaster_secret_from(question, premaster(), length)->bytes) << "it is drawn each time";
  }
}

// RFC 5246, 7.4.7.1: "or the version number is not as expected".
TEST(RemoteKey, answers_with_random_octets_where_the_version_is_wrong) {
  for (const auto& octets : {premaster(std::byte{3}, std::byte{2}), premaster(std::byte{2}, std::byte{3})})
    EXPECT_FALSE(is_kept(premaster_secret_from(decryption(), octets, 48), octets));
}

}  // namespace
}  // namespace sotto
