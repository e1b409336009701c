#include "allocation/scenarios.hpp"

#include <algorithm>
#include <stdexcept>

#include <sotto/early_data.hpp>

#include "allocation/shortage.hpp"
#include "support/pair.hpp"

namespace sotto::allocation {
namespace {

using namespace test;

Policy of(ProtocolVersion version) {
  auto policy = Policy::modern();
  policy.versions = {version};
  return policy;
}
Policy renegotiating() {
  auto policy = of(ProtocolVersion::tls12);
  policy.renegotiation = Renegotiation::allowed;
  return policy;
}
Policy classic(CipherSuite suite) {
  auto policy = Policy::legacy();
  policy.versions = {ProtocolVersion::tls12};
  policy.cipher_suites = {suite};
  return policy;
}
/// A server of that policy asks for another group than the one that the client begins with.
Policy with_groups(std::vector<NamedGroup> groups) {
  auto policy = of(ProtocolVersion::tls13);
  policy.key_shares = {groups.front()};
  policy.groups = std::move(groups);
  return policy;
}

ClientConfig::Builder client(const Policy& policy) { return std::move(client_builder().policy(policy)); }
ServerConfig::Builder server(const Policy& policy) { return std::move(server_builder().policy(policy)); }

/// Gives the same session every time, for a conversation that is repeated.
class SameSession final : public SessionStore {
 public:
  void put(const std::string&, Session session) override {
    if (serialized_.empty()) serialized_ = session.serialize();
  }
  std::optional<Session> take(const std::string&) override {
    if (serialized_.empty()) return std::nullopt;
    auto session = Session::parse(serialized_);
    if (!session) return std::nullopt;
    return std::move(*session);
  }
  void remove(const std::string&, std::span<const std::byte>) override {}

 private:
  std::vector<std::byte> serialized_;
};
/// The same for a server.
class SameServerSession final : public ServerSessionStore {
 public:
  void put(std::span<const std::byte> id, std::vector<std::byte> sealed,
           std::chrono::system_clock::time_point) override {
    if (!id_.empty()) return;
    id_.assign(id.begin(), id.end());
    sealed_ = std::move(sealed);
  }
  std::optional<std::vector<std::byte>> find(std::span<const std::byte> id) override {
    if (!std::ranges::equal(id, id_)) return std::nullopt;
    return sealed_;
  }
  void remove(std::span<const std::byte>) override {}

 private:
  std::vector<std::byte> id_;
  std::vector<std::byte> sealed_;
};
/// Takes whatever comes: replays have tests of their own.
class Unguarded final : public ReplayGuard {
 public:
  bool is_first(const EarlyDataAttempt&) override { return true; }
};

/// Lets `scenario` begin with a session of an earlier connection.
Scenario resuming(Scenario scenario) {
  const auto store = std::make_shared<SameSession>();
  const auto keys = TicketKeys::generate().value();
  const auto kept = std::make_shared<SameServerSession>();
  const auto plain_client = scenario.client;
  const auto plain_server = scenario.server;
  scenario.client = [=] {
    auto builder = plain_client();
    builder.session_store(store);
    return builder;
  };
  scenario.server = [=] {
    auto builder = plain_server();
    builder.ticket_keys(keys).session_store(kept);
    return builder;
  };
  auto first = scenario;
  first.early_data = EarlyDataUse::forbidden;
  if (!Conversation(first).is_complete()) throw std::logic_error("there is no first connection");
  return scenario;
}
bool is_resumed(const End& client, const End& server) {
  return client.connection->summary().resumed && server.connection->summary().resumed;
}
bool knows_the_client(const End&, const End& server) {
  return server.connection->summary().peer_chain == client_credential().chain();
}

Scenario plain(ProtocolVersion version) {
  return {[=] { return client(of(version)); }, [=] { return server(of(version)); }};
}

Scenario with_client_certificate(ProtocolVersion version) {
  auto scenario = plain(version);
  scenario.client = [=] {
    auto builder = client(of(version));
    builder.credential(client_credential());
    return builder;
  };
  scenario.server = [=] {
    auto builder = server(of(version));
    builder.request_client_certificate(ClientAuth::required, roots());
    return builder;
  };
  scenario.is_meant = knows_the_client;
  return scenario;
}

Scenario resumed(ProtocolVersion version) {
  auto scenario = resuming(plain(version));
  scenario.is_meant = is_resumed;
  return scenario;
}

Scenario resumed_by_identifier() {
  auto policy = of(ProtocolVersion::tls12);
  policy.tickets = 0;
  Scenario scenario{[=] { return client(policy); }, [=] { return server(policy); }};
  scenario = resuming(scenario);
  scenario.is_meant = is_resumed;
  return scenario;
}

Scenario with_early_data() {
  auto scenario = plain(ProtocolVersion::tls13);
  scenario.early_data = EarlyDataUse::allowed;
  scenario.server = [] {
    auto builder = server(of(ProtocolVersion::tls13));
    builder.early_data(14336, std::make_shared<Unguarded>());
    return builder;
  };
  scenario = resuming(scenario);
  scenario.is_meant = [](const End& client, const End& server) {
    return is_resumed(client, server) && server.early_data == Conversation::early_question;
  };
  return scenario;
}

Scenario with_retried_hello() {
  return {[] { return client(with_groups({NamedGroup::x25519, NamedGroup::secp256r1})); },
          [] { return server(with_groups({NamedGroup::secp256r1})); },
          EarlyDataUse::forbidden,
          {},
          [](const End& client, const End&) { return client.connection->summary().hello_retried; }};
}

Scenario renegotiated() {
  return {[] { return client(renegotiating()); }, [] { return server(renegotiating()); }, EarlyDataUse::forbidden,
          [](End& client, End&) { client.note(inside([&] { return client.connection->renegotiate(client.out); })); },
          [](const End& client, const End& server) { return client.renegotiated == 1 && server.renegotiated == 1; }};
}

Scenario authenticated_later() {
  auto scenario = with_client_certificate(ProtocolVersion::tls13);
  scenario.client = [] {
    auto builder = client(of(ProtocolVersion::tls13));
    builder.post_handshake_authentication().credential(client_credential());
    return builder;
  };
  scenario.server = [] {
    auto builder = server(of(ProtocolVersion::tls13));
    builder.request_client_certificate(ClientAuth::on_request, roots());
    return builder;
  };
  scenario.then = [](End&, End& server) {
    server.note(
        inside([&] { return server.connection->request_client_certificate(ClientAuth::required, server.out); }));
  };
  return scenario;
}

Scenario with_updated_keys() {
  auto scenario = plain(ProtocolVersion::tls13);
  scenario.then = [](End& client, End&) {
    client.note(inside([&] { return client.connection->update_keys(Connection::UpdateKeys::both, client.out); }));
  };
  return scenario;
}

Scenario classic_one(CipherSuite suite) {
  return {[=] { return client(classic(suite)); },
          [=] {
            auto builder = ServerConfig::builder();
            builder.policy(classic(suite)).credential(credential(KeyKind::rsa_2048));
            return builder;
          }};
}

}  // namespace

const std::vector<NamedScenario>& scenarios() {
  static const std::vector<NamedScenario> all = {
      {"tls13", [] { return plain(ProtocolVersion::tls13); }},
      {"tls13_client_certificate", [] { return with_client_certificate(ProtocolVersion::tls13); }},
      {"tls13_resumed", [] { return resumed(ProtocolVersion::tls13); }},
      {"tls13_early_data", with_early_data},
      {"tls13_hello_retry_request", with_retried_hello},
      {"tls13_later_client_certificate", authenticated_later},
      {"tls13_key_update", with_updated_keys},
      {"tls12", [] { return plain(ProtocolVersion::tls12); }},
      {"tls12_client_certificate", [] { return with_client_certificate(ProtocolVersion::tls12); }},
      {"tls12_resumed", [] { return resumed(ProtocolVersion::tls12); }},
      {"tls12_resumed_by_identifier", resumed_by_identifier},
      {"tls12_renegotiation", renegotiated},
      {"tls12_rsa_key_exchange", [] { return classic_one(CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA); }},
      {"tls12_dhe", [] { return classic_one(CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256); }}};
  return all;
}

}  // namespace sotto::allocation
