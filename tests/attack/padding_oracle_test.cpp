// Lucky 13 and padding oracles: a peer that tells wrong padding from a wrong MAC decrypts CBC records. That neither
// takes longer than the other is shown by tests/ct; that each octet of padding counts, by unit_record.
#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

constexpr auto suite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA;

TEST(Lucky13, sees_one_alert_whichever_octet_of_a_record_it_changes) {
  const auto client = client_builder().policy(with_suite12(suite)).build().value();
  const auto server = legacy_server().build().value();
  std::optional<std::string> words;
  for (const auto* text : {"hello", "sixteen octets !"}) {
    for (std::size_t at = 5;; ++at) {
      Pair pair(client, server);
      pair.run();
      pair.client.write(text);
      if (at >= pair.client.out.size()) break;
      pair.client.out.readable()[at] ^= std::byte{0x01};
      deliver(pair.client, pair.server);
      expect_refused(pair.server, Code::bad_record_mac, Alert::bad_record_mac);
      EXPECT_EQ(pair.server.data, "") << at;
      if (!words) words = pair.server.error->message();
      EXPECT_EQ(pair.server.error->message(), *words) << at;
    }
  }
}

TEST(Lucky13, meets_encrypt_then_mac_between_peers_that_know_it) {
  Pair pair(client_builder().policy(with_suite12(suite)).build().value(), legacy_server().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  pair.client.write("x");
  // RFC 7366: IV, one block of content and padding, MAC. MAC-then-encrypt would take two blocks behind the IV.
  EXPECT_EQ(pair.client.out.size(), 5u + 16 + 16 + 20);
}

TEST(Lucky13, finds_no_cbc_in_the_default_policy) {
  for (const auto policy_suite : Policy::modern().cipher_suites)
    EXPECT_FALSE(keys::find_suite(policy_suite)->cbc) << to_string(policy_suite);
}

}  // namespace
}  // namespace sotto::attack
