// Checks binders under pre-shared keys that valgrind takes for secret, of each kind. Only the verdict may be told
// (tests/ct/verdicts.supp).
#include "ct/checks.hpp"
#include "handshake/binder.hpp"

namespace sotto::constant_time_test {
namespace {

using handshake::PskKind;

void check(PskKind kind, crypto::HashAlgorithm hash) {
  Bytes key(crypto::hash_length(hash), 0x5a);
  const auto transcript = crypto::digest(hash, Bytes{1, 2, 3}).value();
  const auto expected = handshake::binder_for(kind, hash, key, transcript).value();
  const auto right = own(expected.view());
  handshake::Psk psk;
  psk.kind = kind;
  psk.hash = hash;
  psk.key = SecretBytes(key);
  poison(psk.key.view());
  require(handshake::check_binder(psk, transcript, right).has_value(), "the right binder is taken");
  for (std::size_t at = 0; at < right.size(); ++at) {
    auto wrong = right;
    wrong[at] = static_cast<std::uint8_t>(wrong[at] ^ (1U << (at % 8)));
    require(!handshake::check_binder(psk, transcript, wrong), "a changed binder is refused");
  }
  require(!handshake::check_binder(psk, transcript, Bytes(right.size())), "zeros are refused");
  require(!handshake::check_binder(psk, transcript, View(right).first(right.size() - 1)), "a part is refused");
}

}  // namespace

void check_all() {
  for (const auto hash : {crypto::HashAlgorithm::sha256, crypto::HashAlgorithm::sha384})
    for (const auto kind : {handshake::PskKind::session, handshake::PskKind::plain, handshake::PskKind::imported})
      check(kind, hash);
}

}  // namespace sotto::constant_time_test
