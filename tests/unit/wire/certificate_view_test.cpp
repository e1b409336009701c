#include "wire/certificate_view.hpp"

#include <gtest/gtest.h>
#include <sotto/issue.hpp>

#include <algorithm>

namespace sotto::wire {
namespace {

Bytes leaf_der() {
  static const auto der = [] {
    const auto authority = LocalAuthority::create("Test Root");
    LeafRequest request;
    request.names = {"server.example", "192.0.2.1"};
    const auto issued = authority->issue(request);
    const auto chain = Certificate::from_pem(issued->chain_pem);
    return own(as_view(chain->front().der()));
  }();
  return der;
}

Bytes authority_der() {
  const auto chain = Certificate::from_pem(LocalAuthority::create("Test Root")->certificate_pem());
  return own(as_view(chain->front().der()));
}

// Flips what stands at the first occurrence of `from`.
Bytes replaced(Bytes der, const Bytes& from, const Bytes& to) {
  const auto found = std::search(der.begin(), der.end(), from.begin(), from.end());
  EXPECT_NE(found, der.end());
  std::copy(to.begin(), to.end(), found);
  return der;
}

TEST(CertificateView, finds_the_parts_of_a_leaf) {
  const auto der = leaf_der();
  const auto view = parse_certificate(der);
  ASSERT_TRUE(view) << view.error().detail;
  EXPECT_EQ(view->subject_public_key_info[0], 0x30);
  EXPECT_NE(as_text(view->issuer).find("Test Root"), std::string_view::npos);
  EXPECT_NE(as_text(view->subject).find("server.example"), std::string_view::npos);
  EXPECT_TRUE(view->may_sign);
  EXPECT_FALSE(view->is_authority);
  ASSERT_TRUE(view->subject_alternative_name);
  EXPECT_NE(as_text(*view->subject_alternative_name).find("server.example"), std::string_view::npos);
  EXPECT_FALSE(view->name_constraints);
}

TEST(CertificateView, tells_an_authority_and_a_key_that_may_not_sign) {
  const auto der = authority_der();
  const auto view = parse_certificate(der);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->is_authority);
  EXPECT_FALSE(view->may_sign) << "keyCertSign and cRLSign alone";
}

TEST(CertificateView, refuses_every_truncation_and_octets_left_over) {
  const auto der = leaf_der();
  for (std::size_t length = 0; length < der.size(); ++length)
    EXPECT_EQ(parse_certificate(View(der).first(length)).error().code, Code::certificate_malformed) << length;
  auto longer = der;
  longer.push_back(0);
  EXPECT_EQ(parse_certificate(longer).error().code, Code::certificate_malformed);
}

TEST(CertificateView, never_reads_outside_whatever_one_octet_becomes) {
  const auto der = leaf_der();
  std::size_t read = 0;
  for (std::size_t i = 0; i < der.size(); ++i)
    for (const std::uint8_t value : {0x00, 0x01, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xff}) {
      auto changed = der;
      changed[i] = value;
      const auto view = parse_certificate(changed);
      if (!view) {
        EXPECT_EQ(view.error().code, Code::certificate_malformed);
        continue;
      }
      ++read;
      const auto inside = [&](View part) {
        return part.data() >= changed.data() && part.data() + part.size() <= changed.data() + changed.size();
      };
      EXPECT_TRUE(inside(view->issuer) && inside(view->subject) && inside(view->subject_public_key_info));
    }
  EXPECT_GT(read, der.size()) << "most octets are inside strings and numbers";
}

TEST(CertificateView, refuses_other_versions) {
  const Bytes version3{0xa0, 0x03, 0x02, 0x01, 0x02};
  for (const std::uint8_t version : {0, 1, 3})
    EXPECT_EQ(parse_certificate(replaced(leaf_der(), version3, {0xa0, 0x03, 0x02, 0x01, version})).error().code,
              Code::certificate_malformed);
}

// RFC 5280, 4.2: no extension twice.
TEST(CertificateView, refuses_an_extension_that_is_there_twice) {
  // The subjectKeyIdentifier (14) is renamed to a second authorityKeyIdentifier (35).
  const auto der = replaced(leaf_der(), {0x06, 0x03, 0x55, 0x1d, 14}, {0x06, 0x03, 0x55, 0x1d, 35});
  const auto view = parse_certificate(der);
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().detail, "it has an extension twice");
}

TEST(CertificateView, reads_the_digital_signature_bit) {
  // keyUsage of a leaf: BIT STRING with digitalSignature alone; keyEncipherment alone instead.
  const auto der = replaced(leaf_der(), {0x04, 0x04, 0x03, 0x02, 0x07, 0x80}, {0x04, 0x04, 0x03, 0x02, 0x05, 0x20});
  const auto view = parse_certificate(der);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->may_sign);
}

}  // namespace
}  // namespace sotto::wire
