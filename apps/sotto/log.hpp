// The log of the gateway, on standard error: sentences for people, or one JSON object a line for machines.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "failure.hpp"

namespace spdlog {
class logger;
}

namespace program {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { info, warning, error };

Outcome<LogFormat> parse_log_format(std::string_view text);
Outcome<LogLevel> parse_log_level(std::string_view text);

/// What is told about one side's TLS; empty texts where there is none.
struct TlsFacts {
  std::string version;
  std::string cipher_suite;
  std::string key_exchange;  ///< in words, with its group
  std::string server_name;
  std::string application_protocol;
  std::string authenticated;                ///< how the peer proved who it is, in words
  std::string certificate_compressed;       ///< how the certificate for the peer went, in words; empty if as it is
  std::string peer_certificate_compressed;  ///< how the peer's came
  bool resumed = false;
  unsigned renegotiations = 0;
};

/// What is told about a finished connection.
struct ConnectionRecord {
  std::string service;
  std::string client;
  std::string backend;
  std::unique_ptr<TlsFacts> client_tls;
  std::unique_ptr<TlsFacts> backend_tls;
  std::uint64_t octets_to_backend = 0;
  std::uint64_t octets_to_client = 0;
  std::chrono::milliseconds duration{};
  std::string end;  ///< how it ended, in words
};

/// What is told about a handshake that failed.
struct HandshakeFailure {
  std::string service;
  std::string peer;      ///< with whom
  std::string sentence;  ///< why
  std::string code;      ///< the library's name for it
};

/// Writes the log. Thread-safe.
class Log {
 public:
  Log(LogFormat format, LogLevel level);
  ~Log();

  void info(const std::string& sentence);
  void warning(const std::string& sentence);
  void error(const std::string& sentence);
  /// Tells of what was thrown, if there is memory for it.
  void complain_of(const std::exception& thrown) noexcept;
  void connection(const ConnectionRecord& record);
  void handshake_failed(const HandshakeFailure& what);

 private:
  void write(LogLevel level, const std::string& sentence);

  LogFormat format_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace program
