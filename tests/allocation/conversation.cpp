#include "allocation/conversation.hpp"

#include <array>

#include "allocation/shortage.hpp"
#include "base/bytes.hpp"

namespace sotto::allocation {
namespace {

std::span<const std::byte> octets_of(const std::string& text) { return std::as_bytes(std::span(text)); }
std::string text_of(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

std::string exported(End& end) {
  std::array<std::byte, 32> key{};
  auto done = inside([&] { return end.connection->export_keying_material("EXPORTER-sotto-test", std::nullopt, key); });
  if (!done) {
    end.note(done);
    return {};
  }
  return text_of(key);
}

}  // namespace

// Longer than a record, so that there are several.
const std::string Conversation::question(20'000, 'q');
const std::string Conversation::answer(40'000, 'a');
const std::string Conversation::early_question = "GET / HTTP/1.1\r\n\r\n";

void End::receive() {
  while (connection && !error) {
    auto step = inside([&] { return connection->receive(in.readable(), out); });
    note(step);
    if (!step) return;
    const auto& event = step->event;
    if (const auto* got = std::get_if<ApplicationData>(&event)) data += text_of(got->bytes);
    if (const auto* got = std::get_if<EarlyData>(&event)) early_data += text_of(got->bytes);
    established |= std::holds_alternative<HandshakeDone>(event);
    renegotiated += std::holds_alternative<Renegotiated>(event);
    authenticated += std::holds_alternative<ClientAuthenticated>(event);
    closed |= std::holds_alternative<PeerClosed>(event);
    in.consume(step->consumed);
    if (std::holds_alternative<NeedInput>(event) || std::holds_alternative<AwaitingAnswer>(event)) return;
  }
}

Conversation::Conversation(const Scenario& scenario) {
  configure(scenario);
  // Without memory for the session there is none to send it with.
  if (scenario.early_data == EarlyDataUse::allowed && !failed() && client.connection->early_data_limit() != 0)
    client.note(
        inside([&] { return client.connection->write_early(ReplayableData(octets_of(early_question)), client.out); }));
  carry();
  if (client.established && server.established && !failed()) {
    client_key_ = exported(client);
    server_key_ = exported(server);
  }
  if (scenario.then && client.established && server.established && !failed()) {
    scenario.then(client, server);
    carry();
  }
  write(client, question);
  carry();
  write(server, answer);
  carry();
  close(client);
  carry();
  close(server);
  carry();
  end_both();
}

void Conversation::configure(const Scenario& scenario) {
  auto client_settings = scenario.client();
  auto server_settings = scenario.server();
  const auto client_config = inside([&] { return client_settings.build(); });
  const auto server_config = inside([&] { return server_settings.build(); });
  client.note(client_config);
  server.note(server_config);
  if (failed()) return;
  ConnectionOptions options;
  options.early_data = scenario.early_data;
  const ServerName name("localhost");
  auto calling = inside([&] { return Connection::client(*client_config, name, client.out, options); });
  auto called = inside([&] { return Connection::server(*server_config, options); });
  client.note(calling);
  server.note(called);
  if (calling) client.connection.emplace(std::move(*calling));
  if (called) server.connection.emplace(std::move(*called));
}

void Conversation::carry() {
  client.receive();
  server.receive();
  bool moved = true;
  while (moved) {
    moved = carry_one_way(client, server);
    moved |= carry_one_way(server, client);
  }
}

bool Conversation::carry_one_way(End& from, End& to) {
  if (from.out.empty()) return false;
  to.in.append(from.out.readable());
  from.out.consume(from.out.size());
  to.receive();
  return true;
}

void Conversation::write(End& end, const std::string& text) {
  if (!end.established || failed()) return;
  end.note(inside([&] { return end.connection->write(octets_of(text), end.out); }));
}

void Conversation::close(End& end) {
  if (!end.established || failed()) return;
  end.note(inside([&] { return end.connection->close(end.out); }));
}

/// The transport ends: whoever still waits hears of it.
void Conversation::end_both() {
  for (auto* end : {&client, &server})
    if (end->connection && !end->error) end->note(inside([&] { return end->connection->end_of_input(); }));
}

bool Conversation::keys_agree() const { return client_key_ == server_key_ && !client_key_.empty(); }

bool Conversation::is_complete() const {
  return client.established && server.established && client.closed && server.closed && keys_agree() &&
         server.data == question && client.data == answer;
}

}  // namespace sotto::allocation
