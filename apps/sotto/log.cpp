#include "log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "text.hpp"

namespace program {
namespace {

using Json = nlohmann::ordered_json;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view name_of(LogLevel level) {
  constexpr std::string_view names[] = {"info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

std::string now_iso8601() {
  const auto now = std::chrono::system_clock::now();
  const auto text = format_time(now);  // 2026-03-01 12:00:00 UTC
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{}T{}.{:03}Z", text.substr(0, 10), text.substr(11, 8), milliseconds);
}

std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json to_json(const TlsFacts& facts) {
  Json json{{"version", facts.version}, {"cipher_suite", facts.cipher_suite}, {"key_exchange", facts.key_exchange}};
  if (!facts.server_name.empty()) json["server_name"] = facts.server_name;
  if (!facts.application_protocol.empty()) json["application_protocol"] = facts.application_protocol;
  if (!facts.authenticated.empty()) json["authenticated"] = facts.authenticated;
  if (!facts.certificate_compressed.empty()) json["certificate_compressed"] = facts.certificate_compressed;
  if (!facts.peer_certificate_compressed.empty())
    json["peer_certificate_compressed"] = facts.peer_certificate_compressed;
  json["resumed"] = facts.resumed;
  if (facts.renegotiations != 0) json["renegotiations"] = facts.renegotiations;
  return json;
}

std::string in_times(unsigned count) { return count == 1 ? "once" : fmt::format("{} times", count); }

/// `whose`: stands before "authenticated" where the sentence does not say who was.
std::string in_words(const TlsFacts& facts, std::string_view whose = "") {
  auto words = fmt::format("{} {}", facts.version, facts.cipher_suite);
  words += ", " + facts.key_exchange;
  if (facts.resumed) words += ", resumed";
  if (!facts.certificate_compressed.empty()) words += ", certificate compressed " + facts.certificate_compressed;
  if (!facts.peer_certificate_compressed.empty())
    words += ", peer's certificate compressed " + facts.peer_certificate_compressed;
  if (facts.renegotiations != 0) words += fmt::format(", renegotiated {}", in_times(facts.renegotiations));
  if (!facts.application_protocol.empty()) words += " alpn=" + printable(facts.application_protocol);
  if (!facts.server_name.empty()) words += " sni=" + printable(facts.server_name);
  if (!facts.authenticated.empty()) words += fmt::format(", {}authenticated {}", whose, printable(facts.authenticated));
  return words;
}

}  // namespace

Outcome<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::text;
  if (text == "json") return LogFormat::json;
  return failure(ExitCode::usage, fmt::format("'{}' is no log format; use text or json", printable(text)));
}

Outcome<LogLevel> parse_log_level(std::string_view text) {
  if (text == "info") return LogLevel::info;
  if (text == "warning") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  return failure(ExitCode::usage, fmt::format("'{}' is no log level; use info, warning or error", printable(text)));
}

Log::Log(LogFormat format, LogLevel level)
    : format_(format),
      logger_(std::make_shared<spdlog::logger>("sotto", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_level(spdlog_level(level));
  logger_->set_pattern("%v");
}

Log::~Log() = default;

void Log::info(const std::string& sentence) { write(LogLevel::info, sentence); }
void Log::warning(const std::string& sentence) { write(LogLevel::warning, sentence); }
void Log::error(const std::string& sentence) { write(LogLevel::error, sentence); }

void Log::complain_of(const std::exception& thrown) noexcept {
  try {
    error(fmt::format("something failed: {}", thrown.what()));
  } catch (const std::exception&) {
    // There is no memory for the line either.
  }
}

void Log::write(LogLevel level, const std::string& sentence) {
  if (!logger_->should_log(spdlog_level(level))) return;
  if (format_ == LogFormat::json) {
    logger_->log(
        spdlog_level(level),
        to_line(Json{{"time", now_iso8601()}, {"level", name_of(level)}, {"event", "message"}, {"message", sentence}}));
    return;
  }
  logger_->log(spdlog_level(level), fmt::format("{} {} {}", now_iso8601(), name_of(level), printable(sentence)));
}

void Log::connection(const ConnectionRecord& record) {
  if (!logger_->should_log(spdlog::level::info)) return;
  if (format_ == LogFormat::json) {
    Json json{{"time", now_iso8601()},
              {"level", "info"},
              {"event", "connection"},
              {"service", record.service},
              {"client", record.client},
              {"backend", record.backend},
              {"octets_to_backend", record.octets_to_backend},
              {"octets_to_client", record.octets_to_client},
              {"milliseconds", record.duration.count()},
              {"end", record.end}};
    if (record.client_tls) json["client_tls"] = to_json(*record.client_tls);
    if (record.backend_tls) json["backend_tls"] = to_json(*record.backend_tls);
    logger_->info(to_line(json));
    return;
  }
  std::string words = fmt::format("{}: {} to {}", record.service, record.client, record.backend);
  if (record.client_tls) words += ", " + in_words(*record.client_tls, "client ");
  if (record.backend_tls) words += fmt::format(", backend {}", in_words(*record.backend_tls));
  write(LogLevel::info,
        fmt::format("{}, {} octets up, {} down, {:.3f} s, {}", words, record.octets_to_backend, record.octets_to_client,
                    static_cast<double>(record.duration.count()) / 1000, record.end));
}

void Log::handshake_failed(const HandshakeFailure& what) {
  if (format_ == LogFormat::json) {
    logger_->warn(to_line(Json{{"time", now_iso8601()},
                               {"level", "warning"},
                               {"event", "handshake_failed"},
                               {"service", what.service},
                               {"peer", what.peer},
                               {"code", what.code},
                               {"message", what.sentence}}));
    return;
  }
  write(LogLevel::warning, fmt::format("{}: the handshake with {} failed: {}", what.service, what.peer, what.sentence));
}

}  // namespace program
