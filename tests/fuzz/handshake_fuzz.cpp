// Whole handshakes in which any message may be changed, left out, repeated, held back or replaced, in both versions.
// Whoever gets something else than the other side said must not end up with a connection.
// Input: one octet for the scene, then an instruction for each message.
#include "fuzz/fuzz.hpp"
#include "support/message_peer.hpp"

namespace sotto {
namespace {

using namespace test;

struct Configs {
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;
};

/// `scene`: bit 0 for TLS 1.2, bit 1 for a client certificate, bit 2 for a retry, bit 3 for the classic suites.
Configs make_configs(unsigned scene) {
  auto policy = (scene & 8) != 0 ? Policy::legacy() : Policy::modern();
  if ((scene & 1) != 0) policy.versions = {ProtocolVersion::tls12};
  auto client = client_builder();
  client.policy(policy).credential(client_credential()).session_store(nullptr);
  if ((scene & 4) != 0) policy.groups = policy.key_shares = {NamedGroup::secp256r1};
  if ((scene & 8) != 0)
    std::erase_if(policy.cipher_suites, [](CipherSuite suite) { return to_string(suite).contains("ECDHE"); });
  auto server = ServerConfig::builder();
  server.credential(credential((scene & 8) != 0 ? KeyKind::rsa_2048 : KeyKind::ecdsa_p256));
  server.policy(policy).ticket_keys(nullptr);
  if ((scene & 2) != 0) server.request_client_certificate(ClientAuth::required, roots());
  return {client.build().value(), server.build().value()};
}

const Configs& configs_of(unsigned scene) {
  static std::array<std::optional<Configs>, 16> made;
  auto& configs = made[scene];
  if (!configs) configs = make_configs(scene);
  return *configs;
}

/// Returns another message: its type and body from the input.
Bytes invent(fuzz::Input& input) {
  Bytes message;
  wire::Writer writer(message);
  writer.u8(input.octet());
  writer.vector(wire::between<0, 0xffffff>, input.part());
  return message;
}

/// Returns what is told in place of `said`: an instruction for each message. `held`: a message held back.
std::vector<Bytes> tell(const std::vector<Bytes>& said, fuzz::Input& input, Bytes& held) {
  std::vector<Bytes> told;
  for (const auto& message : said) {
    switch (input.octet() % 8) {
      case 1: continue;  // left out
      case 2:            // repeated
        told.push_back(message);
        break;
      case 3:  // held back
        held = message;
        continue;
      case 4:  // what was held back comes first
        if (!held.empty()) told.push_back(std::exchange(held, {}));
        break;
      case 5: {  // changed
        auto changed = message;
        if (!changed.empty()) changed[input.below(changed.size())] ^= input.octet();
        told.push_back(std::move(changed));
        continue;
      }
      case 6: told.push_back(invent(input)); continue;
      case 7: told.emplace_back(); break;  // change_cipher_spec before it
      default: break;
    }
    told.push_back(message);
  }
  return told;
}

/// Gives `told` to `to` until it has a connection. Returns whether all that it took is what was said.
template <class End>
bool deliver(const std::vector<Bytes>& said, const std::vector<Bytes>& told, End& to) {
  std::size_t taken = 0;
  while (taken < told.size() && !to.shake.is_done()) to.take(told[taken++]);
  return taken <= said.size() &&
         std::equal(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(taken), said.begin());
}

}  // namespace
}  // namespace sotto

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  fuzz::Input input(data, size);
  const auto& configs = configs_of(input.octet() % 16);
  MessageClient client(configs.client, ServerName("localhost"), nullptr);
  MessageServer server(configs.server, nullptr);
  client.run();
  server.run();
  Bytes held;
  bool honest_up = true;
  bool honest_down = true;
  for (int flight = 0; flight < 4; ++flight) {
    const auto up = client.sent();
    honest_up = deliver(up, tell(up, input, held), server) && honest_up;
    const auto down = server.sent();
    honest_down = deliver(down, tell(down, input, held), client) && honest_down;
  }
  if (!honest_up) fuzz::promise(!server.shake.is_done(), "a server that was lied to has no connection");
  if (!honest_down) fuzz::promise(!client.shake.is_done(), "a client that was lied to has no connection");
  return 0;
}
