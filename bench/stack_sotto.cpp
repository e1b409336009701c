#include <array>
#include <cstring>
#include <optional>
#include <variant>

#include <sotto/client.hpp>
#include <sotto/connection.hpp>
#include <sotto/server.hpp>
#include <sotto/version.hpp>

#include "require.hpp"
#include "stack.hpp"

namespace sotto::bench {
namespace {

// What a program holds once for each thread: storage to receive into, as large as the largest record, and a queue to
// send.
struct Io {
  std::array<std::byte, 5 + 16384 + 256> input;
  Buffer output;

  void flush(Wire& wire) {
    wire.append(output.readable());
    output.clear();
  }
};

Io& io_of_this_thread() {
  thread_local Io io;
  return io;
}

class SottoEndpoint : public Endpoint {
 public:
  explicit SottoEndpoint(Connection connection) : connection_(std::move(connection)) {}

  std::size_t advance(Wire& in, Wire& out) override {
    auto& io = io_of_this_thread();
    std::size_t data = 0;
    std::size_t held = 0;
    while (!in.empty()) {
      held += in.take(std::span(io.input).subspan(held));
      auto rest = std::span(io.input).first(held);
      data += take_steps(rest, io.output);
      held = rest.size();
      std::memmove(io.input.data(), rest.data(), held);
    }
    require(held == 0, "sotto left a partial record");
    io.flush(out);
    return data;
  }

  void send(std::span<const std::byte> data, Wire& out) override {
    auto& io = io_of_this_thread();
    require(connection_.write(data, io.output));
    io.flush(out);
  }

  [[nodiscard]] bool is_established() const override { return connection_.is_established(); }
  [[nodiscard]] bool is_resumed() const override { return connection_.summary().resumed; }
  void shrink() override { connection_.forget_summary(); }

 private:
  // Takes steps until more input is needed; leaves in `input` what was not consumed.
  std::size_t take_steps(std::span<std::byte>& input, Buffer& output) {
    std::size_t data = 0;
    for (;;) {
      const auto step = require(connection_.receive(input, output));
      input = input.subspan(step.consumed);
      if (const auto* received = std::get_if<ApplicationData>(&step.event)) data += received->bytes.size();
      if (std::holds_alternative<NeedInput>(step.event)) return data;
    }
  }

  Connection connection_;
};

// Holds the newest session, or none where every handshake is to be full.
class OneSession : public SessionStore {
 public:
  explicit OneSession(bool keep) : keep_(keep) {}
  void put(const std::string& /*server*/, Session session) override {
    if (keep_) session_ = std::move(session);
  }
  std::optional<Session> take(const std::string& /*server*/) override { return std::exchange(session_, std::nullopt); }
  void remove(const std::string& /*server*/, std::span<const std::byte> /*id*/) override { session_.reset(); }

 private:
  bool keep_;
  std::optional<Session> session_;
};

class SottoStack : public Stack {
 public:
  SottoStack(const Setup& setup, const Credentials& credentials) : name_(host) {
    const auto policy = policy_of(setup);
    auto client = ClientConfig::builder();
    client.policy(policy).roots(TrustStore::from_pem(credentials.root));
    client.session_store(std::make_shared<OneSession>(setup.resume));
    auto server = ServerConfig::builder();
    server.policy(policy).credential(Credential::from_pem(credentials.server_chain, credentials.server_key));
    if (setup.mutual) {
      client.credential(Credential::from_pem(credentials.client_chain, credentials.client_key));
      server.request_client_certificate(ClientAuth::required, TrustStore::from_pem(credentials.root));
    }
    client_ = require(client.build());
    server_ = require(server.build());
  }

  std::unique_ptr<Endpoint> client(Wire& out) override {
    auto& io = io_of_this_thread();
    auto endpoint = std::make_unique<SottoEndpoint>(require(Connection::client(client_, name_, io.output)));
    io.flush(out);
    return endpoint;
  }

  std::unique_ptr<Endpoint> server() override {
    return std::make_unique<SottoEndpoint>(require(Connection::server(server_)));
  }

 private:
  static Policy policy_of(const Setup& setup) {
    auto policy = Policy::modern();
    policy.cipher_suites = {setup.suite};
    policy.groups = {NamedGroup::x25519};
    policy.key_shares = {NamedGroup::x25519};
    policy.tickets = 1;
    return policy;
  }

  ServerName name_;
  std::shared_ptr<const ClientConfig> client_;
  std::shared_ptr<const ServerConfig> server_;
};

}  // namespace

std::string sotto_version() { return std::string(version); }

std::unique_ptr<Stack> make_sotto(const Setup& setup, const Credentials& credentials) {
  return std::make_unique<SottoStack>(setup, credentials);
}

}  // namespace sotto::bench
