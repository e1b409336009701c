#include "handshake/flows.hpp"
#include "handshake/steps_client_hello.hpp"

namespace sotto::handshake {

using wire::HelloRetryRequest;
using wire::ServerHello;

Flow client_hello(Channel& channel, ClientState& state) {  // RFC 8446, 4.1
  auto again = co_await look_for_session(state);
  if (again) {
    auto proof = co_await channel.ask(*again);
    co_await accept_session(state, proof);
  }
  co_await prepare_offer(state);
  co_await send_client_hello(channel, state);
  auto answer = co_await channel.expect<ServerHello, HelloRetryRequest>();

  if (auto* retry = std::get_if<Received<HelloRetryRequest>>(&answer)) {
    co_await accept_retry_request(channel, state, *retry);
    co_await send_client_hello(channel, state);
    auto second = co_await channel.expect<ServerHello>();
    answer = std::move(second);
  }

  auto& hello = std::get<Received<ServerHello>>(answer);
  co_await accept_server_hello(channel, state, hello);
  co_return {};
}

}  // namespace sotto::handshake
