#include "exchange.hpp"

#include "failure.hpp"

namespace sotto::bogo {
namespace {

std::string_view text_of(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

void send_exported(const Options& options, Conversation& conversation) {
  std::vector<std::byte> octets(static_cast<std::size_t>(options.export_keying_material));
  std::optional<std::span<const std::byte>> context;
  if (options.use_export_context) context = as_bytes(options.export_context);
  must(conversation.connection().export_keying_material(options.export_label, context, octets));
  conversation.write(text_of(octets));
}

void send_tls_unique(Conversation& conversation) {
  const auto binding = conversation.connection().channel_binding(ChannelBinding::tls_unique);
  expect(binding.has_value(), "failed to get tls-unique");
  conversation.write(text_of(*binding));
}

/// A length in two octets, little endian, then the secret of the peer's direction and of ours.
void send_traffic_secrets(const Setup& setup, Conversation& conversation) {
  const auto client = setup.secrets->find("CLIENT_TRAFFIC_SECRET_0");
  const auto server = setup.secrets->find("SERVER_TRAFFIC_SECRET_0");
  const std::string length = {static_cast<char>(client.size()), static_cast<char>(client.size() >> 8)};
  const bool is_server = setup.options.server;
  conversation.write(length);
  conversation.write(text_of(is_server ? client : server));
  conversation.write(text_of(is_server ? server : client));
}

void echo(const Options& options, Conversation& conversation) {
  for (;;) {
    if (options.key_update_before_read) conversation.update_keys();
    const auto most = static_cast<std::size_t>(options.read_size);
    const auto seen = options.peek_then_read ? conversation.peek(most) : std::nullopt;
    auto data = conversation.read(most);
    expect(!options.peek_then_read || data == seen, "what was read is not what was seen before");
    if (options.use_exporter_between_reads) {
      std::array<std::byte, 1> octet{};
      must(conversation.connection().export_keying_material("", {}, octet));
    }
    if (!data) return;
    if (options.key_update) conversation.update_keys();
    for (auto& octet : *data) octet = static_cast<char>(octet ^ 0xff);
    conversation.write(*data);
  }
}

void shut_down(const Options& options, Conversation& conversation) {
  if (!options.check_close_notify) return;
  const bool peer_was_first = conversation.connection().peer_has_closed();
  conversation.close();
  if (options.shim_shuts_down)
    conversation.expect_close();
  else
    expect(peer_was_first, "the peer's close_notify is missing");
}

/// What is said before anything is read.
std::string initial_write(const Options& options) {
  std::string data;
  // A write is never left unfinished here: all of it stands in the output at once.
  if (options.shim_writes_first || options.read_with_unfinished_write)
    for (int i = 0; i < options.repeat_shim_initial_write; ++i) data += options.shim_initial_write;
  return data;
}

/// What comes behind the handshake, by `options`. `said`: octets of the initial write that were accepted early data.
void talk(const Setup& setup, const Options& options, Conversation& conversation, std::size_t said) {
  if (options.export_keying_material > 0) send_exported(options, conversation);
  if (options.export_traffic_secrets) send_traffic_secrets(setup, conversation);
  if (options.tls_unique) send_tls_unique(conversation);
  if (options.send_alert) return conversation.abort(decompression_failure);
  if (const auto data = initial_write(options); data.size() > said) conversation.write(data.substr(said));
  if (!options.shim_shuts_down) echo(options, conversation);
}

void finish(const Setup& setup, const Options& options, Conversation& conversation) {
  if (options.send_alert) return;
  check_end(setup, options, conversation);
  shut_down(options, conversation);
}

/// Sends as much of the initial write as can be early data; returns how much that was.
std::size_t write_early(const Options& options, Conversation& conversation) {
  const auto limit = conversation.connection().early_data_limit();
  expect(!options.expect_no_offer_early_data || limit == 0, "early data was offered");
  auto data = initial_write(options).substr(0, limit);
  const auto octets = data.size();
  // One write after the other, as the runner counts records.
  while (!data.empty()) {
    const auto part = data.substr(0, options.shim_initial_write.size());
    conversation.write_early(part);
    data.erase(0, part.size());
  }
  return octets;
}

}  // namespace

void run_connection(const OptionSets& sets, ShimState& state, Turn turn) {
  const auto& first = turn == Turn::initial ? sets.initial : sets.resume;
  state.sessions->begin();
  if (turn == Turn::resume && !first.server) expect(state.sessions->has_any(), "there is no session to offer");
  const Setup setup(first, sets.retry, state);
  Transport transport(first.port, first.ipv6, first.shim_id);
  Conversation conversation(setup, transport);
  if (first.early_write_after_message != 0) conversation.shake_hands_up_to(first.early_write_after_message);
  const auto early = write_early(first, conversation);
  conversation.shake_hands();

  const auto became = conversation.connection().summary().early_data;
  const bool again = turn == Turn::resume && !first.server && first.expect_reject_early_data;
  if (again) expect(became == EarlyDataStatus::rejected, "early data was not rejected");
  const auto& options = again ? sets.retry : first;
  const auto check = [&] {
    if (!options.implicit_handshake) check_handshake(setup, options, conversation, turn);
  };
  const bool done = conversation.is_done();
  if (done) check();
  talk(setup, options, conversation, became == EarlyDataStatus::accepted ? early : 0);
  if (!done) check();
  finish(setup, options, conversation);
}

}  // namespace sotto::bogo
