/// \file
/// A client and a server joined in memory: everything one says is given to the other.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sotto/connection.hpp>

#include "support/credentials.hpp"

namespace sotto::test {

inline ClientConfig::Builder client_builder() {
  auto builder = ClientConfig::builder();
  builder.roots(roots());
  return builder;
}
inline ServerConfig::Builder server_builder() {
  auto builder = ServerConfig::builder();
  builder.credential(credential());
  return builder;
}

/// One end: a connection with the input it has not used up yet and all that happened.
struct End {
  explicit End(Connection used) : connection(std::move(used)) {}

  Connection connection;
  Buffer in;
  Buffer out;
  std::string data;        // application data received
  std::string early_data;  // early data received
  std::optional<EarlyDataAnswered> early_answer;
  std::vector<Question> questions;  // open ones
  std::optional<Error> error;
  bool established = false;
  bool peer_closed = false;
  int sessions_stored = 0;
  int keys_updated = 0;
  int client_authentications = 0;
  unsigned renegotiated = 0;
  unsigned refused = 0;

  /// Takes steps until input is missing, an answer is, or it failed.
  void run() {
    while (!error) {
      auto step = connection.receive(in.readable(), out);
      if (!step) {
        error = step.error();
        return;
      }
      note(step->event);
      in.consume(step->consumed);
      if (std::holds_alternative<NeedInput>(step->event) || std::holds_alternative<AwaitingAnswer>(step->event)) return;
    }
  }
  void note(const Event& event) {
    if (const auto* got = std::get_if<ApplicationData>(&event))
      data.append(reinterpret_cast<const char*>(got->bytes.data()), got->bytes.size());
    if (const auto* got = std::get_if<EarlyData>(&event))
      early_data.append(reinterpret_cast<const char*>(got->bytes.data()), got->bytes.size());
    if (const auto* answer = std::get_if<EarlyDataAnswered>(&event)) early_answer = *answer;
    if (const auto* question = std::get_if<Question>(&event)) questions.push_back(*question);
    established |= std::holds_alternative<HandshakeDone>(event);
    peer_closed |= std::holds_alternative<PeerClosed>(event);
    sessions_stored += std::holds_alternative<SessionStored>(event);
    client_authentications += std::holds_alternative<ClientAuthenticated>(event);
    keys_updated += std::holds_alternative<KeysUpdated>(event);
    renegotiated += std::holds_alternative<Renegotiated>(event);
    refused += std::holds_alternative<RenegotiationRefused>(event);
  }
  void write(std::string_view text) { ASSERT_OK(connection.write(as_bytes(text), out)); }

 private:
  static void ASSERT_OK(const Result<void>& result) {
    if (!result) throw std::logic_error(result.error().message());
  }
};

struct Pair {
  Pair(std::shared_ptr<const ClientConfig> client_config, std::shared_ptr<const ServerConfig> server_config,
       std::string_view name = "localhost", ConnectionOptions client_options = {},
       ConnectionOptions server_options = {})
      : first_flight(),
        client(Connection::client(std::move(client_config), ServerName(name), first_flight, client_options).value()),
        server(Connection::server(std::move(server_config), server_options).value()) {
    client.out = std::move(first_flight);
  }
  Buffer first_flight;
  End client;
  End server;

  /// Carries bytes to and fro, at most `octets` at a time, until nothing moves.
  void run(std::size_t octets = 1 << 20) {
    for (;;) {
      client.run();
      server.run();
      const bool up = carry(client.out, server, octets);
      const bool down = carry(server.out, client, octets);
      if (!up && !down) return;
    }
  }
  [[nodiscard]] bool established() const { return client.established && server.established; }

 private:
  static bool carry(Buffer& from, End& to, std::size_t octets) {
    bool moved = false;
    while (!from.empty()) {
      const auto part = from.readable().first(std::min(octets, from.size()));
      to.in.append(part);
      from.consume(part.size());
      moved = true;
      if (!to.error) to.run();
    }
    return moved;
  }
};

}  // namespace sotto::test
