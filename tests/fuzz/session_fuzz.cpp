// Stored sessions and tickets: any octets, and any content that was sealed with the right key.
// Input: one octet chooses, the rest is the content.
#include "fuzz/fuzz.hpp"
#include "session/ticket.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  static const auto keys = TicketKeys::generate().value();
  static const auto now = std::chrono::system_clock::now();
  fuzz::Input input(data, size);
  const auto which = input.octet() % 3;
  const auto content = input.rest();
  if (which == 0) {
    const auto session = Session::parse(as_public(content));
    if (session) (void)session->serialize();
  } else if (which == 1) {
    fuzz::promise(!session::open_ticket(*keys, content, now), "a ticket that was not sealed here is none");
  } else if (const auto ticket = keys->impl().seal(content, now)) {
    (void)session::open_ticket(*keys, *ticket, now);
  }
  return 0;
}
