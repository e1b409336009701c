#include "handshake/agreed12.hpp"

namespace sotto::handshake {
namespace {

std::string_view finished_label(End end) { return end == End::client ? "client finished" : "server finished"; }

keys::VerifyData12& verify_data_of(Agreed12& agreed, End end) {
  return end == End::client ? agreed.client_verify_data : agreed.server_verify_data;
}

keys::DirectionKeys& keys_of(Agreed12& agreed, End end) {
  return end == End::client ? agreed.key_block->client : agreed.key_block->server;
}

}  // namespace

Result<void> derive_master_secret(Channel& channel, Agreed12& agreed, View premaster_secret) {
  const auto hash = agreed.suite->hash;
  const auto session_hash = channel.transcript().current();
  if (!session_hash) return std::unexpected(session_hash.error());
  auto master = agreed.extended_master_secret
                    ? keys::extended_master_secret(hash, premaster_secret, *session_hash)
                    : keys::master_secret(hash, premaster_secret, agreed.client_random, agreed.server_random);
  if (!master) return std::unexpected(master.error());
  agreed.master = std::move(*master);
  return derive_keys12(channel, agreed);
}

Result<void> derive_keys12(Channel& channel, Agreed12& agreed) {
  channel.log_secret("CLIENT_RANDOM", agreed.master.view());
  auto block = keys::derive_key_block(agreed.suite, agreed.master, agreed.client_random, agreed.server_random);
  if (!block) return std::unexpected(block.error());
  block->client.encrypt_then_mac = block->server.encrypt_then_mac = agreed.encrypt_then_mac;
  agreed.key_block.emplace(std::move(*block));
  return {};
}

Result<void> send_finished12(Channel& channel, Agreed12& agreed, End us) {
  if (auto sent = channel.outside().send_change_cipher_spec(); !sent) return sent;
  if (auto installed = channel.outside().install_sending_keys(std::move(keys_of(agreed, us))); !installed)
    return installed;
  const auto transcript = channel.transcript().current();
  if (!transcript) return std::unexpected(transcript.error());
  const auto data = keys::verify_data12(agreed.suite->hash, agreed.master, finished_label(us), *transcript);
  if (!data) return std::unexpected(data.error());
  verify_data_of(agreed, us) = *data;
  wire::Finished message;
  message.verify_data = *data;
  return channel.send(message);
}

Result<void> accept_change_cipher_spec(Channel& channel, Agreed12& agreed, End peer) {
  return channel.outside().install_receiving_keys(std::move(keys_of(agreed, peer)));
}

Result<void> check_finished12(Agreed12& agreed, End peer, const Received<wire::Finished>& finished) {
  const auto expected = keys::verify_data12(agreed.suite->hash, agreed.master, finished_label(peer), finished.context);
  if (!expected) return std::unexpected(expected.error());
  const auto& verify_data = finished.message.verify_data;
  if (verify_data.size() != expected->size())
    return fail(Code::bad_finished, "verify_data of " + std::to_string(verify_data.size()) + " octets");
  if (!equal_in_constant_time(*expected, verify_data)) return fail(Code::bad_finished);
  verify_data_of(agreed, peer) = *expected;
  return {};
}

std::unique_ptr<Renegotiable> renegotiable_after(const Agreed12& agreed, const Renegotiable* before,
                                                 const Policy& policy, const Summary& summary, View peer_identity) {
  if (policy.renegotiation == Renegotiation::refused || !agreed.secure_renegotiation) return nullptr;
  // RFC 9113, 9.2.1: "A deployment of HTTP/2 over TLS 1.2 MUST disable renegotiation."
  if (summary.application_protocol == "h2") return nullptr;
  auto left = std::make_unique<Renegotiable>();
  left->client_verify_data = agreed.client_verify_data;
  left->server_verify_data = agreed.server_verify_data;
  left->extended_master_secret = agreed.extended_master_secret;
  left->encrypt_then_mac = agreed.encrypt_then_mac || (before != nullptr && before->encrypt_then_mac);
  left->peer_identity = own(peer_identity);
  left->application_protocol = summary.application_protocol;
  left->renegotiations = summary.renegotiations;
  return left;
}

std::optional<keys::VerifyData12> first_finished_of(const Agreed12& agreed, bool resumed) {
  if (!agreed.extended_master_secret) return std::nullopt;
  return resumed ? agreed.server_verify_data : agreed.client_verify_data;
}

keys::Exporter exporter_of(const Agreed12& agreed) {
  // RFC 7627, 5.4: without an extended master secret, exported values do not identify the connection.
  if (!agreed.extended_master_secret) return {};
  return keys::Exporter12{agreed.suite, agreed.master.clone(), agreed.client_random, agreed.server_random};
}

}  // namespace sotto::handshake
