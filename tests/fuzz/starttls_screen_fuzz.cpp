// Anything that two sides may say through a screen. Input: one octet for the protocol, one for the side with TLS, then
// for each piece one octet for the side that speaks and a part.
#include <sotto/starttls.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/starttls_promises.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  fuzz::Input input(data, size);
  const auto protocol = fuzz::protocol_of(input);
  using Tls = starttls::Screen::Tls;
  starttls::Screen screen(protocol, input.octet() % 2 == 0 ? Tls::with_client : Tls::with_server);
  Buffer to_server;
  Buffer to_client;
  std::size_t from_client = 0;
  std::size_t from_server = 0;
  while (!input.empty()) {
    const bool client_speaks = input.octet() % 2 == 0;
    const auto said = input.part();
    (client_speaks ? from_client : from_server) += said.size();
    if (client_speaks)
      screen.from_client(as_public(said), to_server);
    else
      screen.from_server(as_public(said), to_client);
  }
  fuzz::promise(to_client.size() <= from_server && to_server.size() <= from_client, "a screen adds nothing");
  fuzz::promise(protocol == starttls::Protocol::mysql || to_server.size() == from_client,
                "what the client says passes at once");
  // Once there is nothing left to do, nothing is held back either.
  const auto before = to_client.size();
  if (screen.done()) screen.from_server(as_bytes("a line\r\n"), to_client);
  fuzz::promise(!screen.done() || to_client.size() == before + 8, "a screen that is done lets everything pass");
  return 0;
}
