// Anything that a server may say before TLS, in pieces. Input: one octet for the protocol, then parts.
#include <sotto/starttls.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/starttls_promises.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sotto::fuzz::Input input(data, size);
  const auto protocol = sotto::fuzz::protocol_of(input);
  sotto::starttls::Client client(protocol, "client.example");
  sotto::fuzz::talk(client, input);
  sotto::starttls::Greeting greeting(protocol);
  sotto::fuzz::Input again(data, size);
  static_cast<void>(again.octet());
  sotto::fuzz::talk(greeting, again);
  return 0;
}
