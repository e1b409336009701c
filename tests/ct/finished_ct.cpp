// Checks Finished messages of both versions under keys that valgrind takes for secret, right ones and wrong ones. Only
// the verdict may be told (tests/ct/verdicts.supp).
#include "ct/checks.hpp"
#include "handshake/agreed12.hpp"
#include "handshake/certificates.hpp"
#include "keys/cipher_suites.hpp"

namespace sotto::constant_time_test {
namespace {

using handshake::Received;

crypto::Digest context_of(crypto::HashAlgorithm hash) { return crypto::digest(hash, Bytes{1, 2, 3}).value(); }

void poison_secret(View secret) { poison(secret); }

/// Puts `octets` with each octet changed in turn, and cut, through `check`, which says whether they are right.
template <class Check>
void try_all(const Bytes& right, const Check& check) {
  require(check(right), "the right value is taken");
  for (std::size_t at = 0; at < right.size(); ++at) {
    auto wrong = right;
    wrong[at] = static_cast<std::uint8_t>(wrong[at] ^ (1U << (at % 8)));
    require(!check(wrong), "a changed value is refused");
  }
  require(!check(Bytes(right.size())), "zeros are refused");
  require(!check({}), "nothing is refused");
}

void check_tls13(CipherSuite suite) {
  keys::TrafficSecret secret;
  secret.suite = keys::find_suite(suite);
  for (auto& octet : secret.secret.resize(crypto::hash_length(secret.suite->hash))) octet = 0x5a;
  const auto context = context_of(secret.suite->hash);
  const auto expected = keys::verify_data(secret, context).value();
  const auto right = own(expected.view());
  poison_secret(secret.secret.view());
  try_all(right, [&](const Bytes& octets) {
    Received<wire::Finished> finished{};
    finished.message.verify_data = octets;
    finished.context = context;
    return handshake::check_finished(secret, finished).has_value();
  });
}

void check_tls12(CipherSuite suite) {
  handshake::Agreed12 agreed;
  agreed.suite = keys::find_suite(suite);
  for (auto& octet : agreed.master.resize(48)) octet = 0x5a;
  const auto context = context_of(agreed.suite->hash);
  const auto expected = keys::verify_data12(agreed.suite->hash, agreed.master, "client finished", context).value();
  const auto right = own(expected);
  poison_secret(agreed.master.view());
  try_all(right, [&](const Bytes& octets) {
    Received<wire::Finished> finished{};
    finished.message.verify_data = octets;
    finished.context = context;
    return handshake::check_finished12(agreed, handshake::End::client, finished).has_value();
  });
}

}  // namespace

void check_all() {
  for (const auto suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384})
    check_tls13(suite);
  for (const auto suite :
       {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384})
    check_tls12(suite);
}

}  // namespace sotto::constant_time_test
