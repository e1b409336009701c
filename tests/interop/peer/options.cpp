#include "options.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <CLI/CLI.hpp>

namespace peer {
namespace {

constexpr std::array action_names{
    std::pair{std::string_view("say"), Action::Kind::say},
    std::pair{std::string_view("send"), Action::Kind::send},
    std::pair{std::string_view("receive"), Action::Kind::receive},
    std::pair{std::string_view("ticket"), Action::Kind::ticket},
    std::pair{std::string_view("update"), Action::Kind::update},
    std::pair{std::string_view("updates"), Action::Kind::updates},
    std::pair{std::string_view("renegotiate"), Action::Kind::renegotiate},
    std::pair{std::string_view("ask"), Action::Kind::ask},
    std::pair{std::string_view("renegotiated"), Action::Kind::renegotiated},
    std::pair{std::string_view("echo"), Action::Kind::echo},
    std::pair{std::string_view("close"), Action::Kind::close},
    std::pair{std::string_view("drain"), Action::Kind::drain},
    std::pair{std::string_view("cut"), Action::Kind::cut},
};

Action parse_action(std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const auto* known = std::ranges::find(action_names, name, [](const auto& row) { return row.first; });
  if (known == action_names.end()) throw CLI::ValidationError("--then", "unknown action \"" + std::string(name) + "\"");
  const auto argument = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  return {known->second, std::string(argument), std::string(text)};
}

template <class T>
std::vector<T> parse_all(const std::vector<std::string>& names, sotto::Result<T> (*parse)(std::string_view)) {
  std::vector<T> values;
  for (const auto& name : names) {
    auto value = parse(name);
    if (!value) throw CLI::ValidationError(value.error().message());
    values.push_back(*value);
  }
  return values;
}

// What CLI11 fills in and what becomes part of the policy afterwards.
sotto::Result<sotto::ProtocolVersion> parse_version(std::string_view name) {
  if (name == "tls13") return sotto::ProtocolVersion::tls13;
  if (name == "tls12") return sotto::ProtocolVersion::tls12;
  throw CLI::ValidationError("--versions", "unknown version \"" + std::string(name) + "\"");
}

void set_versions(sotto::Policy& policy, std::vector<sotto::ProtocolVersion> versions) {
  policy.versions = std::move(versions);
}

struct RawOptions {
  std::string role;
  std::string address;
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  std::string client_auth = "none";
  std::vector<std::string> groups;
  std::vector<std::string> compression;
  std::vector<std::string> key_shares;
  std::vector<std::string> suites;
  std::vector<std::string> versions;
  bool no_middlebox = false;
  bool request_staples = false;
  bool renegotiation = false;
  bool unsignalled = false;
  long timeout_ms = 15000;
  std::vector<std::string> actions;
};

void declare(CLI::App& app, RawOptions& raw, Options& options) {
  app.add_option("role", raw.role, "client or server")->required()->check(CLI::IsMember({"client", "server"}));
  app.add_option("address", raw.address, "HOST:PORT to connect to or listen on; port 0 picks a free one")->required();
  app.add_option("--servername", options.server_name, "name the server must prove; default: the host");
  app.add_option("--roots", options.roots, "PEM file of the roots that the peer is verified against");
  app.add_option("--cert", raw.certificates, "PEM chain; repeatable, each with its --key");
  app.add_option("--key", raw.keys, "PEM private key");
  app.add_option("--client-auth", raw.client_auth)
      ->check(CLI::IsMember({"none", "optional", "required", "on-request"}));
  app.add_option("--alpn", options.alpn)->delimiter(',');
  app.add_option("--groups", raw.groups)->delimiter(',');
  app.add_option("--compression", raw.compression, "ways to compress certificates, in both directions")->delimiter(',');
  app.add_option("--key-shares", raw.key_shares, "groups to send shares for at once")->delimiter(',');
  app.add_option("--ciphersuites", raw.suites)->delimiter(',');
  app.add_option("--versions", raw.versions, "tls13, tls12 or both")->delimiter(',');
  app.add_option("--pad", options.policy.pad_records_to, "pad records to a multiple of so many octets");
  app.add_option("--fragment", options.policy.fragment_size, "octets of plaintext in one record");
  app.add_option("--record-size-limit", options.policy.record_size_limit, "octets of a record that we take");
  app.add_option("--max-fragment-length", options.policy.max_fragment_length, "octets of any record, for a client");
  app.add_flag("--request-staples", raw.request_staples, "ask for an OCSP response and timestamps");
  app.add_option("--ocsp-response", options.ocsp_response, "DER file that a server shows with each certificate");
  app.add_option("--tickets", options.policy.tickets, "tickets that a server sends");
  app.add_flag("--no-middlebox", raw.no_middlebox, "send no change_cipher_spec");
  app.add_flag("--unsignalled", raw.unsignalled, "serve TLS 1.2 peers that do not signal secure renegotiation");
  app.add_flag("--renegotiation", raw.renegotiation, "allow TLS 1.2 connections to be negotiated anew");
  app.add_option("--keylog", options.key_log);
  app.add_option("--export", options.export_label, "label of keying material to export and print");
  app.add_option("--export-length", options.export_length);
  app.add_option("--received", options.received_file, "file that application data is appended to");
  app.add_option("--connections", options.connections, "connections to make or serve, one after the other");
  app.add_flag("--later-auth", options.later_authentication, "be ready to show a certificate after the handshake");
  app.add_flag("--early-data", options.early_data, "accept early data, or offer it");
  app.add_option("--early-say", options.early_text, "text that a client says early, where it can");
  app.add_option("--psk", options.psk, "plain|imported:sha256|sha384:IDENTITY:KEY[:CONTEXT], the key in hexadecimal");
  app.add_flag("--late", options.late_answers, "answer every question of the handshake late");
  app.add_option("--timeout-ms", raw.timeout_ms, "longest silence");
  app.add_option("--then", raw.actions, "NAME[:ARGUMENT], in order, after the handshake");
}

void finish(const RawOptions& raw, Options& options) {
  options.role = raw.role == "client" ? Role::client : Role::server;
  const auto colon = raw.address.rfind(':');
  if (colon == std::string::npos) throw CLI::ValidationError("address", "a port is missing");
  options.host = raw.address.substr(0, colon);
  options.port = raw.address.substr(colon + 1);
  if (options.server_name.empty()) options.server_name = options.host;
  if (raw.certificates.size() != raw.keys.size()) throw CLI::ValidationError("--cert", "each needs its --key");
  for (std::size_t i = 0; i < raw.keys.size(); ++i) options.credentials.emplace_back(raw.certificates[i], raw.keys[i]);
  if (raw.client_auth == "optional") options.client_auth = sotto::ClientAuth::optional;
  if (raw.client_auth == "on-request") options.client_auth = sotto::ClientAuth::on_request;
  if (raw.client_auth == "required") options.client_auth = sotto::ClientAuth::required;

  auto& policy = options.policy;
  if (!raw.compression.empty())
    policy.certificate_compression = policy.certificate_decompression =
        parse_all(raw.compression, sotto::parse_certificate_compression);
  if (!raw.groups.empty()) {
    policy.groups = parse_all(raw.groups, sotto::parse_group);
    policy.key_shares = {policy.groups.front()};
  }
  if (!raw.key_shares.empty()) policy.key_shares = parse_all(raw.key_shares, sotto::parse_group);
  if (!raw.suites.empty()) policy.cipher_suites = parse_all(raw.suites, sotto::parse_cipher_suite);
  if (!raw.versions.empty()) set_versions(policy, parse_all(raw.versions, parse_version));
  policy.request_ocsp_response = policy.request_sct_list = raw.request_staples;
  policy.middlebox_compatibility = !raw.no_middlebox;
  policy.require_secure_renegotiation = !raw.unsignalled;
  if (raw.renegotiation) policy.renegotiation = sotto::Renegotiation::allowed;
  options.timeout = std::chrono::milliseconds(raw.timeout_ms);
  for (const auto& action : raw.actions) options.actions.push_back(parse_action(action));
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  RawOptions raw;
  CLI::App app("A TLS endpoint for tests: does what it is told and reports in lines of JSON.", "sotto_peer");
  declare(app, raw, options);
  try {
    app.parse(argc, argv);
    finish(raw, options);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace peer
