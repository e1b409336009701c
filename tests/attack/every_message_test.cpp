// Every message in every state, in both roles and both versions: a flow takes what it says it waits for, and any other
// message ends the handshake with unexpected_message. What it waits for is asked of the flow itself.
#include <map>
#include <ranges>
#include <set>

#include "attack/scene.hpp"

namespace sotto::attack {
namespace {

/// One way through a handshake.
struct Story {
  const char* name;
  ProtocolVersion version = ProtocolVersion::tls13;
  std::optional<CipherSuite> suite = {};
  bool client_certificate = false;
  bool retry = false;
  enum class Resumed : std::uint8_t { no, by_ticket, by_session_id } resumed = Resumed::no;
  bool early_data = false;

  [[nodiscard]] Policy policy() const {
    auto policy = Policy::legacy();
    policy.versions = {version};
    if (suite) policy.cipher_suites = {*suite};
    return policy;
  }
};

/// Both configurations of a story, with a session of an earlier connection at hand where it needs one.
struct Stage {
  explicit Stage(const Story& story) : early(story.early_data ? EarlyDataUse::allowed : EarlyDataUse::forbidden) {
    client = client_builder().policy(story.policy()).credential(client_credential()).build().value();
    auto policy = story.policy();
    if (story.resumed == Story::Resumed::by_session_id) policy.tickets = 0;
    if (story.retry) policy.groups = policy.key_shares = {NamedGroup::secp384r1};
    auto builder = server_builder();
    builder.policy(policy).credential(credential(KeyKind::rsa_2048));
    if (story.client_certificate) builder.request_client_certificate(ClientAuth::required, roots());
    if (story.early_data) builder.early_data();
    server = builder.build().value();
    if (story.resumed == Story::Resumed::no) return;
    Pair pair(client, server);
    pair.run();
    if (!pair.established()) throw std::logic_error("no session to resume");
  }
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;
  EarlyDataUse early;
};

/// What a side was told: who told it, and the message. In TLS 1.2 a change_cipher_spec is an empty one.
struct Delivery {
  bool to_client;
  Bytes message;
};

/// A handshake, in which one message may be slipped in ahead of the delivery number `at`.
struct Interrupted {
  Interrupted(const Story& story, std::optional<std::size_t> at, const Bytes& slipped_in) : stage(story) {
    client.run();
    server.run();
    for (auto up = client.sent(), down = server.sent(); !up.empty() || !down.empty();) {
      for (const auto& message : up) deliver(false, message, at, slipped_in);
      down = server.sent();
      for (const auto& message : down) deliver(true, message, at, slipped_in);
      up = client.sent();
      if (stopped) return;
      down.clear();
    }
  }
  void deliver(bool to_client, const Bytes& message, std::optional<std::size_t> at, const Bytes& slipped_in) {
    if (stopped) return;
    if (at == deliveries.size()) {
      stopped = true;
      if (to_client)
        slip_in(client, slipped_in);
      else
        slip_in(server, slipped_in);
      return;
    }
    deliveries.push_back({to_client, message});
    if (to_client)
      client.take(message);
    else
      server.take(message);
  }
  template <class End>
  void slip_in(End& end, const Bytes& message) {
    receiver_is_done = end.shake.is_done();
    waited_for = end.shake.locate(Error{}).during;
    end.take(message);
    error = end.error;
  }

  Stage stage;
  MessageClient client{stage.client, ServerName("localhost"), nullptr, stage.early};
  MessageServer server{stage.server, nullptr, stage.early};
  std::vector<Delivery> deliveries;
  bool stopped = false;
  bool receiver_is_done = false;
  std::string waited_for;  // before the message that was slipped in: "client13: waiting for Finished"
  std::optional<Error> error;
};

const std::vector<Story>& stories() {
  using enum CipherSuite;
  using enum ProtocolVersion;
  using Resumed = Story::Resumed;
  static const std::vector<Story> all{
      {.name = "tls13"},
      {.name = "tls13_client_certificate", .client_certificate = true},
      {.name = "tls13_retry", .retry = true},
      {.name = "tls13_resumed", .resumed = Resumed::by_ticket},
      {.name = "tls13_early_data", .resumed = Resumed::by_ticket, .early_data = true},
      {.name = "tls12_ecdhe", .version = tls12, .suite = TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
      {.name = "tls12_dhe", .version = tls12, .suite = TLS_DHE_RSA_WITH_AES_128_GCM_SHA256},
      {.name = "tls12_rsa", .version = tls12, .suite = TLS_RSA_WITH_AES_128_GCM_SHA256},
      {.name = "tls12_client_certificate", .version = tls12, .client_certificate = true},
      {.name = "tls12_resumed_by_ticket", .version = tls12, .resumed = Resumed::by_ticket},
      {.name = "tls12_resumed_by_session_id", .version = tls12, .resumed = Resumed::by_session_id},
  };
  return all;
}

/// One message of each name: as the stories have them, and of every type that they lack, an empty one.
std::map<std::string, Bytes> every_message(const Story& story) {
  std::map<std::string, Bytes> all;
  for (const unsigned type : {0,  1,  2,  3,  4,  5,  6,  8,  9,  11,  12,  13,  14,  15,  16,
                              20, 21, 22, 23, 24, 25, 26, 67, 77, 127, 128, 203, 253, 254, 255}) {
    const Bytes empty{static_cast<std::uint8_t>(type), 0, 0, 0};
    all.try_emplace(std::string(wire::message_name(empty)) + "/" + std::to_string(type), empty);
  }
  // The story's own messages come last, so that what is slipped in is as legal as can be.
  for (const auto& other : stories())
    for (const auto& delivery : Interrupted(other, {}, {}).deliveries)
      if (!delivery.message.empty()) all[std::string(wire::message_name(delivery.message))] = delivery.message;
  for (const auto& delivery : Interrupted(story, {}, {}).deliveries)
    if (!delivery.message.empty()) all[std::string(wire::message_name(delivery.message))] = delivery.message;
  all["change_cipher_spec"] = {};
  return all;
}

/// The names behind "waiting for".
std::set<std::string> names_in(const std::string& waited_for) {
  std::set<std::string> names;
  const std::string_view before = "waiting for ";
  auto rest = std::string_view(waited_for);
  const auto start = rest.find(before);
  if (start == rest.npos) return names;
  rest.remove_prefix(start + before.size());
  rest = rest.substr(0, rest.find(" or what follows it"));
  for (const auto part : std::views::split(rest, std::string_view(" | "))) names.emplace(part.begin(), part.end());
  return names;
}

class EveryMessage : public testing::TestWithParam<Story> {};

TEST_P(EveryMessage, in_every_state_is_taken_where_it_is_legal_and_nowhere_else) {
  const auto messages = every_message(GetParam());
  const Interrupted whole(GetParam(), {}, {});
  ASSERT_TRUE(whole.client.shake.is_done() && whole.server.shake.is_done());
  ASSERT_EQ(whole.server.shake.outcome().summary.resumed, GetParam().resumed != Story::Resumed::no);
  for (std::size_t at = 0; at < whole.deliveries.size(); ++at) {
    // Where a message may be left out, what follows it is legal too: a message that nobody knows makes the flow say so.
    const Interrupted unknown(GetParam(), at, Bytes{77, 0, 0, 0});
    if (unknown.receiver_is_done) continue;  // what may come on an open connection is the connection's to say
    ASSERT_TRUE(unknown.error) << unknown.waited_for;
    auto legal = names_in(unknown.waited_for);
    legal.merge(names_in(unknown.error->during));
    ASSERT_FALSE(legal.empty()) << unknown.waited_for;
    for (const auto& [label, message] : messages) {
      const auto name = message.empty() ? label : std::string(wire::message_name(message));
      const Interrupted run(GetParam(), at, message);
      const auto where = label + " while " + run.waited_for;
      ASSERT_TRUE(run.stopped);
      if (legal.contains(name)) {
        EXPECT_TRUE(!run.error || run.error->code != Code::unexpected_message) << where;
      } else {
        ASSERT_TRUE(run.error) << where;
        EXPECT_EQ(run.error->alert, Alert::unexpected_message) << where << ": " << run.error->message();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Handshakes, EveryMessage, testing::ValuesIn(stories()),
                         [](const auto& each) { return each.param.name; });

TEST(EveryMessage, on_an_open_connection_is_taken_where_it_is_legal_and_nowhere_else) {
  using Sides = std::map<std::pair<From, ProtocolVersion>, std::set<std::string>>;
  const Sides legal{
      {{From::server, ProtocolVersion::tls13}, {"NewSessionTicket", "KeyUpdate"}},
      {{From::client, ProtocolVersion::tls13}, {"KeyUpdate"}},
      {{From::server, ProtocolVersion::tls12}, {"HelloRequest"}},
      {{From::client, ProtocolVersion::tls12}, {"ClientHello"}},
  };
  for (const auto& [side, names] : legal)
    for (const auto& [label, message] : every_message(stories().front())) {
      if (message.empty()) continue;
      Hostile hostile(side.first, side.second);
      hostile.send(ContentType::handshake, message);
      const auto where = label + " from the " + (side.first == From::client ? "client" : "server") + " in " +
                         std::string(to_string(side.second));
      if (names.contains(std::string(wire::message_name(message)))) {
        EXPECT_TRUE(!hostile.victim->error || hostile.victim->error->code != Code::unexpected_message) << where;
      } else {
        ASSERT_TRUE(hostile.victim->error) << where;
        EXPECT_EQ(hostile.victim->error->alert, Alert::unexpected_message)
            << where << ": " << hostile.victim->error->message();
      }
    }
}

}  // namespace
}  // namespace sotto::attack
