#include "failure.hpp"

#include "text.hpp"

namespace program {

ExitCode exit_code_for(const sotto::Error& error) {
  using sotto::Code;
  switch (error.code) {
    case Code::certificate_missing:
    case Code::certificate_malformed:
    case Code::certificate_unsupported_key:
    case Code::certificate_untrusted:
    case Code::certificate_expired:
    case Code::certificate_not_yet_valid:
    case Code::certificate_wrong_name:
    case Code::certificate_wrong_purpose:
    case Code::certificate_revoked:
    case Code::certificate_too_weak:
    case Code::certificate_refused:
    case Code::certificate_not_in_tlsa: return ExitCode::not_authenticated;
    case Code::truncated: return ExitCode::truncated;
    case Code::invalid_server_name: return ExitCode::usage;
    case Code::invalid_policy:
    case Code::invalid_configuration:
    case Code::unreadable_file:
    case Code::malformed_pem:
    case Code::wrong_passphrase:
    case Code::key_mismatch:
    case Code::unsupported_key:
    case Code::malformed_session: return ExitCode::configuration;
    case Code::name_not_resolved:
    case Code::connect_failed:
    case Code::io_failed:
    case Code::timed_out: return ExitCode::network;
    case Code::crypto_failed:
    case Code::internal_error: return ExitCode::internal;
    default: return ExitCode::handshake;
  }
}

std::unexpected<Failure> failure(const sotto::Error& error, const std::string& context) {
  const auto sentence = printable(error.message());
  return failure(exit_code_for(error), context.empty() ? sentence : context + ": " + sentence);
}

}  // namespace program
