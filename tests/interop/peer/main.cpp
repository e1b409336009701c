// sotto_peer: a TLS client or server that does what its command line says and reports in lines of JSON.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include <sotto/client.hpp>
#include <sotto/connection.hpp>
#include <sotto/server.hpp>

#include "conversation.hpp"
#include "options.hpp"
#include "transport.hpp"

namespace peer {
namespace {

int give_up(const sotto::Error& error) {
  report({{"event", "misuse"}, {"code", sotto::to_string(error.code)}, {"message", error.message()}});
  return 2;
}

std::vector<std::byte> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string octets{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = sotto::as_bytes(octets);
  return {bytes.begin(), bytes.end()};
}

sotto::Result<Answers> make_answers(const Options& options) {
  Answers answers;
  for (const auto& [certificate, key] : options.credentials) {
    auto credential = sotto::Credential::from_pem_files(certificate, key);
    if (!credential) return std::unexpected(credential.error());
    answers.credentials.push_back(
        options.ocsp_response.empty() ? *credential : credential->with_ocsp_response(read_file(options.ocsp_response)));
  }
  if (options.roots.empty()) {
    answers.verifier = sotto::danger::accept_any_certificate();
    return answers;
  }
  auto roots = sotto::TrustStore::from_pem_file(options.roots);
  if (!roots) return std::unexpected(roots.error());
  answers.verifier = sotto::make_verifier(std::move(*roots));
  return answers;
}

// Gives either builder what both understand.
template <class Builder>
sotto::Result<void> apply_common(Builder& builder, const Options& options, const Answers& answers) {
  builder.policy(options.policy).alpn(options.alpn);
  if (options.late_answers) builder.ask(sotto::Ask::everything);
  for (const auto& credential : answers.credentials) builder.credential(credential);
  if (options.key_log.empty()) return {};
  auto log = sotto::danger::key_log_file(options.key_log);
  if (!log) return std::unexpected(log.error());
  builder.key_log(std::move(*log));
  return {};
}

sotto::ConnectionOptions connection_options(const Options& options, std::shared_ptr<sotto::Trace> trace) {
  sotto::ConnectionOptions chosen;
  chosen.trace = std::move(trace);
  if (options.early_data) chosen.early_data = sotto::EarlyDataUse::allowed;
  return chosen;
}

std::vector<std::byte> from_hexadecimal(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

sotto::Result<sotto::ExternalPsk> parse_psk(const std::string& text, sotto::PskRole role) {
  std::vector<std::string> parts;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ':');) parts.push_back(word);
  parts.resize(5);
  const auto hash = parts[1] == "sha384" ? sotto::PskHash::sha384 : sotto::PskHash::sha256;
  const auto key = from_hexadecimal(parts[3]);
  if (parts[0] == "plain") return sotto::ExternalPsk::plain(role, parts[2], key, hash);
  return sotto::ExternalPsk::imported(role, parts[2], key, parts[4], hash);
}

int run_client(const Options& options, const Answers& answers) {
  auto builder = sotto::ClientConfig::builder();
  if (auto applied = apply_common(builder, options, answers); !applied) return give_up(applied.error());
  if (!options.psk.empty()) builder.external_psk(parse_psk(options.psk, sotto::PskRole::client));
  if (options.later_authentication) builder.post_handshake_authentication();
  auto config = builder.verifier(answers.verifier).build();
  if (!config) return give_up(config.error());

  bool all_well = true;
  for (unsigned i = 0; i < options.connections; ++i) {
    auto socket = Socket::connect(options.host, options.port);
    if (!socket) return give_up(socket.error());
    auto transcript = std::make_shared<Transcript>();
    sotto::Buffer out;
    auto connection = sotto::Connection::client(*config, sotto::ServerName(options.server_name), out,
                                                connection_options(options, transcript));
    if (!connection) return give_up(connection.error());
    if (connection->early_data_limit() >= options.early_text.size())
      if (auto said = connection->write_early(sotto::ReplayableData(sotto::as_bytes(options.early_text)), out);
          !said && options.early_data && !options.early_text.empty())
        return give_up(said.error());
    Conversation conversation(std::move(*socket), std::move(*connection), std::move(out), transcript, options, answers);
    all_well = conversation.run() && all_well;
  }
  return all_well ? 0 : 1;
}

int run_server(const Options& options, const Answers& answers) {
  auto builder = sotto::ServerConfig::builder();
  if (auto applied = apply_common(builder, options, answers); !applied) return give_up(applied.error());
  if (options.client_auth != sotto::ClientAuth::none && options.roots.empty()) {
    builder.request_client_certificate(options.client_auth, answers.verifier);
  }
  if (options.client_auth != sotto::ClientAuth::none && !options.roots.empty()) {
    builder.request_client_certificate(options.client_auth, sotto::TrustStore::from_pem_file(options.roots));
  }
  if (options.early_data) builder.early_data();
  if (!options.psk.empty()) builder.external_psk(parse_psk(options.psk, sotto::PskRole::server));
  auto config = builder.build();
  if (!config) return give_up(config.error());

  auto listener = Socket::listen(options.host, options.port);
  if (!listener) return give_up(listener.error());
  report({{"event", "listening"}, {"port", listener->local_port()}});
  bool all_well = true;
  for (unsigned i = 0; i < options.connections; ++i) {
    auto socket = listener->accept();
    if (!socket) return give_up(socket.error());
    auto transcript = std::make_shared<Transcript>();
    auto connection = sotto::Connection::server(*config, connection_options(options, transcript));
    if (!connection) return give_up(connection.error());
    Conversation conversation(std::move(*socket), std::move(*connection), {}, transcript, options, answers);
    all_well = conversation.run() && all_well;
  }
  return all_well ? 0 : 1;
}

int run(const Options& options) {
  const auto answers = make_answers(options);
  if (!answers) return give_up(answers.error());
  return options.role == Role::client ? run_client(options, *answers) : run_server(options, *answers);
}

}  // namespace
}  // namespace peer

int main(int argc, char** argv) { return peer::run(peer::parse_options(argc, argv)); }
