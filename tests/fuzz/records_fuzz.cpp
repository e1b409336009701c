// Any octets, in any pieces, to a connection in either role and version; and to one that is established, under its
// keys. Input: one octet for the scene, then pieces that say their lengths.
#include "fuzz/fuzz.hpp"
#include "support/forger.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

/// Takes everything that is in `end.in`; errors must stay, and no more may be consumed than there is.
void run(End& end) {
  for (;;) {
    const auto step = end.connection.receive(end.in.readable(), end.out);
    if (!step) {
      const auto again = end.connection.receive(end.in.readable(), end.out);
      fuzz::promise(!again && again.error().code == step.error().code, "an error stays");
      return;
    }
    fuzz::promise(step->consumed <= end.in.size(), "no more is consumed than there is");
    end.in.consume(step->consumed);
    if (std::holds_alternative<NeedInput>(step->event) || std::holds_alternative<AwaitingAnswer>(step->event)) return;
  }
}

std::shared_ptr<const ClientConfig> client_of(bool older, const std::shared_ptr<danger::KeyLog>& log) {
  auto policy = older ? Policy::legacy() : Policy::modern();
  if (older) policy.versions = {ProtocolVersion::tls12};
  return client_builder().policy(policy).session_store(nullptr).key_log(log).build().value();
}

/// Whose first record under the last keys is a forged one.
std::shared_ptr<const ServerConfig> server_without_tickets() {
  auto policy = Policy::legacy();
  policy.tickets = 0;
  return server_builder().policy(policy).build().value();
}

void feed_raw(fuzz::Input& input, Pair& pair, bool to_client) {
  auto& victim = to_client ? pair.client : pair.server;
  while (!input.empty()) {
    victim.in.append(as_public(input.part()));
    run(victim);
  }
}

/// Seals each piece under the keys of TLS 1.3: one octet of content type, then the content.
void feed_sealed(fuzz::Input& input, Pair& pair, const KeptKeyLog& log, bool to_client) {
  Forger forger(log, to_client ? "SERVER_TRAFFIC_SECRET_0" : "CLIENT_TRAFFIC_SECRET_0");
  auto& victim = to_client ? pair.client : pair.server;
  while (!input.empty()) {
    const auto type = static_cast<record::ContentType>(input.octet());
    forger.append(type, input.part(), victim.in);
    run(victim);
  }
}

}  // namespace
}  // namespace sotto

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sotto;
  static const auto log = std::make_shared<KeptKeyLog>();
  static const std::array clients = {client_of(false, log), client_of(true, log)};
  static const auto server = server_without_tickets();
  fuzz::Input input(data, size);
  const auto scene = input.octet();
  const bool older = (scene & 1) != 0;
  const bool to_client = (scene & 2) != 0;
  const bool established = (scene & 4) != 0;
  log->lines.clear();
  Pair pair(clients[older ? 1 : 0], server);
  if (established) pair.run();
  if (established && !older)
    feed_sealed(input, pair, *log, to_client);
  else
    feed_raw(input, pair, to_client);
  return 0;
}
