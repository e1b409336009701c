#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <sotto/certificate.hpp>
#include <sotto/issue.hpp>
#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "support/forge.hpp"

namespace sotto {
namespace {

std::string root_pem() { return LocalAuthority::create("Test Root")->certificate_pem(); }

TEST(Certificate, pem_goes_there_and_back) {
  const auto pem = root_pem();
  const auto certificates = Certificate::from_pem(pem);
  ASSERT_TRUE(certificates);
  ASSERT_EQ(certificates->size(), 1U);
  EXPECT_EQ(certificates->front().pem(), pem);
  EXPECT_EQ(Certificate(certificates->front().der()), certificates->front());
}

TEST(Certificate, reads_every_certificate_of_a_file_and_passes_over_the_rest) {
  const auto first = root_pem();
  const auto second = root_pem();
  auto windows_lines = second;
  for (auto at = windows_lines.find('\n'); at != std::string::npos; at = windows_lines.find('\n', at + 2))
    windows_lines.replace(at, 1, "\r\n");
  const auto certificates = Certificate::from_pem("subject=/CN=first\n" + first +
                                                  "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" +
                                                  windows_lines + "the end");
  ASSERT_TRUE(certificates) << certificates.error().detail;
  ASSERT_EQ(certificates->size(), 2U);
  EXPECT_EQ((*certificates)[0].pem(), first);
  EXPECT_EQ((*certificates)[1].pem(), second);
  EXPECT_NE((*certificates)[0], (*certificates)[1]);
}

TEST(Certificate, garbage_is_no_pem) {
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string end = "-----END CERTIFICATE-----\n";
  for (const auto& pem :
       {std::string(), std::string("hello"), begin, begin + "MAA=", begin + "!!!!\n" + end, begin + "MAA\n" + end,
        begin + "MA=A\n" + end, begin + "M\n" + end, begin + end, begin + "MAA====\n" + end, begin + "AAAA\n" + end}) {
    const auto certificates = Certificate::from_pem(pem);
    ASSERT_FALSE(certificates) << pem;
    EXPECT_EQ(certificates.error().code, Code::malformed_pem) << pem;
  }
  EXPECT_TRUE(Certificate::from_pem(begin + "MAA=\n" + end))
      << "an empty SEQUENCE is read when somebody asks for facts";
}

TEST(Certificate, tells_its_facts) {
  const auto authority = LocalAuthority::create("Test Root");
  LeafRequest request;
  request.names = {"server.example", "*.server.example", "192.0.2.1", "2001:db8::1"};
  request.not_before = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + std::chrono::hours(3);
  request.lifetime = std::chrono::hours(24);
  const auto leaf = Certificate::from_pem(authority->issue(request)->chain_pem)->front();
  const auto facts = leaf.facts();
  ASSERT_TRUE(facts) << facts.error().detail;
  EXPECT_EQ(facts->subject, "CN = server.example");
  EXPECT_EQ(facts->issuer, "CN = Test Root");
  EXPECT_EQ(facts->serial.size(), 32U);
  EXPECT_EQ(facts->names, request.names);
  EXPECT_EQ(facts->not_before, request.not_before);
  EXPECT_EQ(facts->not_after, request.not_before + request.lifetime);
  EXPECT_EQ(facts->key, "ECDSA P-256");
  EXPECT_EQ(facts->signature_algorithm, "ecdsa-with-SHA256");
  EXPECT_EQ(facts->sha256.size(), 64U);
  EXPECT_FALSE(facts->is_authority);
  EXPECT_TRUE(Certificate::from_pem(authority->certificate_pem())->front().facts()->is_authority);
}

TEST(Certificate, names_every_kind_of_key) {
  const std::pair<KeyKind, const char*> kinds[] = {
      {KeyKind::ecdsa_p256, "ECDSA P-256"},        {KeyKind::ecdsa_p384, "ECDSA P-384"},
      {KeyKind::ecdsa_p521, "ECDSA P-521"},        {KeyKind::ed25519, "Ed25519"},
      {KeyKind::rsa_2048, "RSA 2048 bits"},        {KeyKind::rsa_3072, "RSA 3072 bits"},
      {KeyKind::rsa_pss_2048, "RSA-PSS 2048 bits"}};
  const auto authority = LocalAuthority::create("Test Root");
  for (const auto& [kind, text] : kinds) {
    LeafRequest request;
    request.names = {"server.example"};
    request.key = kind;
    EXPECT_EQ(Certificate::from_pem(authority->issue(request)->chain_pem)->front().facts()->key, text);
  }
}

TEST(Certificate, garbage_has_no_facts) {
  const std::byte garbage[] = {std::byte{0x30}, std::byte{0x00}};
  EXPECT_EQ(Certificate(garbage).facts().error().code, Code::certificate_malformed);
}

TEST(TrustStore, holds_every_root_of_a_text) {
  const auto store = TrustStore::from_pem(root_pem() + root_pem());
  ASSERT_TRUE(store);
  EXPECT_EQ(store->size(), 2U);
  const auto subjects = store->subjects();
  ASSERT_EQ(subjects.size(), 2U);
  EXPECT_NE(as_text(as_view(std::span<const std::byte>(subjects.front()))).find("Test Root"), std::string_view::npos);
}

TEST(TrustStore, an_unreadable_file_or_root_is_named) {
  const auto missing = TrustStore::from_pem_file("/nonexistent/roots.pem");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::unreadable_file);
  EXPECT_EQ(missing.error().detail, "/nonexistent/roots.pem: No such file or directory");
  EXPECT_EQ(TrustStore::from_pem_file("/tmp").error().code, Code::unreadable_file) << "a folder is no file";
  const auto broken =
      TrustStore::from_pem(root_pem() + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::malformed_pem);
  EXPECT_NE(broken.error().detail.find("certificate 2"), std::string::npos) << broken.error().detail;
  EXPECT_EQ(TrustStore::from_pem("").error().code, Code::malformed_pem);
}

TEST(TrustStore, the_systems_is_loaded_once_and_shared) {
  const auto first = TrustStore::system();
  const auto second = TrustStore::system();
  ASSERT_TRUE(first && second) << first.error().detail;
  EXPECT_GT(first->size(), 10U);
  EXPECT_EQ(&first->impl(), &second->impl());
}

// An authority that is taken out of the system's roots must not be trusted until the next restart.
TEST(TrustStore, the_systems_is_read_again_when_its_file_has_changed) {
  const auto file = std::filesystem::path(testing::TempDir()) / "changing-roots.pem";
  std::ofstream(file) << root_pem() << root_pem();
  const auto* const set = std::getenv("SSL_CERT_FILE");
  const auto before = set == nullptr ? std::nullopt : std::optional<std::string>(set);
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  const auto two = TrustStore::system();
  std::ofstream(file) << root_pem();
  const auto one = TrustStore::system();
  std::ofstream(file) << "no certificates";
  const auto none = TrustStore::system();
  if (before) {
    ::setenv("SSL_CERT_FILE", before->c_str(), 1);
  } else {
    ::unsetenv("SSL_CERT_FILE");
  }
  std::filesystem::remove(file);
  ASSERT_TRUE(two && one);
  EXPECT_EQ(one->size(), 1U);
  EXPECT_EQ(two->size(), 2U) << "a store stays as it is";
  EXPECT_FALSE(none) << "and a file that cannot be used is an error, not a reason to trust what was before";
}

}  // namespace
}  // namespace sotto
