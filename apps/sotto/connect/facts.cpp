#include "connect/facts.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "standard_streams.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace program {
namespace {

using Json = nlohmann::ordered_json;

std::string printable_list(const std::vector<std::string>& parts) { return printable(join(parts, ", ")); }

void line(std::string_view what, const std::string& value) { tell("  {:<14}{}\n", what, value); }

std::string in_words(const sotto::Summary& summary) {
  if (summary.early_data == sotto::EarlyDataStatus::accepted) return "accepted";
  const bool offered = summary.early_data == sotto::EarlyDataStatus::rejected;
  return fmt::format("{} ({}): it was said after the handshake", offered ? "rejected" : "not offered",
                     sotto::to_string(summary.early_data_reason));
}

std::string resumption_in_words(const ConnectionFacts& facts) {
  if (facts.summary->resumed)
    return facts.sessions_verified_again ? "yes: the server of the session was verified again"
                                         : "yes: the server was authenticated when the session began";
  if (!facts.resumption_tried) return "no";
  if (facts.session_refusal)
    return fmt::format("no: the server of the session is no longer accepted: {}",
                       printable(facts.session_refusal->message()));
  return facts.sessions_verified_again ? "no: the session has no certificates to verify, or the server did not take it"
                                       : "no: the server did not take the session";
}

Json to_json(const sotto::Certificate& certificate) {
  const auto facts = certificate.facts();
  if (!facts) return {{"error", facts.error().message()}};
  return {{"subject", facts->subject},
          {"issuer", facts->issuer},
          {"serial", facts->serial},
          {"names", facts->names},
          {"not_before", format_time(facts->not_before)},
          {"not_after", format_time(facts->not_after)},
          {"key", facts->key},
          {"signature_algorithm", facts->signature_algorithm},
          {"sha256", facts->sha256},
          {"is_authority", facts->is_authority}};
}

Json to_json(const sotto::Error& error) {
  Json json{{"code", sotto::to_string(error.code)}, {"message", error.message()}};
  if (error.alert) json["alert"] = sotto::to_string(*error.alert);
  return json;
}

Json to_json(const std::optional<sotto::CompressedForm>& form) {
  if (!form) return Json();
  return {{"algorithm", sotto::to_string(form->algorithm)},
          {"octets", form->octets},
          {"compressed_octets", form->compressed_octets}};
}

}  // namespace

void print_facts(const ConnectionFacts& facts) {
  const auto& summary = *facts.summary;
  tell("{} to {} at {}\n", coloured(Colour::bold, "Connected"), printable(facts.server_name), facts.address);
  auto agreed = fmt::format("{}, {}", sotto::to_string(summary.version), sotto::to_string(summary.cipher_suite));
  agreed += ", " + summary.key_exchange();
  if (summary.signature_scheme) agreed += ", " + sotto::to_string(*summary.signature_scheme);
  line("agreed", agreed);
  line("protocol",
       summary.application_protocol.empty() ? "none agreed (ALPN)" : printable(summary.application_protocol));
  line("resumed", resumption_in_words(facts));
  if (facts.early_data_wanted) line("early data", in_words(summary));
  if (summary.hello_retried) line("retried", "the server asked for another key share");
  line("server", facts.refusal ? coloured(Colour::red, "NOT AUTHENTICATED")
                               : fmt::format("{} {}", coloured(Colour::green, "authenticated"),
                                             printable(summary.peer_authenticated)));
  if (!summary.peer_chain.empty()) print_chain({summary.peer_chain.front()});
  if (const auto& form = summary.peer_certificate_compressed) line("", "came compressed " + form->in_words());
}

void print_chain(const sotto::CertificateChain& chain) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto facts = chain[i].facts();
    if (!facts) {
      line("certificate", printable(facts.error().message()));
      continue;
    }
    line(chain.size() == 1 ? "certificate" : fmt::format("certificate {}", i), printable(facts->subject));
    line("", fmt::format("issued by {}", printable(facts->issuer)));
    line("", fmt::format("valid from {} to {}", format_time(facts->not_before), format_time(facts->not_after)));
    if (!facts->names.empty()) line("", fmt::format("for {}", printable_list(facts->names)));
    line("", fmt::format("{}, SHA-256 {}", printable(facts->key), facts->sha256));
  }
}

void print_insecure_warning(const ConnectionFacts& facts) {
  const auto rule = std::string(78, '!');
  tell("{}\n", coloured(Colour::red, rule));
  tell("{}\n", coloured(Colour::red, "!! WARNING: the server is NOT authenticated; --insecure goes on all the same."));
  tell("!! Whoever sits between may read and change everything that is sent from here on.\n");
  if (facts.refusal) tell("!! The reason: {}\n", printable(facts.refusal->message()));
  tell("{}\n", coloured(Colour::red, rule));
}

std::string facts_as_json(const ConnectionFacts& facts, ExitCode exit_code) {
  Json json{{"target", facts.target}, {"address", facts.address}, {"server_name", facts.server_name}};
  json["starttls"] = facts.starttls.empty() ? Json() : Json(facts.starttls);
  json["authenticated"] = facts.summary.has_value() && !facts.refusal;
  if (facts.summary) {
    const auto& summary = *facts.summary;
    json["authenticated_how"] = summary.peer_authenticated;
    json["version"] = sotto::to_string(summary.version);
    json["cipher_suite"] = sotto::to_string(summary.cipher_suite);
    json["key_exchange"] = summary.key_exchange();
    json["group"] = summary.group ? Json(sotto::to_string(*summary.group)) : Json();
    json["signature_scheme"] = summary.signature_scheme ? Json(sotto::to_string(*summary.signature_scheme)) : Json();
    json["application_protocol"] = summary.application_protocol;
    json["certificate_compressed"] = to_json(summary.peer_certificate_compressed);
    json["resumed"] = summary.resumed;
    json["hello_retried"] = summary.hello_retried;
    json["early_data"] = {{"accepted", summary.early_data == sotto::EarlyDataStatus::accepted},
                          {"reason", sotto::to_string(summary.early_data_reason)}};
  }
  if (facts.error) json["error"] = to_json(*facts.error);
  if (facts.refusal) json["refusal"] = to_json(*facts.refusal);
  if (facts.session_refusal) json["session_refusal"] = to_json(*facts.session_refusal);
  json["chain"] = Json::array();
  for (const auto& certificate : facts.chain) json["chain"].push_back(to_json(certificate));
  json["exit_code"] = static_cast<int>(exit_code);
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace program
