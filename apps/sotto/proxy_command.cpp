// sotto proxy: reads flags or a configuration file, and runs the gateway.
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "commands.hpp"
#include "complain.hpp"
#include "dev_authority.hpp"
#include "proxy/demo_site.hpp"
#include "proxy/gateway.hpp"
#include "standard_streams.hpp"
#include "text.hpp"
#include "tls_options.hpp"

namespace program {
namespace {

struct ProxyOptions : TlsOptions {
  std::string from;
  std::string to;
  std::string configuration;
  bool dev = false;
  std::vector<std::string> backend_certificates;
  std::vector<std::string> backend_keys;
  std::string roots;
  std::vector<std::string> tlsa;
  std::string server_name;
  bool verify_sessions_again = false;
  bool insecure_backend = false;
  std::string client_ca;
  std::string client_auth = "none";
  std::string backend_policy;
  VersionRange backend_versions{"", ""};
  std::string handshake_timeout = "10s";
  std::string connect_timeout = "10s";
  std::string idle_timeout = "10m";
  std::string drain_timeout = "30s";
  std::size_t max_connections = 0;
  unsigned workers = 0;
  std::string log_format = "text";
  std::string log_level = "info";
  std::string key_log;
};

constexpr auto dev_address = "tls://127.0.0.1:8443";

/// Keeps the value of `read` in `to`, or the failure.
template <class T>
bool keep(Outcome<T> read, T& to, Outcome<void>& outcome) {
  if (read)
    to = *std::move(read);
  else
    outcome = std::unexpected(read.error());
  return outcome.has_value();
}

Outcome<ServiceSettings> service_from_flags(const ProxyOptions& options) {
  ServiceSettings service;
  Outcome<void> read;
  const bool all_read =
      keep(parse_endpoint(options.from, EndpointRole::listener), service.from, read) &&
      keep(parse_endpoint(options.to, EndpointRole::peer), service.to, read) &&
      keep(pair_files(options.certificates, options.keys, options.passphrase_files), service.certificates, read) &&
      keep(pair_files(options.backend_certificates, options.backend_keys, {}, "backend-"), service.backend_certificates,
           read) &&
      keep(parse_client_auth(options.client_auth), service.client_auth, read) &&
      keep(parse_timeout(options.handshake_timeout, "--handshake-timeout"), service.timeouts.handshake, read) &&
      keep(parse_timeout(options.connect_timeout, "--connect-timeout"), service.timeouts.connect, read) &&
      keep(parse_timeout(options.idle_timeout, "--idle-timeout"), service.timeouts.idle, read);
  if (!all_read) return std::unexpected(read.error());
  service.name = service.from.text();
  if (!options.roots.empty()) service.roots = options.roots;
  if (!options.client_ca.empty()) service.client_ca = options.client_ca;
  service.tlsa = options.tlsa;
  service.server_name = options.server_name;
  service.verify_sessions_again = options.verify_sessions_again;
  service.insecure_backend = options.insecure_backend;
  service.alpn = split_lists(options.alpn);
  service.policy = options.policy;
  service.versions = options.versions;
  service.certificate_compression = !options.no_certificate_compression;
  service.backend_policy = options.backend_policy;
  service.backend_versions = options.backend_versions;
  if (auto checked = check_service(service, Spelling::flags); !checked) return std::unexpected(checked.error());
  return service;
}

Outcome<ProxySettings> settings_from_flags(const ProxyOptions& options) {
  ProxySettings settings;
  Outcome<void> read;
  if (!keep(parse_duration(options.drain_timeout, "--drain-timeout"), settings.drain_timeout, read) ||
      !keep(parse_log_format(options.log_format), settings.log_format, read) ||
      !keep(parse_log_level(options.log_level), settings.log_level, read))
    return std::unexpected(read.error());
  settings.workers = options.workers;
  settings.max_connections = options.max_connections;
  if (!options.key_log.empty()) settings.key_log = options.key_log;
  auto service = service_from_flags(options);
  if (!service) return std::unexpected(service.error());
  settings.services.push_back(*std::move(service));
  return settings;
}

void print_dev_help(const DevCertificate& files, const std::vector<std::string>& addresses) {
  if (files.authority_is_new) tell("Made a new local authority: {}\n", files.authority.string());
  for (const auto& address : addresses) {
    const auto port = address.substr(address.rfind(':') + 1);
    tell(
        "Try:  curl --cacert {0} https://localhost:{1}/\n"
        "      sotto connect --roots {0} https://localhost:{1}\n",
        files.authority.string(), port);
  }
}

ExitCode serve(const ProxySettings& settings, Gateway::ReadSettings read_again) {
  Log log(settings.log_format, settings.log_level);
  Gateway gateway(log, settings, std::move(read_again));
  if (const auto started = gateway.start(); !started) return complain(started.error());
  gateway.run();
  return ExitCode::success;
}

/// The demo: certificates of our own, and a site of our own unless a backend is given.
ExitCode serve_dev(ProxyOptions options) {
  const auto files = dev_certificate({"localhost", "127.0.0.1", "::1"});
  if (!files) return complain(files.error());
  if (options.from.empty()) options.from = dev_address;
  options.certificates = {files->certificate.string()};
  options.keys = {files->key.string()};
  const bool own_site = options.to.empty();
  if (own_site) {
    options.to = "tcp://127.0.0.1:1";  // until the site knows its port
    if (options.alpn.empty()) options.alpn = {"http/1.1"};
  }
  auto settings = settings_from_flags(options);
  if (!settings) return complain(settings.error());
  settings->services.front().name = "dev";

  Log log(settings->log_format, settings->log_level);
  asio::io_context site_context{1};
  DemoSite site(site_context);
  if (own_site) {
    auto endpoint = site.start();
    if (!endpoint) return complain(endpoint.error());
    settings->services.front().to = *std::move(endpoint);
  }
  std::thread site_thread([&] {
    const auto work = asio::make_work_guard(site_context);
    site_context.run();
  });
  const auto code = [&] {
    Gateway gateway(log, *settings, [&] { return settings; });
    if (const auto started = gateway.start(); !started) return complain(started.error());
    print_dev_help(*files, gateway.addresses());
    gateway.run();
    return ExitCode::success;
  }();
  site_context.stop();
  site_thread.join();
  return code;
}

ExitCode run_proxy(const ProxyOptions& options) {
  if (options.dev) return serve_dev(options);
  if (!options.configuration.empty()) {
    const auto settings = read_configuration(options.configuration);
    if (!settings) return complain(settings.error());
    return serve(*settings, [file = options.configuration] { return read_configuration(file); });
  }
  if (options.from.empty() || options.to.empty())
    return complain({ExitCode::usage, "say FROM and TO, or give --config FILE or --dev (see 'sotto proxy --help')"});
  const auto settings = settings_from_flags(options);
  if (!settings) return complain(settings.error());
  return serve(*settings, [options] { return settings_from_flags(options); });
}

void add_tls_flags(CLI::App& command, ProxyOptions& options) {
  add_tls_options(command, options,
                  {"A certificate chain for clients (PEM; repeatable, with --key)",
                   "Read the passphrase of the keys from FILE's first line",
                   "The application protocols to agree on, such as h2,http/1.1"});
  command
      .add_option("--backend-policy", options.backend_policy,
                  "What may be negotiated with a tls:// backend, if not the same as with clients")
      ->type_name("NAME");
  command.add_option("--backend-min-version", options.backend_versions.min, "--min-version for a tls:// backend")
      ->type_name("VERSION");
  command.add_option("--backend-max-version", options.backend_versions.max, "--max-version for a tls:// backend")
      ->type_name("VERSION");
  command.add_option("--client-auth", options.client_auth, "Ask clients for a certificate: optional or required")
      ->type_name("MODE")
      ->capture_default_str();
  command.add_option("--client-ca", options.client_ca, "Verify client certificates against FILE")->type_name("FILE");
  command.add_option("--roots", options.roots, "Verify a tls:// backend against FILE instead of the system's roots")
      ->type_name("FILE");
  command
      .add_option(
          "--tlsa", options.tlsa,
          "Authenticate the backend by this TLSA record, such as \"3 1 1 HEX\", instead of by roots (repeatable)")
      ->type_name("RECORD")
      ->allow_extra_args(false);
  command.add_option("--servername", options.server_name, "Expect this name of a tls:// backend instead of TO's host")
      ->type_name("NAME");
  command.add_option("--backend-cert", options.backend_certificates, "Show this certificate to a backend that asks")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_option("--backend-key", options.backend_keys, "The private key of --backend-cert, or a pkcs11 URI")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_flag("--verify-sessions-again", options.verify_sessions_again,
                   "Before a session with a tls:// backend is resumed, verify the backend again");
  command.add_flag("--insecure-backend", options.insecure_backend, "Do not authenticate the backend: DANGEROUS");
  command.add_option("--keylog", options.key_log, "Write the secrets of all connections to FILE, for debugging")
      ->type_name("FILE");
}

void add_running_flags(CLI::App& command, ProxyOptions& options) {
  const auto duration = [&](const char* flag, std::string& value, const char* what) {
    command.add_option(flag, value, what)->type_name("TIME")->capture_default_str();
  };
  duration("--handshake-timeout", options.handshake_timeout, "Give up on a handshake after this time");
  duration("--connect-timeout", options.connect_timeout, "Give up on an address of the backend after this time");
  duration("--idle-timeout", options.idle_timeout, "End a connection on which nothing moves for this time");
  duration("--drain-timeout", options.drain_timeout, "On SIGTERM, let connections end by themselves for this time");
  command.add_option("--max-connections", options.max_connections, "Accept no more at once (0: as descriptors allow)")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--workers", options.workers, "Threads (0: one for each core)")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--log-format", options.log_format, "text or json")->type_name("FORMAT")->capture_default_str();
  command.add_option("--log-level", options.log_level, "info, warning or error")
      ->type_name("LEVEL")
      ->capture_default_str();
}

/// A configuration file says everything, and --dev brings its own certificate. No flag is without its value.
std::optional<std::string> find_conflict(const CLI::App& command, const CLI::Option* configuration,
                                         const CLI::Option* dev) {
  if (auto empty = find_empty_value(command)) return empty;
  if (configuration->count() > 0)
    for (const auto* const option : command.get_options())
      if (option != configuration && option->count() > 0)
        return fmt::format("--config says everything, so {} cannot stand beside it", option->get_name());
  if (dev->count() > 0)
    for (const auto* const name : {"--cert", "--key", "--passphrase-file"})
      if (command.get_option(name)->count() > 0)
        return fmt::format("--dev brings its own certificate, so {} cannot stand beside it", name);
  return std::nullopt;
}

}  // namespace

void add_proxy_command(CLI::App& app, Command& chosen) {
  auto* const command = app.add_subcommand("proxy", "Run a gateway: end, begin or renew TLS between FROM and TO");
  const auto options = std::make_shared<ProxyOptions>();
  command->add_option("FROM", options->from,
                      "Where to listen: tls://:8443, tcp://127.0.0.1:5432, unix:/run/app.sock, ...");
  command->add_option("TO", options->to,
                      "The backend: tcp://127.0.0.1:8080, tls://db.example:5433, unix:/run/app.sock, ...");
  auto* const configuration =
      command->add_option("--config", options->configuration, "Read any number of services from FILE");
  configuration->type_name("FILE");
  auto* const dev = command->add_flag(
      "--dev", options->dev,
      "Use a certificate of the local authority; FROM is tls://127.0.0.1:8443 and TO a demo site if not given");
  add_tls_flags(*command, *options);
  add_running_flags(*command, *options);
  command->footer(
      "SIGTERM and SIGINT stop accepting, let connections end (--drain-timeout), then cut them; a second one cuts at\n"
      "once. SIGHUP reads certificates and the configuration again, for new connections; nobody is dropped.\n\n"
      "Examples:\n"
      "  sotto proxy --dev\n"
      "  sotto proxy tls://:8443 tcp://127.0.0.1:8080 --cert fullchain.pem --key key.pem --alpn h2,http/1.1\n"
      "  sotto proxy tcp://127.0.0.1:5432 tls://db.example:5433 --roots company-ca.pem\n"
      "  sotto proxy smtp+starttls://:587 tcp://127.0.0.1:25 --cert fullchain.pem --key key.pem\n"
      "  sotto proxy tls://:993 imap+starttls://mail:143 --cert fullchain.pem --key key.pem\n"
      "  sotto proxy tls://:443 tls://10.0.0.2:8443 --cert a.pem --key a.key --servername inner.example\n"
      "  sotto proxy --config /etc/sotto/sotto.toml\n");
  command->callback([=, &chosen] {
    if (const auto conflict = find_conflict(*command, configuration, dev)) {
      chosen = [conflict] { return complain({ExitCode::usage, *conflict}); };
      return;
    }
    chosen = [options] { return run_proxy(*options); };
  });
}

}  // namespace program
