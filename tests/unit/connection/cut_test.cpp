// A handshake that is cut after any octet is no connection: in both versions, in both roles.
#include <gtest/gtest.h>

#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

struct Scene {
  std::string name;
  ProtocolVersion version;
  bool client_certificate;
  bool resumed;
};

std::vector<Scene> scenes() {
  std::vector<Scene> all;
  for (const auto version : {ProtocolVersion::tls13, ProtocolVersion::tls12})
    for (const bool certificate : {false, true})
      for (const bool resumed : {false, true})
        all.push_back({std::string(version == ProtocolVersion::tls13 ? "tls13" : "tls12") +
                           (certificate ? "_with_a_client_certificate" : "") + (resumed ? "_resumed" : ""),
                       version, certificate, resumed});
  return all;
}

/// Makes pairs of one scene. A session is used up by the handshake that it is for, so a resumed one is made anew.
class Stage {
 public:
  explicit Stage(const Scene& scene) : scene_(scene) {
    auto policy = Policy::modern();
    policy.versions = {scene.version};
    policy.tickets = 1;
    auto client = client_builder();
    auto server = server_builder();
    client.policy(policy);
    server.policy(policy);
    if (!scene.resumed) client.session_store(nullptr);
    if (scene.client_certificate) {
      client.credential(client_credential());
      server.request_client_certificate(ClientAuth::required, roots());
    }
    client_ = client.build().value();
    server_ = server.build().value();
  }
  [[nodiscard]] Pair pair() const {
    if (scene_.resumed) Pair(client_, server_).run();
    return {client_, server_};
  }

 private:
  const Scene& scene_;
  std::shared_ptr<const ClientConfig> client_;
  std::shared_ptr<const ServerConfig> server_;
};

/// Moves what `from` has to say to `to`, as far as `allowed` goes.
bool carry(End& from, End& to, std::size_t& allowed) {
  const auto count = std::min(allowed, from.out.size());
  if (count == 0) return false;
  to.in.append(from.out.readable().first(count));
  from.out.consume(count);
  allowed -= count;
  to.run();
  return true;
}

/// Runs the handshake until `victim` has got `cut` octets; returns whether it then was established.
bool is_established_after(Pair& pair, End& victim, std::size_t cut) {
  auto& other = &victim == &pair.client ? pair.server : pair.client;
  std::size_t all = 1 << 20;
  pair.client.run();
  pair.server.run();
  for (bool moved = true; moved;) {
    moved = carry(victim, other, all);
    moved = carry(other, victim, cut) || moved;
  }
  EXPECT_FALSE(victim.error) << victim.error->message();
  return victim.established;
}

class EveryCut : public testing::TestWithParam<Scene> {};

void check_role(const Stage& stage, bool client) {
  const auto victim_of = [&](Pair& pair) -> End& { return client ? pair.client : pair.server; };
  auto whole = stage.pair();
  ASSERT_TRUE(is_established_after(whole, victim_of(whole), 1 << 20));
  std::size_t cut = 0;
  for (;; ++cut) {
    auto pair = stage.pair();
    auto& victim = victim_of(pair);
    if (is_established_after(pair, victim, cut)) break;
    const auto end = victim.connection.end_of_input();
    ASSERT_FALSE(end) << "after " << cut << " octets";
    ASSERT_EQ(end.error().code, Code::truncated) << "after " << cut << " octets";
    ASSERT_FALSE(victim.connection.write(as_bytes("data"), victim.out)) << "after " << cut << " octets";
  }
  EXPECT_GT(cut, 100u);
}

TEST_P(EveryCut, of_what_the_server_says_leaves_the_client_without_a_connection) {
  check_role(Stage(GetParam()), true);
}
TEST_P(EveryCut, of_what_the_client_says_leaves_the_server_without_a_connection) {
  check_role(Stage(GetParam()), false);
}

INSTANTIATE_TEST_SUITE_P(Handshake, EveryCut, testing::ValuesIn(scenes()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace sotto
