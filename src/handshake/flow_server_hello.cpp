#include "handshake/flows.hpp"
#include "handshake/steps_server_hello.hpp"

namespace sotto::handshake {

using wire::ClientHello;

Flow server_hello(Channel& channel, ServerState& state) {  // RFC 8446, 4.1
  auto hello = co_await channel.expect<ClientHello>();
  co_await accept_client_hello(channel, state, hello);
  if (state.early_data_possible) {
    auto replay = co_await replay_question(state);
    auto first_time = co_await channel.ask(replay);
    co_await accept_early_data(channel, state, first_time);
  }

  if (state.retry_needed) {
    co_await send_hello_retry_request(channel, state);
    auto second = co_await channel.expect<ClientHello>();
    co_await accept_second_client_hello(channel, state, second);
  }
  co_return {};
}

}  // namespace sotto::handshake
