// Any text as an endpoint of the program. Input: one octet for the role, then text.
#include "fuzz/fuzz.hpp"
#include "net/endpoint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace program;
  sotto::fuzz::Input input(data, size);
  const auto role = input.octet() % 2 == 0 ? EndpointRole::peer : EndpointRole::listener;
  const auto endpoint = parse_endpoint(sotto::as_text(input.rest()), role);
  if (!endpoint) return 0;
  const auto again = parse_endpoint(endpoint->text(), role);
  sotto::fuzz::promise(again && again->text() == endpoint->text(), "an endpoint is written as it is read");
  return 0;
}
