#include <gtest/gtest.h>
#include <openssl/err.h>

#include <thread>

#include <sotto/issue.hpp>
#include <sotto/verifier.hpp>

#include "support/forge.hpp"

namespace sotto {
namespace {

using forge::Forged;
using forge::Recipe;
using namespace std::chrono_literals;

const LocalAuthority& root() {
  static const auto authority = LocalAuthority::create("Test Root");
  return *authority;
}

TrustStore store_of(const std::string& pem) {
  auto store = TrustStore::from_pem(pem);
  EXPECT_TRUE(store) << store.error().detail;
  return *store;
}

CertificateChain issue(const LocalAuthority& authority, std::vector<std::string> names, bool for_client = false) {
  LeafRequest request;
  request.names = std::move(names);
  request.client_authentication = for_client;
  auto issued = authority.issue(request);
  EXPECT_TRUE(issued) << issued.error().detail;
  return *Certificate::from_pem(issued->chain_pem);
}

VerifyRequest request_of(CertificateChain chain, std::string_view name = "server.example") {
  return {std::move(chain), ServerName(name), Purpose::server_authentication, std::chrono::system_clock::now()};
}

Result<Verified> verify(const VerifyRequest& request) {
  static const auto verifier = make_verifier(store_of(root().certificate_pem()));
  auto verified = verifier->verify(request);
  EXPECT_EQ(ERR_peek_error(), 0U) << "libcrypto's queue stays empty";
  return verified;
}

Result<Verified> verify_under(const Forged& trusted, CertificateChain chain, std::string_view name = "server.example") {
  return make_verifier(store_of(trusted.pem()))->verify(request_of(std::move(chain), name));
}

void expect_refusal(const Result<Verified>& verified, Code code, std::string_view words) {
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, code) << verified.error().detail;
  EXPECT_NE(verified.error().detail.find(words), std::string::npos) << verified.error().detail;
}

TEST(Verifier, accepts_a_leaf_under_a_trusted_root_and_says_how) {
  const auto verified = verify(request_of(issue(root(), {"server.example"})));
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_TRUE(verified->is_authenticated());
  EXPECT_EQ(verified->path().size(), 2U);
  EXPECT_EQ(verified->how(), "by the root \"CN = Test Root\"");
  EXPECT_EQ(verified->end_entity().facts()->subject, "CN = server.example");
}

TEST(Verifier, builds_the_path_over_an_intermediate_in_whatever_order_it_came) {
  const auto intermediate = root().issue_intermediate("Test Intermediate");
  ASSERT_TRUE(intermediate);
  auto chain = issue(*intermediate, {"server.example"});
  chain.push_back(Certificate::from_pem(root().certificate_pem())->front());
  chain.push_back(Certificate::from_pem(intermediate->certificate_pem())->front());
  const auto verified = verify(request_of(chain));
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->path().size(), 3U);
}

TEST(Verifier, a_missing_intermediate_is_named) {
  const auto intermediate = root().issue_intermediate("Test Intermediate");
  expect_refusal(
      verify(request_of(issue(*intermediate, {"server.example"}))), Code::certificate_untrusted,
      "CN = server.example was issued by CN = Test Intermediate, which is no trusted root; the peer sent this "
      "certificate alone");
}

TEST(Verifier, an_unknown_issuer_is_named) {
  const auto other = LocalAuthority::create("Other Root");
  const auto intermediate = other->issue_intermediate("Other Intermediate");
  auto chain = issue(*intermediate, {"server.example"});
  chain.push_back(Certificate::from_pem(intermediate->certificate_pem())->front());
  expect_refusal(verify(request_of(chain)), Code::certificate_untrusted,
                 "CN = Other Intermediate was issued by CN = Other Root, which is neither in the chain");
  chain.push_back(Certificate::from_pem(other->certificate_pem())->front());
  expect_refusal(verify(request_of(chain)), Code::certificate_untrusted,
                 "the chain ends in the root CN = Other Root, which is not trusted");
}

TEST(Verifier, a_root_of_the_same_name_with_another_key_does_not_help) {
  const auto impostor = LocalAuthority::create("Test Root");
  expect_refusal(verify(request_of(issue(*impostor, {"server.example"}))), Code::certificate_untrusted,
                 "CN = Test Root");
}

TEST(Verifier, a_self_signed_leaf_is_refused_unless_it_is_trusted_itself) {
  const Forged leaf(Recipe(), nullptr);
  expect_refusal(verify(request_of({leaf.certificate()})), Code::certificate_untrusted,
                 "CN = server.example signed itself");
  const auto pinned = verify_under(leaf, {leaf.certificate()});
  ASSERT_TRUE(pinned) << pinned.error().detail;
  EXPECT_EQ(pinned->how(), "by its own certificate, which is trusted itself");
}

TEST(Verifier, the_wrong_name_is_told_with_the_right_ones) {
  const auto chain = issue(root(), {"a.example", "*.b.example", "192.0.2.7"});
  expect_refusal(verify(request_of(chain, "foo.example")), Code::certificate_wrong_name,
                 "expected \"foo.example\", the certificate is for \"a.example\", \"*.b.example\", \"192.0.2.7\"");
  for (const char* good : {"a.example", "A.Example.", "x.b.example", "192.0.2.7"})
    EXPECT_TRUE(verify(request_of(chain, good))) << good;
  for (const char* bad : {"b.example", "x.y.b.example", "192.0.2.8", "::1", "xa.example"})
    expect_refusal(verify(request_of(chain, bad)), Code::certificate_wrong_name, bad);
}

TEST(Verifier, an_ip_address_is_compared_octet_by_octet) {
  const auto chain = issue(root(), {"2001:db8::1"});
  EXPECT_TRUE(verify(request_of(chain, "[2001:DB8:0:0::0001]")));
  expect_refusal(verify(request_of(chain, "2001:db8::2")), Code::certificate_wrong_name, "\"2001:db8::1\"");
}

// RFC 9525, 2: the common name identifies nobody.
TEST(Verifier, the_common_name_is_not_a_name) {
  const Forged authority(forge::authority("Forged Root"), nullptr);
  Recipe recipe;
  recipe.extensions = {};
  const Forged leaf(recipe, &authority);
  expect_refusal(verify_under(authority, {leaf.certificate()}), Code::certificate_wrong_name, "names no host");
}

TEST(Verifier, an_unusable_expected_name_is_the_callers_fault) {
  const auto verified = verify(request_of(issue(root(), {"server.example"}), "not a name"));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::invalid_server_name);
}

TEST(Verifier, an_expired_certificate_is_dated) {
  const auto chain = issue(root(), {"server.example"});
  auto request = request_of(chain);
  const auto not_after = chain.front().facts()->not_after;
  request.time = not_after + 49h;
  // The root lives longer; its own end is not the fault.
  expect_refusal(verify(request), Code::certificate_expired, ", 2 days ago");
  expect_refusal(verify(request), Code::certificate_expired, "CN = server.example expired on 20");
  request.time = not_after + 1s;
  expect_refusal(verify(request), Code::certificate_expired, ", 1 second ago");
}

// RFC 5280, 4.1.2.5: both ends are inclusive.
TEST(Verifier, the_first_and_the_last_second_of_validity_count) {
  const Forged authority(forge::authority("Forged Root"), nullptr);
  Recipe recipe;
  recipe.not_before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - 10min;
  recipe.not_after = recipe.not_before + 20min;
  const auto verifier = make_verifier(store_of(authority.pem()));
  auto request = request_of({Forged(recipe, &authority).certificate()});
  for (const auto time : {recipe.not_before, recipe.not_after, recipe.not_after + 999ms}) {
    request.time = time;
    EXPECT_TRUE(verifier->verify(request));
  }
  request.time = recipe.not_before - 1s;
  expect_refusal(verifier->verify(request), Code::certificate_not_yet_valid, "is valid from");
  request.time = recipe.not_after + 1s;
  expect_refusal(verifier->verify(request), Code::certificate_expired, "1 second ago");
}

TEST(Verifier, a_clients_certificate_authenticates_no_server_and_the_other_way_round) {
  const auto client = issue(root(), {"alice"}, true);
  expect_refusal(verify(request_of(client, "alice")), Code::certificate_wrong_purpose, "authenticate a server");
  VerifyRequest request{client, std::nullopt, Purpose::client_authentication, std::chrono::system_clock::now()};
  EXPECT_TRUE(verify(request));
  request.chain = issue(root(), {"server.example"});
  expect_refusal(verify(request), Code::certificate_wrong_purpose, "authenticate a client");
}

TEST(Verifier, weak_keys_and_signatures_are_refused) {
  const Forged authority(forge::authority("Forged Root"), nullptr);
  Recipe small;
  small.key = "RSA:1024";
  expect_refusal(verify_under(authority, {Forged(small, &authority).certificate()}), Code::certificate_too_weak,
                 "RSA 1024 bits");
  Recipe sha1;
  sha1.hash = EVP_sha1();
  expect_refusal(verify_under(authority, {Forged(sha1, &authority).certificate()}), Code::certificate_too_weak,
                 "ecdsa-with-SHA1");
}

TEST(Verifier, dsa_is_refused) {
  auto recipe = forge::authority("DSA Root");
  recipe.key = "DSA";
  const Forged authority(recipe, nullptr);
  expect_refusal(verify_under(authority, {Forged(Recipe(), &authority).certificate()}), Code::certificate_refused,
                 "DSA");
}

TEST(Verifier, a_leaf_issues_nothing) {
  const Forged authority(forge::authority("Forged Root"), nullptr);
  Recipe between;
  between.subject = "No Authority";
  const Forged middle(between, &authority);
  const auto verified = verify_under(authority, {Forged(Recipe(), &middle).certificate(), middle.certificate()});
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::certificate_untrusted) << verified.error().detail;
}

TEST(Verifier, a_private_root_without_key_usage_is_trusted_and_an_intermediate_without_it_is_not) {
  Recipe home;
  home.subject = "Home CA";
  home.extensions = {{NID_basic_constraints, "critical,CA:TRUE"}};
  const Forged root_without(home, nullptr);
  EXPECT_TRUE(verify_under(root_without, {Forged({}, &root_without).certificate()}));

  const Forged proper(forge::authority("Proper CA"), nullptr);
  home.subject = "Careless CA";
  const Forged careless(home, &proper);
  expect_refusal(verify_under(proper, {Forged({}, &careless).certificate(), careless.certificate()}),
                 Code::certificate_refused, "key usage");
}

TEST(Verifier, an_authority_is_no_peer) {
  const Forged authority(forge::authority("Forged Root"), nullptr);
  const Forged middle(forge::authority("server.example", {{NID_subject_alt_name, "DNS:server.example"}}), &authority);
  const auto verified = verify_under(authority, {middle.certificate()});
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::certificate_wrong_purpose) << verified.error().detail;
}

TEST(Verifier, pathlen_is_kept) {
  const auto intermediate = root().issue_intermediate("Test Intermediate");
  const auto deeper = intermediate->issue_intermediate("Too Deep");
  auto chain = issue(*deeper, {"server.example"});
  chain.push_back(Certificate::from_pem(deeper->certificate_pem())->front());
  chain.push_back(Certificate::from_pem(intermediate->certificate_pem())->front());
  expect_refusal(verify(request_of(chain)), Code::certificate_untrusted, "Test Intermediate");
}

TEST(Verifier, name_constraints_are_kept_and_a_wildcard_does_not_evade_them) {
  const Forged authority(
      forge::authority("Forged Root", {{NID_name_constraints, "critical,excluded;DNS:secret.example"}}), nullptr);
  const auto with_name = [&](const char* name) {
    Recipe recipe;
    recipe.extensions = {{NID_subject_alt_name, std::string("DNS:") + name}};
    return CertificateChain{Forged(recipe, &authority).certificate()};
  };
  EXPECT_TRUE(verify_under(authority, with_name("open.example"), "open.example"));
  EXPECT_TRUE(verify_under(authority, with_name("*.open.example"), "x.open.example"));
  expect_refusal(verify_under(authority, with_name("secret.example"), "secret.example"), Code::certificate_refused, "");
  expect_refusal(verify_under(authority, with_name("a.secret.example"), "a.secret.example"), Code::certificate_refused,
                 "");
  // Without a rule of ours libcrypto would let this one through for secret.example.
  const Forged nested(forge::authority("Nested", {{NID_name_constraints, "critical,excluded;DNS:a.b.example"}}),
                      nullptr);
  Recipe wildcard;
  wildcard.extensions = {{NID_subject_alt_name, "DNS:*.b.example"}};
  expect_refusal(verify_under(nested, {Forged(wildcard, &nested).certificate()}, "a.b.example"),
                 Code::certificate_refused, "has a wildcard");
}

TEST(Verifier, an_unknown_critical_extension_is_refused) {
  const Forged authority(forge::authority("Forged Root"), nullptr);
  Recipe recipe;
  recipe.extensions.emplace_back(NID_netscape_comment, "critical,hello");
  expect_refusal(verify_under(authority, {Forged(recipe, &authority).certificate()}), Code::certificate_refused,
                 "critical extension");
}

TEST(Verifier, garbage_is_malformed_and_an_empty_chain_is_missing) {
  const std::byte garbage[] = {std::byte{0x30}, std::byte{0x01}, std::byte{0x00}};
  EXPECT_EQ(verify(request_of({Certificate(garbage)})).error().code, Code::certificate_malformed);
  auto chain = issue(root(), {"server.example"});
  chain.emplace_back(garbage);
  expect_refusal(verify(request_of(chain)), Code::certificate_malformed, "certificate 2 of the chain");
  EXPECT_EQ(verify(request_of({})).error().code, Code::certificate_missing);
}

TEST(Verifier, a_changed_signature_is_found) {
  const auto chain = issue(root(), {"server.example"});
  std::vector<std::byte> changed(chain.front().der().begin(), chain.front().der().end());
  changed.back() ^= std::byte{1};
  const auto verified = verify(request_of({Certificate(changed)}));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::certificate_untrusted) << verified.error().detail;
}

TEST(Verifier, words_from_a_peer_cannot_drive_a_terminal) {
  Recipe recipe;
  recipe.subject = "evil\x1b[31m\u202e\u009b";
  const auto verified = verify(request_of({Forged(recipe, nullptr).certificate()}));
  ASSERT_FALSE(verified);
  for (const char* bad : {"\x1b", "\u202e", "\u009b"}) EXPECT_EQ(verified.error().detail.find(bad), std::string::npos);
}

TEST(Verifier, several_threads_verify_at_once) {
  const auto verifier = make_verifier(store_of(root().certificate_pem()));
  const auto request = request_of(issue(root(), {"server.example"}));
  std::array<int, 4> accepted{};
  std::vector<std::jthread> threads;
  for (auto& count : accepted)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) count += verifier->verify(request) ? 1 : 0;
    });
  threads.clear();
  for (const auto count : accepted) EXPECT_EQ(count, 50);
}

TEST(Verifier, the_dangerous_one_accepts_everything_and_says_so) {
  const auto verified = danger::accept_any_certificate()->verify(request_of(issue(root(), {"other.example"})));
  ASSERT_TRUE(verified);
  EXPECT_FALSE(verified->is_authenticated());
  EXPECT_EQ(verified->how(), "not authenticated");
  EXPECT_EQ(danger::accept_any_certificate()->verify(request_of({})).error().code, Code::certificate_missing);
}

// A verifier of a caller's own cannot vouch for another certificate than the one that was shown.
TEST(Verifier, the_proof_is_about_the_certificate_that_the_peer_showed) {
  struct Mistaken final : Verifier {
    Result<Judgement> judge(const VerifyRequest&) const override { return Judgement{{}, "by mistake", true}; }
  };
  const auto verified = Mistaken().verify(request_of(issue(root(), {"server.example"})));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::internal_error);
}

}  // namespace
}  // namespace sotto
