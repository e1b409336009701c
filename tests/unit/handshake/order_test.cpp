// Every message dropped, repeated, swapped or replaced, in both roles: none may end in a connection, and each ends with
// the alert that belongs to it.
#include <gtest/gtest.h>

#include "support/message_peer.hpp"
#include "wire/message.hpp"

namespace sotto {
namespace {

using namespace test;

struct Scene {
  const char* name;
  bool client_certificate = false;
  bool retry = false;
  bool older = false;  // TLS 1.2
};

Policy policy_of(const Scene& scene) {
  auto policy = Policy::modern();
  if (scene.older) policy.versions = {ProtocolVersion::tls12};
  return policy;
}
std::shared_ptr<const ClientConfig> client_config(const Scene& scene) {
  return client_builder()
      .policy(policy_of(scene))
      .credential(client_credential())
      .session_store(nullptr)
      .build()
      .value();
}
std::shared_ptr<const ServerConfig> server_config(const Scene& scene) {
  auto builder = server_builder();
  auto policy = policy_of(scene);
  if (scene.retry) policy.groups = policy.key_shares = {NamedGroup::secp384r1};
  builder.policy(policy).ticket_keys(nullptr);
  if (scene.client_certificate) builder.request_client_certificate(ClientAuth::required, roots());
  return builder.build().value();
}

/// Runs a whole handshake; `change` may alter what the client (`from_client`) or the server sends in a flight.
struct Conversation {
  template <class Change>
  Conversation(const Scene& scene, bool from_client, int flight, Change change)
      : client(client_config(scene), ServerName("localhost"), nullptr), server(server_config(scene), nullptr) {
    client.run();
    server.run();
    for (int count = 0; count < 3; ++count) {
      auto up = client.sent();
      if (from_client && count == flight) change(up);
      for (const auto& message : up) server.take(message);
      auto down = server.sent();
      if (!from_client && count == flight) change(down);
      for (const auto& message : down) client.take(message);
    }
  }
  [[nodiscard]] bool done() const { return client.shake.is_done() && server.shake.is_done(); }
  [[nodiscard]] const std::optional<Error>& receiver_error(bool from_client) const {
    return from_client ? server.error : client.error;
  }
  MessageClient client;
  MessageServer server;
};

class Order : public testing::TestWithParam<Scene> {
 protected:
  /// Calls `visit(from_client, flight, size)` for each flight that has messages.
  template <class Visit>
  void each_flight(Visit visit) {
    for (const bool from_client : {true, false})
      for (int flight = 0; flight < 3; ++flight) {
        std::size_t size = 0;
        const Conversation whole(GetParam(), from_client, flight, [&](auto& messages) { size = messages.size(); });
        ASSERT_TRUE(whole.done());
        if (size != 0) visit(from_client, flight, size);
      }
  }
  static std::string where(bool from_client, int flight, std::size_t at) {
    return std::string(from_client ? "client" : "server") + " flight " + std::to_string(flight) + " message " +
           std::to_string(at);
  }
};

TEST_P(Order, without_one_message_there_is_no_connection) {
  each_flight([&](bool from_client, int flight, std::size_t size) {
    for (std::size_t at = 0; at < size; ++at) {
      const Conversation run(GetParam(), from_client, flight,
                             [&](auto& messages) { messages.erase(messages.begin() + static_cast<long>(at)); });
      EXPECT_FALSE(run.done()) << where(from_client, flight, at);
      // Without its last message the receiver waits. A CertificateRequest is optional: without it, the signature is
      // over another transcript (TLS 1.3), or the server misses the certificate (TLS 1.2). All else is out of order.
      const auto& error =
          run.receiver_error(from_client) ? run.receiver_error(from_client) : run.receiver_error(!from_client);
      if (at + 1 == size) {
        EXPECT_FALSE(error) << error->message();
      } else {
        ASSERT_TRUE(error) << where(from_client, flight, at);
        EXPECT_TRUE(error->alert == Alert::unexpected_message || error->code == Code::bad_signature)
            << error->message();
      }
    }
  });
}

TEST_P(Order, with_a_message_repeated_there_is_no_connection) {
  each_flight([&](bool from_client, int flight, std::size_t size) {
    for (std::size_t at = 0; at < size; ++at) {
      const Conversation run(GetParam(), from_client, flight, [&](auto& messages) {
        messages.insert(messages.begin() + static_cast<long>(at), Bytes(messages[at]));
      });
      const auto& error = run.receiver_error(from_client);
      const bool after_the_end = run.done();  // a second Finished is the record layer's to refuse
      EXPECT_TRUE(error || after_the_end) << where(from_client, flight, at);
      // A second ClientHello that should have differed is the one repetition of a legal type.
      const bool second_hello = GetParam().retry && from_client && flight == 0;
      if (error) {
        EXPECT_EQ(error->alert, second_hello ? Alert::illegal_parameter : Alert::unexpected_message)
            << error->message();
      }
      if (after_the_end) {
        EXPECT_EQ(at + 1, size);
      }
    }
  });
}

TEST_P(Order, with_two_messages_swapped_there_is_no_connection) {
  each_flight([&](bool from_client, int flight, std::size_t size) {
    for (std::size_t at = 0; at + 1 < size; ++at) {
      const Conversation run(GetParam(), from_client, flight,
                             [&](auto& messages) { std::swap(messages[at], messages[at + 1]); });
      EXPECT_FALSE(run.done());
      const auto& error = run.receiver_error(from_client);
      ASSERT_TRUE(error) << where(from_client, flight, at);
      EXPECT_EQ(error->alert, Alert::unexpected_message) << error->message();
    }
  });
}

TEST_P(Order, with_a_message_of_any_other_type_there_is_no_connection) {
  each_flight([&](bool from_client, int flight, std::size_t size) {
    for (std::size_t at = 0; at < size; ++at)
      for (const unsigned type : {0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 25, 67, 254, 255}) {
        bool same_type = false;
        const Conversation run(GetParam(), from_client, flight, [&](auto& messages) {
          same_type = messages[at].empty() || messages[at][0] == type;  // change_cipher_spec has no type
          if (!same_type) messages[at][0] = static_cast<std::uint8_t>(type);
        });
        if (same_type) continue;
        EXPECT_FALSE(run.done());
        const auto& error = run.receiver_error(from_client);
        ASSERT_TRUE(error) << where(from_client, flight, at) << " as type " << type;
        // Where the other type is legal too (CertificateRequest or Certificate), its content is not.
        EXPECT_TRUE(error->alert == Alert::unexpected_message || error->alert == Alert::decode_error)
            << error->message();
      }
  });
}

INSTANTIATE_TEST_SUITE_P(Tls13, Order,
                         testing::Values(Scene{"plain"}, Scene{"with_client_certificate", true},
                                         Scene{"with_retry", false, true}),
                         [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Tls12, Order,
                         testing::Values(Scene{"plain", false, false, true},
                                         Scene{"with_client_certificate", true, false, true}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace sotto
