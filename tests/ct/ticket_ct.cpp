// Seals tickets whose key and whose session's secret valgrind takes for secret, and opens them, whole and changed. Only
// whether a ticket is authentic may be told (tests/ct/verdicts.supp).
#include <openssl/rand.h>

#include "ct/checks.hpp"
#include "session/ticket.hpp"

namespace sotto::constant_time_test {
namespace {

constexpr std::chrono::system_clock::time_point now{std::chrono::hours(500'000)};

// What is drawn first is the name of the ticket key, which is public, and then the key.
constexpr std::size_t name_octets = 16;
constexpr std::size_t key_octets = 32;

session::ServerSession session_with_a_secret() {
  session::ServerSession session;
  session.cipher_suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  for (auto& octet : session.psk.resize(32)) octet = 0xa5;
  poison(session.psk.view());
  session.issued = now;
  session.lifetime = std::chrono::hours(1);
  session.server_name = "localhost";
  return session;
}

/// Opens and says whether that was possible; what comes out is secret.
bool opens(TicketKeys& keys, const Bytes& ticket) { return keys.impl().open(ticket, now).has_value(); }

}  // namespace

void check_all() {
  const auto made = TicketKeys::generate().value();
  auto& keys = *made;
  auto sealed = session::seal_ticket(keys, session_with_a_secret(), now);
  require(sealed.has_value(), "a ticket is sealed");
  if (!sealed) return;
  reveal(*sealed);  // it goes out in the clear
  require(opens(keys, *sealed), "the ticket is opened");
  for (std::size_t at = 0; at < sealed->size(); ++at) {
    auto changed = *sealed;
    changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1U << (at % 8)));
    require(!opens(keys, changed), "a changed ticket is refused");
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{27}, std::size_t{44}, sealed->size() - 1}) {
    const Bytes part(sealed->begin(), sealed->begin() + static_cast<std::ptrdiff_t>(length));
    require(!opens(keys, part), "a part of a ticket is refused");
  }
}

}  // namespace sotto::constant_time_test

/// Stands in for libcrypto's: the ticket key is to be secret from the beginning.
extern "C" int RAND_bytes(unsigned char* octets, int count) {
  static bool is_first = true;
  const std::span drawn(octets, static_cast<std::size_t>(count));
  for (auto& octet : drawn) octet = 0x5a;
  if (std::exchange(is_first, false))
    sotto::constant_time_test::poison(
        drawn.subspan(sotto::constant_time_test::name_octets, sotto::constant_time_test::key_octets));
  return 1;
}
