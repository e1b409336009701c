#include "failure.hpp"

// The one look behind the public API: the error table holds the runner's token of each error.
#include "base/result.hpp"

namespace sotto::bogo {
namespace {

/// The runner knows alerts from the peer by the names of SSLv3 and TLS 1.0.
std::string_view token_of(const Error& error) {
  if (error.code != Code::peer_alert) return error_row(error.code).bogo;
  const auto alert = error.alert.value_or(Alert::close_notify);
  if (alert == Alert::handshake_failure) return "SSLV3_ALERT_HANDSHAKE_FAILURE";
  if (alert == Alert::record_overflow) return "TLSV1_ALERT_RECORD_OVERFLOW";
  if (alert == decompression_failure) return "SSLV3_ALERT_DECOMPRESSION_FAILURE";
  return "";
}

std::string with_token(const Error& error) {
  const auto token = token_of(error);
  return (token.empty() ? "" : ":" + std::string(token) + ": ") + error.message();
}

}  // namespace

Failure::Failure(const Error& error) : std::runtime_error(with_token(error)) {}

}  // namespace sotto::bogo
