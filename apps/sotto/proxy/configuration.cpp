// Reads sotto.toml. Whatever is not known is an error: a misspelt setting must not be a silent default.
#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "files.hpp"
#include "pkcs11/uri.hpp"
#include "proxy/settings.hpp"
#include "text.hpp"

namespace program {
namespace {

/// Reads values of one table and complains with the line.
class TableReader {
 public:
  TableReader(const std::filesystem::path& file, const toml::table& table) : file_(file), table_(table) {}

  [[nodiscard]] std::unexpected<Failure> wrong(const toml::node* where, const std::string& why) const {
    const auto& source = where != nullptr ? where->source() : table_.source();
    return failure(ExitCode::configuration,
                   fmt::format("{}, line {}: {}", printable(file_.string()), source.begin.line, why));
  }

  Outcome<void> check_keys(std::span<const std::string_view> known) const {
    for (const auto& [key, node] : table_)
      if (std::ranges::find(known, key.str()) == known.end())
        return failure(ExitCode::configuration,
                       fmt::format("{}, line {}: there is no setting '{}' here", printable(file_.string()),
                                   key.source().begin.line, printable(key.str())));
    return {};
  }

  Outcome<void> text(std::string_view key, std::string& value) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto found = node.value_exact<std::string>();
      if (!found) return wrong(&node, fmt::format("'{}' must be a string", key));
      if (found->empty()) return wrong(&node, fmt::format("'{}' has no value", key));
      value = *found;
      return {};
    });
  }

  Outcome<void> file(std::string_view key, std::optional<std::filesystem::path>& value) const {
    std::string name;
    if (auto read = text(key, name); !read || !has(key)) return read;
    value = file_.parent_path() / name;  // relative to the configuration; an absolute path stays as it is
    return {};
  }

  /// Reads a file's name or a pkcs11: URI, which is relative to nothing.
  Outcome<void> file_or_uri(std::string_view key, std::string& value) const {
    if (auto read = text(key, value); !read || !has(key) || pkcs11::is_uri(value)) return read;
    value = (file_.parent_path() / value).string();
    return {};
  }

  Outcome<void> flag(std::string_view key, bool& value) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto found = node.value_exact<bool>();
      if (!found) return wrong(&node, fmt::format("'{}' must be true or false", key));
      value = *found;
      return {};
    });
  }

  Outcome<void> count(std::string_view key, std::int64_t most, const std::function<void(std::int64_t)>& keep) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto found = node.value_exact<std::int64_t>();
      if (!found || *found < 1 || *found > most)
        return wrong(&node, fmt::format("'{}' must be a whole number from 1 to {}", key, most));
      keep(*found);
      return {};
    });
  }

  using ReadTime = Outcome<std::chrono::milliseconds> (*)(std::string_view text, const std::string& name);
  Outcome<void> time(std::string_view key, std::chrono::milliseconds& value, ReadTime read_time) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto seconds = node.value_exact<std::int64_t>();
      const auto written = seconds ? std::to_string(*seconds) : node.value_exact<std::string>().value_or("");
      const auto read = read_time(written, std::string(key));
      if (!read) return wrong(&node, read.error().sentence);
      value = *read;
      return {};
    });
  }

  Outcome<void> texts(std::string_view key, std::vector<std::string>& values) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto* const array = node.as_array();
      if (array == nullptr) return wrong(&node, fmt::format("'{}' must be an array of strings", key));
      for (const auto& element : *array) {
        const auto found = element.value_exact<std::string>();
        if (!found || found->empty()) return wrong(&element, fmt::format("'{}' must be an array of strings", key));
        values.push_back(*found);
      }
      return {};
    });
  }

  /// Reads a text and hands it to `parse`, whose complaint gets the line.
  Outcome<void> parsed(std::string_view key, const std::function<Outcome<void>(const std::string&)>& parse) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto found = node.value_exact<std::string>();
      if (!found) return wrong(&node, fmt::format("'{}' must be a string", key));
      if (const auto kept = parse(*found); !kept) return wrong(&node, kept.error().sentence);
      return {};
    });
  }

  /// Reads an array of tables.
  Outcome<void> tables(std::string_view key, const std::function<Outcome<void>(const TableReader&)>& read) const {
    return with(key, [&](const toml::node& node) -> Outcome<void> {
      const auto* const array = node.as_array();
      if (array == nullptr) return wrong(&node, fmt::format("'{}' must be an array of tables", key));
      for (const auto& element : *array) {
        const auto* const table = element.as_table();
        if (table == nullptr) return wrong(&element, fmt::format("'{}' must be an array of tables", key));
        if (auto done = read(TableReader(file_, *table)); !done) return done;
      }
      return {};
    });
  }

  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

 private:
  Outcome<void> with(std::string_view key, const std::function<Outcome<void>(const toml::node&)>& read) const {
    const auto* const node = table_.get(key);
    return node == nullptr ? Outcome<void>() : read(*node);
  }

  const std::filesystem::path& file_;
  const toml::table& table_;
};

/// Runs readers in order until one fails.
template <class... Read>
Outcome<void> in_order(Read... read) {
  Outcome<void> outcome;
  static_cast<void>(((outcome = read(), outcome.has_value()) && ...));
  return outcome;
}

Outcome<void> read_certificate(const TableReader& table, std::vector<CertificateFiles>& certificates) {
  constexpr auto known = std::to_array<std::string_view>({"cert", "key", "passphrase_file"});
  CertificateFiles files;
  auto read =
      in_order([&] { return table.check_keys(known); }, [&] { return table.file_or_uri("cert", files.certificate); },
               [&] { return table.file_or_uri("key", files.key); },
               [&] { return table.file("passphrase_file", files.passphrase_file); });
  if (!read) return read;
  if (files.certificate.empty() || files.key.empty())
    return table.wrong(nullptr, "a certificate needs both 'cert' and 'key'");
  certificates.push_back(std::move(files));
  return {};
}

Outcome<void> read_endpoint(const TableReader& table, std::string_view key, EndpointRole role, Endpoint& endpoint) {
  if (!table.has(key)) return table.wrong(nullptr, fmt::format("this service has no '{}'", key));
  return table.parsed(key, [&](const std::string& text) -> Outcome<void> {
    auto parsed = parse_endpoint(text, role);
    if (!parsed) return std::unexpected(parsed.error());
    endpoint = *std::move(parsed);
    return {};
  });
}

Outcome<void> read_service(const TableReader& table, ProxySettings& settings) {
  constexpr auto known = std::to_array<std::string_view>({"name",
                                                          "from",
                                                          "to",
                                                          "certificates",
                                                          "backend_certificates",
                                                          "roots",
                                                          "tlsa",
                                                          "servername",
                                                          "verify_sessions_again",
                                                          "insecure_backend",
                                                          "client_auth",
                                                          "client_ca",
                                                          "alpn",
                                                          "policy",
                                                          "min_version",
                                                          "max_version",
                                                          "certificate_compression",
                                                          "backend_policy",
                                                          "backend_min_version",
                                                          "backend_max_version",
                                                          "handshake_timeout",
                                                          "connect_timeout",
                                                          "idle_timeout"});
  ServiceSettings service;
  auto read = in_order(
      [&] { return table.check_keys(known); }, [&] { return table.text("name", service.name); },
      [&] { return read_endpoint(table, "from", EndpointRole::listener, service.from); },
      [&] { return read_endpoint(table, "to", EndpointRole::peer, service.to); },
      [&] {
        return table.tables("certificates", [&](const auto& t) { return read_certificate(t, service.certificates); });
      },
      [&] {
        return table.tables("backend_certificates",
                            [&](const auto& t) { return read_certificate(t, service.backend_certificates); });
      },
      [&] { return table.file("roots", service.roots); }, [&] { return table.text("servername", service.server_name); },
      [&] { return table.texts("tlsa", service.tlsa); },
      [&] { return table.flag("verify_sessions_again", service.verify_sessions_again); },
      [&] { return table.flag("insecure_backend", service.insecure_backend); },
      [&] {
        return table.parsed("client_auth", [&](const std::string& text) -> Outcome<void> {
          const auto mode = parse_client_auth(text);
          if (!mode) return std::unexpected(mode.error());
          service.client_auth = *mode;
          return {};
        });
      },
      [&] { return table.file("client_ca", service.client_ca); }, [&] { return table.texts("alpn", service.alpn); },
      [&] { return table.text("policy", service.policy); },
      [&] { return table.text("min_version", service.versions.min); },
      [&] { return table.text("max_version", service.versions.max); },
      [&] { return table.flag("certificate_compression", service.certificate_compression); },
      [&] { return table.text("backend_policy", service.backend_policy); },
      [&] { return table.text("backend_min_version", service.backend_versions.min); },
      [&] { return table.text("backend_max_version", service.backend_versions.max); },
      [&] { return table.time("handshake_timeout", service.timeouts.handshake, parse_timeout); },
      [&] { return table.time("connect_timeout", service.timeouts.connect, parse_timeout); },
      [&] { return table.time("idle_timeout", service.timeouts.idle, parse_timeout); });
  if (!read) return read;
  if (service.name.empty()) service.name = service.from.text();
  if (const auto checked = check_service(service, Spelling::keys); !checked)
    return table.wrong(nullptr, fmt::format("service '{}': {}", printable(service.name), checked.error().sentence));
  settings.services.push_back(std::move(service));
  return {};
}

Outcome<void> read_top(const TableReader& table, ProxySettings& settings) {
  constexpr auto known = std::to_array<std::string_view>(
      {"workers", "max_connections", "drain_timeout", "log_format", "log_level", "key_log", "service"});
  return in_order(
      [&] { return table.check_keys(known); },
      [&] { return table.count("workers", 256, [&](auto n) { settings.workers = static_cast<unsigned>(n); }); },
      [&] {
        return table.count("max_connections", 10'000'000,
                           [&](auto n) { settings.max_connections = static_cast<std::size_t>(n); });
      },
      [&] { return table.time("drain_timeout", settings.drain_timeout, parse_duration); },
      [&] {
        return table.parsed("log_format", [&](const std::string& text) -> Outcome<void> {
          const auto format = parse_log_format(text);
          if (!format) return std::unexpected(format.error());
          settings.log_format = *format;
          return {};
        });
      },
      [&] {
        return table.parsed("log_level", [&](const std::string& text) -> Outcome<void> {
          const auto level = parse_log_level(text);
          if (!level) return std::unexpected(level.error());
          settings.log_level = *level;
          return {};
        });
      },
      [&] { return table.file("key_log", settings.key_log); },
      [&] { return table.tables("service", [&](const auto& t) { return read_service(t, settings); }); });
}

}  // namespace

Outcome<ProxySettings> read_configuration(const std::filesystem::path& file) {
  const auto content = read_file(file);
  if (!content) return std::unexpected(content.error());
  return parse_configuration(*content, file);
}

Outcome<ProxySettings> parse_configuration(std::string_view content, const std::filesystem::path& file) {
  toml::table table;
  try {
    table = toml::parse(content, file.string());
  } catch (const toml::parse_error& error) {
    return failure(ExitCode::configuration, fmt::format("{}, line {}: {}", printable(file.string()),
                                                        error.source().begin.line, printable(error.description())));
  }
  ProxySettings settings;
  if (auto read = read_top(TableReader(file, table), settings); !read) return std::unexpected(read.error());
  if (settings.services.empty())
    return failure(ExitCode::configuration, fmt::format("{}: there is no [[service]] in it", printable(file.string())));
  std::set<std::string> names;
  for (const auto& service : settings.services)
    if (!names.insert(service.name).second)
      return failure(ExitCode::configuration, fmt::format("{}: two services are called '{}'", printable(file.string()),
                                                          printable(service.name)));
  return settings;
}

}  // namespace program
