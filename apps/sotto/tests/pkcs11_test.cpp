#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <new>
#include <string_view>

#include <sotto/buffer.hpp>

#include "pkcs11/mechanism.hpp"
#include "pkcs11/threads.hpp"
#include "pkcs11/uri.hpp"

namespace program::pkcs11 {
namespace {

using sotto::SignatureScheme;

TEST(Pkcs11Uri, is_shown_without_its_pin) {
  EXPECT_EQ(shown("pkcs11:token=web?pin-value=1234"), "pkcs11:token=web?pin-value=...");
  EXPECT_EQ(shown("pkcs11:token=web?pin-value=1234&module-name=softhsm2"),
            "pkcs11:token=web?pin-value=...&module-name=softhsm2");
  EXPECT_EQ(shown("pkcs11:x?pin-value=1&pin-value=2"), "pkcs11:x?pin-value=...&pin-value=...");
  EXPECT_EQ(shown("/etc/key.pem"), "/etc/key.pem");
}

TEST(Pkcs11Threads, go_on_after_a_job_that_throws) {
  Threads threads;
  std::promise<void> done;
  threads.run([] { throw std::bad_alloc(); });
  threads.run([&] { done.set_value(); });
  done.get_future().wait();
  threads.stop();
}

TEST(Pkcs11Uri, is_told_from_a_file) {
  EXPECT_TRUE(is_uri("pkcs11:object=key"));
  EXPECT_FALSE(is_uri("./pkcs11:object=key"));
  EXPECT_FALSE(is_uri("key.pem"));
}

TEST(Pkcs11Uri, gives_its_pin) {
  EXPECT_EQ(Uri::parse("pkcs11:token=web?pin-value=12%2634")->pin()->value(), "12&34");
  EXPECT_FALSE(Uri::parse("pkcs11:token=web")->pin()->has_value());
}

TEST(Pkcs11Uri, runs_no_command_for_its_pin) {
  const auto pin = Uri::parse("pkcs11:token=web?pin-source=%7Ccat%20/etc/pin")->pin();
  ASSERT_FALSE(pin);
  EXPECT_NE(pin.error().sentence.find("not run"), std::string::npos);
}

// RFC 7512, 2.3: attributes that are not known make a URI that names nothing.
TEST(Pkcs11Uri, is_refused_with_an_attribute_that_is_not_known) {
  EXPECT_FALSE(Uri::parse("pkcs11:token=web;colour=red"));
  EXPECT_FALSE(Uri::parse("pkcs11:token=%zz"));
}

// RFC 8017, 9.2, note 1.
TEST(Pkcs11Mechanism, pkcs1_signs_the_digest_info) {
  const auto starts_with = [](SignatureScheme scheme, std::string_view prefix, std::size_t length) {
    const auto input = input_for(scheme, sotto::as_bytes("abc"));
    return input && input->size() == prefix.size() + length &&
           std::ranges::equal(std::span(*input).first(prefix.size()), sotto::as_bytes(prefix));
  };
  using namespace std::string_view_literals;
  EXPECT_TRUE(starts_with(SignatureScheme::rsa_pkcs1_sha256,
                          "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"sv, 32));
  EXPECT_TRUE(starts_with(SignatureScheme::rsa_pkcs1_sha384,
                          "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"sv, 48));
  EXPECT_TRUE(starts_with(SignatureScheme::rsa_pkcs1_sha512,
                          "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"sv, 64));
}

TEST(Pkcs11Mechanism, pss_and_ecdsa_sign_the_digest_and_ed25519_the_message) {
  const auto size = [](SignatureScheme scheme) { return input_for(scheme, sotto::as_bytes("abc"))->size(); };
  EXPECT_EQ(size(SignatureScheme::rsa_pss_rsae_sha256), 32u);
  EXPECT_EQ(size(SignatureScheme::ecdsa_secp384r1_sha384), 48u);
  EXPECT_EQ(size(SignatureScheme::ed25519), 3u);
}

// RFC 8446, 4.2.3: "The length of the Salt MUST be equal to the length of the output of the digest algorithm."
TEST(Pkcs11Mechanism, the_salt_of_pss_is_as_long_as_the_digest) {
  for (const auto& [length, hash, mgf] : {std::tuple{32u, CKM_SHA256, CKG_MGF1_SHA256},
                                          {48u, CKM_SHA384, CKG_MGF1_SHA384},
                                          {64u, CKM_SHA512, CKG_MGF1_SHA512}}) {
    const auto parameters = pss_parameters(length);
    EXPECT_EQ(parameters.s_len, length);
    EXPECT_EQ(parameters.hash_alg, hash);
    EXPECT_EQ(parameters.mgf, mgf);
  }
}

}  // namespace
}  // namespace program::pkcs11
