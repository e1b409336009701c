// RFC 6698, RFC 7671 and RFC 7672.
#include <gtest/gtest.h>

#include <sotto/issue.hpp>
#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "crypto/hash.hpp"
#include "wire/certificate_view.hpp"

namespace sotto {
namespace {

using Usage = TlsaRecord::Usage;
using Selector = TlsaRecord::Selector;
using Matching = TlsaRecord::Matching;

const LocalAuthority& root() {
  static const auto authority = LocalAuthority::create("Test Root");
  return *authority;
}

/// A chain as RFC 7671, 5.2 wants it where an authority is named: with the authority.
CertificateChain chain_of(const LocalAuthority& authority, std::vector<std::string> names) {
  LeafRequest request;
  request.names = std::move(names);
  const auto issued = authority.issue(request);
  EXPECT_TRUE(issued);
  return *Certificate::from_pem(issued->chain_pem + authority.certificate_pem());
}

TlsaRecord record_of(Usage usage, Selector selector, Matching matching, const Certificate& certificate) {
  auto selected = as_view(certificate.der());
  if (selector == Selector::public_key) selected = wire::parse_certificate(selected)->subject_public_key_info;
  if (matching == Matching::full) return {usage, selector, matching, own_public(selected)};
  const auto hash = matching == Matching::sha256 ? crypto::HashAlgorithm::sha256 : crypto::HashAlgorithm::sha512;
  return {usage, selector, matching, own_public(crypto::digest(hash, selected)->view())};
}

Result<Verified> verify(std::vector<TlsaRecord> records, CertificateChain chain,
                        std::string_view name = "mail.example") {
  const auto verifier = make_dane_verifier(std::move(records));
  EXPECT_TRUE(verifier) << verifier.error().message();
  return (*verifier)->verify(
      {std::move(chain), ServerName(name), Purpose::server_authentication, std::chrono::system_clock::now()});
}

constexpr auto selectors = {Selector::certificate, Selector::public_key};
constexpr auto matchings = {Matching::full, Matching::sha256, Matching::sha512};

TEST(Dane, accepts_the_named_certificate_by_every_selector_and_matching_type) {
  const auto chain = chain_of(root(), {"mail.example"});
  for (const auto selector : selectors) {
    for (const auto matching : matchings) {
      const auto verified = verify({record_of(Usage::dane_ee, selector, matching, chain.front())}, chain);
      ASSERT_TRUE(verified) << verified.error().message();
      EXPECT_TRUE(verified->is_authenticated());
      EXPECT_TRUE(verified->how().starts_with("by the TLSA record 3 ")) << verified->how();
    }
  }
}

TEST(Dane, accepts_a_chain_to_the_named_authority_by_every_selector_and_matching_type) {
  const auto chain = chain_of(root(), {"mail.example"});
  for (const auto selector : selectors)
    for (const auto matching : matchings)
      EXPECT_TRUE(verify({record_of(Usage::dane_ta, selector, matching, chain.back())}, chain));
}

// RFC 7671, 5.1: "the server certificate ... MUST NOT be ... name checks, expiration".
TEST(Dane, asks_for_neither_name_nor_dates_where_the_end_entity_is_named) {
  const auto chain = chain_of(root(), {"another.example"});
  EXPECT_TRUE(verify({record_of(Usage::dane_ee, Selector::public_key, Matching::sha256, chain.front())}, chain));

  LeafRequest old;
  old.names = {"mail.example"};
  old.not_before = std::chrono::system_clock::now() - std::chrono::hours(100);
  old.lifetime = std::chrono::hours(1);
  const auto expired = *Certificate::from_pem(root().issue(old)->chain_pem);
  EXPECT_TRUE(verify({record_of(Usage::dane_ee, Selector::public_key, Matching::sha256, expired.front())}, expired));
}

// RFC 7671, 5.2: names and dates count there.
TEST(Dane, asks_for_the_name_where_an_authority_is_named) {
  const auto chain = chain_of(root(), {"another.example"});
  const auto verified =
      verify({record_of(Usage::dane_ta, Selector::certificate, Matching::sha256, chain.back())}, chain);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::certificate_wrong_name);
}

TEST(Dane, does_not_take_an_authority_that_is_shown_but_did_not_sign) {
  const auto another = LocalAuthority::create("Another Root");
  auto chain = chain_of(*another, {"mail.example"});
  const auto named = Certificate::from_pem(root().certificate_pem())->front();
  chain.push_back(named);
  EXPECT_FALSE(verify({record_of(Usage::dane_ta, Selector::certificate, Matching::sha256, named)}, chain));
}

TEST(Dane, takes_an_authority_that_the_record_holds_whole) {
  auto chain = chain_of(root(), {"mail.example"});
  const auto record = record_of(Usage::dane_ta, Selector::certificate, Matching::full, chain.back());
  chain.pop_back();
  EXPECT_TRUE(verify({record}, chain));
}

TEST(Dane, needs_a_certificate_where_the_record_holds_an_authority_whole) {
  const TlsaRecord record{Usage::dane_ta, Selector::certificate, Matching::full, std::vector<std::byte>(40)};
  const auto verifier = make_dane_verifier({record});
  ASSERT_FALSE(verifier);
  EXPECT_EQ(verifier.error().code, Code::invalid_configuration);
  EXPECT_NE(verifier.error().detail.find("not the certificate of an authority"), std::string::npos);
}

TEST(Dane, is_content_with_one_match_of_several) {
  const auto chain = chain_of(root(), {"mail.example"});
  const auto wrong = TlsaRecord{Usage::dane_ee, Selector::public_key, Matching::sha256, std::vector<std::byte>(32)};
  EXPECT_TRUE(
      verify({wrong, record_of(Usage::dane_ee, Selector::certificate, Matching::sha512, chain.front())}, chain));
  const auto refused = verify({wrong, wrong}, chain);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::certificate_not_in_tlsa);
  EXPECT_NE(refused.error().message().find("none of 2 TLSA records"), std::string::npos) << refused.error().message();
}

TEST(Dane, an_end_entity_record_does_not_match_an_authority_nor_the_reverse) {
  const auto chain = chain_of(root(), {"mail.example"});
  EXPECT_FALSE(verify({record_of(Usage::dane_ee, Selector::certificate, Matching::sha256, chain.back())}, chain));
  EXPECT_FALSE(verify({record_of(Usage::dane_ta, Selector::certificate, Matching::sha256, chain.front())}, chain));
}

TEST(TlsaRecord, reads_the_form_of_zone_files) {
  const std::string digits(64, 'a');
  const auto record = TlsaRecord::parse("3 1 1 " + digits);
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(*record, (TlsaRecord{Usage::dane_ee, Selector::public_key, Matching::sha256,
                                 std::vector<std::byte>(32, std::byte{0xaa})}));
  EXPECT_EQ(TlsaRecord::parse(" 3  1 1 " + digits.substr(0, 30) + " " + digits.substr(30)).value(), *record);
}

TEST(TlsaRecord, says_what_is_wrong_with_others) {
  const std::string digits(64, 'a');
  const auto complaint = [](const std::string& text) {
    const auto record = TlsaRecord::parse(text);
    EXPECT_FALSE(record) << text;
    return record ? std::string() : record.error().detail;
  };
  EXPECT_NE(complaint("").find("three numbers"), std::string::npos);
  EXPECT_NE(complaint("3 1").find("three numbers"), std::string::npos);
  EXPECT_NE(complaint("1 1 1 " + digits).find("PKIX-EE"), std::string::npos);
  EXPECT_NE(complaint("4 1 1 " + digits).find("usage"), std::string::npos);
  EXPECT_NE(complaint("3 2 1 " + digits).find("selector"), std::string::npos);
  EXPECT_NE(complaint("3 1 3 " + digits).find("matching"), std::string::npos);
  EXPECT_NE(complaint("3 1 1 " + digits + "aa").find("32 octets"), std::string::npos);
  EXPECT_NE(complaint("3 1 2 " + digits).find("64 octets"), std::string::npos);
  EXPECT_NE(complaint("3 1 1 xyz").find("hexadecimal"), std::string::npos);
  EXPECT_NE(complaint("3 1 0").find("no data"), std::string::npos);
  EXPECT_EQ(make_dane_verifier({}).error().code, Code::invalid_configuration);
}

}  // namespace
}  // namespace sotto
