// sotto policy: what a policy allows, in words or as JSON.
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sotto/policy.hpp>

#include "commands.hpp"
#include "complain.hpp"
#include "text.hpp"

namespace program {
namespace {

struct PolicyOptions {
  std::string name = "modern";
  bool json = false;
};

template <class T>
std::vector<std::string> names_of(const std::vector<T>& values) {
  std::vector<std::string> names;
  for (const auto value : values) names.push_back(sotto::to_string(value));
  return names;
}

nlohmann::ordered_json to_json(const sotto::Policy& policy) {
  const auto& limits = policy.limits;
  return {{"name", policy.name},
          {"versions", names_of(policy.versions)},
          {"cipher_suites", names_of(policy.cipher_suites)},
          {"groups", names_of(policy.groups)},
          {"key_shares", names_of(policy.key_shares)},
          {"signature_schemes", names_of(policy.signature_schemes)},
          {"certificate_signature_schemes", names_of(policy.certificate_signature_schemes)},
          {"certificate_compression", names_of(policy.certificate_compression)},
          {"certificate_decompression", names_of(policy.certificate_decompression)},
          {"renegotiation", policy.renegotiation == sotto::Renegotiation::allowed},
          {"require_secure_renegotiation", policy.require_secure_renegotiation},
          {"limits",
           {{"handshake_message", limits.handshake_message},
            {"certificate_chain", limits.certificate_chain},
            {"ticket", limits.ticket},
            {"tickets_per_connection", limits.tickets_per_connection},
            {"empty_records", limits.empty_records},
            {"key_updates", limits.key_updates},
            {"warning_alerts", limits.warning_alerts},
            {"renegotiations_per_minute", limits.renegotiations_per_minute},
            {"held_data", limits.held_data},
            {"gcm_records_per_key", limits.gcm_records_per_key}}},
          {"require_extended_master_secret", policy.require_extended_master_secret},
          {"request_ocsp_response", policy.request_ocsp_response},
          {"request_sct_list", policy.request_sct_list},
          {"pad_records_to", policy.pad_records_to},
          {"fragment_size", policy.fragment_size},
          {"record_size_limit", policy.record_size_limit},
          {"max_fragment_length", policy.max_fragment_length},
          {"middlebox_compatibility", policy.middlebox_compatibility},
          {"tickets", policy.tickets},
          {"ticket_lifetime_seconds", policy.ticket_lifetime.count()}};
}

std::string compression_in_words(const std::vector<sotto::CertificateCompression>& algorithms, std::string_view what) {
  return algorithms.empty() ? "not compressed" : fmt::format("{} {}", what, join(names_of(algorithms), ", "));
}

void print_text(const sotto::Policy& policy) {
  const auto& limits = policy.limits;
  const auto line = [](std::string_view what, const std::string& value) { fmt::print("{:<24}{}\n", what, value); };
  line("policy", policy.name);
  if (policy.name.starts_with("fips-like")) line("", "algorithms only: no certificate, no validated module");
  line("versions", join(names_of(policy.versions), ", "));
  line("cipher suites", join(names_of(policy.cipher_suites), ", "));
  line("groups", join(names_of(policy.groups), ", "));
  line("key shares at once", join(names_of(policy.key_shares), ", "));
  line("signatures", join(names_of(policy.signature_schemes), ", "));
  line("in certificates", join(names_of(policy.certificate_signature_schemes), ", "));
  line("own certificates", compression_in_words(policy.certificate_compression, "compressed with"));
  line("peers' certificates", compression_in_words(policy.certificate_decompression, "taken compressed with"));
  line("renegotiation",
       policy.renegotiation == sotto::Renegotiation::allowed
           ? fmt::format("TLS 1.2, at most {} a minute that the peer starts", limits.renegotiations_per_minute)
           : "refused");
  line("secure renegotiation", policy.require_secure_renegotiation ? "required of the peer" : "not required");
  line("extended master secret", policy.require_extended_master_secret ? "required of the peer" : "not required");
  line("handshake message", fmt::format("at most {} octets", limits.handshake_message));
  line("certificate chain", fmt::format("at most {} octets", limits.certificate_chain));
  line("ticket", fmt::format("at most {} octets, {} on a connection", limits.ticket, limits.tickets_per_connection));
  line("in a row", fmt::format("at most {} empty records, {} key updates, {} warning alerts", limits.empty_records,
                               limits.key_updates, limits.warning_alerts));
  line("AES-GCM records per key", fmt::format("at most {}", limits.gcm_records_per_key));
  line("records",
       fmt::format("{} octets of plaintext, {}", policy.fragment_size,
                   policy.pad_records_to == 0 ? "no padding"
                                              : fmt::format("padded to multiples of {}", policy.pad_records_to)));
  line("records of the peer", policy.record_size_limit == 0
                                  ? std::string("nothing asked of it")
                                  : fmt::format("at most {} octets, by record_size_limit", policy.record_size_limit));
  if (policy.max_fragment_length != 0)
    line("records of both sides", fmt::format("at most {} octets, by max_fragment_length", policy.max_fragment_length));
  line("middlebox compatibility", policy.middlebox_compatibility ? "yes" : "no");
  line("tickets of a server",
       fmt::format("{}, good for {} hours", policy.tickets,
                   std::chrono::duration_cast<std::chrono::hours>(policy.ticket_lifetime).count()));
}

ExitCode run_policy(const PolicyOptions& options) {
  const auto policy = sotto::Policy::named(options.name);
  if (!policy)
    return complain({ExitCode::usage,
                     fmt::format("the policy '{}': {}", printable(options.name), printable(policy.error().message()))});
  if (options.json)
    fmt::print("{}\n", to_json(*policy).dump(2));
  else
    print_text(*policy);
  return ExitCode::success;
}

}  // namespace

void add_policy_command(CLI::App& app, Command& chosen) {
  auto* const command = app.add_subcommand("policy", "Show what a policy allows");
  const auto options = std::make_shared<PolicyOptions>();
  command->add_option("NAME", options->name, "The policy's name")->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON document");
  command->footer(
      "Examples:\n"
      "  sotto policy\n"
      "  sotto policy modern_2026 --json\n");
  command->callback([options, &chosen] { chosen = [options] { return run_policy(*options); }; });
}

}  // namespace program
