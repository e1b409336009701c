// What a gateway was asked to do, by flags or by a configuration file. Nothing is loaded yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sotto/server.hpp>

#include "credentials.hpp"
#include "failure.hpp"
#include "log.hpp"
#include "net/endpoint.hpp"
#include "versions.hpp"

namespace program {

struct Timeouts {
  std::chrono::milliseconds handshake{std::chrono::seconds(10)};
  std::chrono::milliseconds connect{std::chrono::seconds(10)};
  std::chrono::milliseconds idle{std::chrono::minutes(10)};
};

/// One way through the gateway: from where to where, and how.
struct ServiceSettings {
  std::string name;
  Endpoint from;
  Endpoint to;
  std::vector<CertificateFiles> certificates;          ///< shown to clients
  std::vector<CertificateFiles> backend_certificates;  ///< shown to the backend, if it asks
  std::optional<std::filesystem::path> roots;          ///< that the backend is verified against; absent: the system's
  std::string server_name;                             ///< expected of the backend; empty: its host
  std::vector<std::string> tlsa;                       ///< records that authenticate the backend instead of roots
  bool verify_sessions_again = false;                  ///< whether the backend is, before a session is resumed
  bool insecure_backend = false;
  sotto::ClientAuth client_auth = sotto::ClientAuth::none;
  std::optional<std::filesystem::path> client_ca;
  std::vector<std::string> alpn;
  std::string policy = "modern";
  VersionRange versions;
  bool certificate_compression = true;    ///< whether certificates may go compressed, on both sides
  std::string backend_policy;             ///< for the side of the backend; empty: `policy`
  VersionRange backend_versions{"", ""};  ///< the same for the versions
  Timeouts timeouts;
};

struct ProxySettings {
  std::vector<ServiceSettings> services;
  unsigned workers = 0;             ///< 0: one for each core
  std::size_t max_connections = 0;  ///< 0: as many as the file descriptors allow
  std::chrono::milliseconds drain_timeout{std::chrono::seconds(30)};
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  std::optional<std::filesystem::path> key_log;
};

Outcome<sotto::ClientAuth> parse_client_auth(std::string_view text);

/// Returns what versions a backend may be spoken to with: what is not said is as for clients.
VersionRange versions_for_backend(const ServiceSettings& service);

/// Checks that the settings of one service go together; `flags` says how they were written, for the sentence.
enum class Spelling : std::uint8_t { flags, keys };
Outcome<void> check_service(const ServiceSettings& service, Spelling spelling);

/// Reads a configuration file. A failure names the file and the line.
Outcome<ProxySettings> read_configuration(const std::filesystem::path& file);
/// The same from `content`, which is that of `file`.
Outcome<ProxySettings> parse_configuration(std::string_view content, const std::filesystem::path& file);

}  // namespace program
