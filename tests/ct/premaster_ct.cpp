// Selects between a decrypted pre-master secret and a random one, of which valgrind takes all for secrets: that is
// Bleichenbacher's place. With the argument "leak" the program branches on a secret itself, and valgrind has to say so.
#include "crypto/premaster.hpp"
#include "ct/checks.hpp"

namespace sotto::constant_time_test {
namespace {

Bytes premaster(std::uint8_t major, std::uint8_t minor) {
  Bytes octets(crypto::premaster_length, 0x11);
  octets[0] = major;
  octets[1] = minor;
  return octets;
}

// Says which of the two it is; -1 for neither.
int chosen(crypto::constant_time::Mask decrypted, std::uint8_t major, std::uint8_t minor) {
  const auto original = premaster(major, minor);
  const Bytes substitute(crypto::premaster_length, 0x22);
  auto secret = original;
  poison({reinterpret_cast<const std::uint8_t*>(&decrypted), sizeof decrypted});
  poison(secret);
  poison(substitute);
  crypto::keep_or_replace(decrypted, ProtocolVersion::tls12, substitute, secret);
  reveal(secret);
  reveal(substitute);
  return secret == original ? 1 : secret == substitute ? 0 : -1;
}

}  // namespace

void check_all() {
  constexpr auto yes = ~crypto::constant_time::Mask{0};
  require(chosen(yes, 3, 3) == 1, "the decrypted one is kept");
  require(chosen(yes, 3, 2) == 0 && chosen(yes, 2, 3) == 0, "one of another version is replaced");
  require(chosen(0, 3, 3) == 0 && chosen(0, 0, 0) == 0, "one that was not decrypted is replaced");
}

}  // namespace sotto::constant_time_test
