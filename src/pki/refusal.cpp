#include "pki/refusal.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "crypto/certificate_facts.hpp"
#include "wire/certificate_view.hpp"

namespace sotto::pki {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr std::size_t max_names_listed = 8;

std::string time_text(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02ld:%02ld:%02ld UTC", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<long>(clock.hours().count()), static_cast<long>(clock.minutes().count()),
                static_cast<long>(clock.seconds().count()));
  return text.data();
}

std::string count_of(long long count, std::string_view unit) {
  return std::to_string(count) + " " + std::string(unit) + (count == 1 ? "" : "s");
}

// In the largest unit that is not zero.
std::string span_text(Time::duration span) {
  if (const auto days = std::chrono::duration_cast<std::chrono::days>(span).count(); days > 0)
    return count_of(days, "day");
  if (const auto hours = std::chrono::duration_cast<std::chrono::hours>(span).count(); hours > 0)
    return count_of(hours, "hour");
  if (const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(span).count(); minutes > 0)
    return count_of(minutes, "minute");
  return count_of(std::chrono::duration_cast<std::chrono::seconds>(span).count(), "second");
}

std::string_view purpose_text(Purpose purpose) {
  return purpose == Purpose::server_authentication ? "server" : "client";
}

Error no_issuer(const Certificate::Facts& facts, const VerifyRequest& request) {
  const auto issued = facts.subject + " was issued by " + facts.issuer + ", which is ";
  if (request.chain.size() == 1)
    return make_error(
        Code::certificate_untrusted,
        issued + "no trusted root; the peer sent this certificate alone, so it may have left out an intermediate one");
  return make_error(Code::certificate_untrusted, issued + "neither in the chain that the peer sent nor a trusted root");
}

}  // namespace

std::string subject_of(View certificate) {
  // Our own reader first: libcrypto would decode the key as well, which costs a hundred times as much.
  if (const auto view = wire::parse_certificate(certificate)) return crypto::name_text(view->subject);
  const auto facts = crypto::certificate_facts(certificate);
  return facts ? facts->subject : "a certificate that cannot be read";
}

std::string wrong_name(std::string_view expected, const AlternativeNames& names) {
  const auto texts = names.texts();
  std::string words = "expected \"" + std::string(expected) + "\", the certificate ";
  if (texts.empty()) return words + "names no host (it has no subjectAltName for one)";
  words += "is for ";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == max_names_listed)
      return words + " and " + count_of(static_cast<long long>(texts.size() - i), "other name");
    words.append(i == 0 ? "" : ", ").append("\"" + texts[i] + "\"");
  }
  return words;
}

Error refusal(const crypto::PathVerdict& verdict, const VerifyRequest& request) {
  const auto culprit = verdict.culprit.empty() ? as_view(request.chain.front().der()) : View(verdict.culprit);
  const auto facts = crypto::certificate_facts(culprit);
  if (!facts) return facts.error();
  const auto& subject = facts->subject;
  switch (verdict.fault) {
    case crypto::PathFault::no_issuer: return no_issuer(*facts, request);
    case crypto::PathFault::self_signed_leaf:
      return make_error(Code::certificate_untrusted,
                        subject + " signed itself and is not among the trusted certificates");
    case crypto::PathFault::untrusted_root:
      return make_error(Code::certificate_untrusted,
                        "the chain ends in the root " + subject + ", which is not trusted");
    case crypto::PathFault::bad_signature:
      return make_error(Code::certificate_untrusted,
                        "the signature of " + facts->issuer + " in " + subject + " is wrong");
    case crypto::PathFault::bad_authority:
      return make_error(Code::certificate_untrusted,
                        subject + " may not issue what was issued in its name: " + verdict.words);
    case crypto::PathFault::too_long: return make_error(Code::certificate_untrusted, "the chain is too long");
    case crypto::PathFault::expired:
      return make_error(Code::certificate_expired, subject + " expired on " + time_text(facts->not_after) + ", " +
                                                       span_text(request.time - facts->not_after) + " ago");
    case crypto::PathFault::not_yet_valid:
      return make_error(Code::certificate_not_yet_valid, subject + " is valid from " + time_text(facts->not_before) +
                                                             ", in " + span_text(facts->not_before - request.time));
    case crypto::PathFault::wrong_purpose:
      return make_error(Code::certificate_wrong_purpose,
                        subject + " may not be used to authenticate a " + std::string(purpose_text(request.purpose)));
    case crypto::PathFault::too_weak:
      return make_error(Code::certificate_too_weak,
                        subject + " (" + facts->key + ", " + facts->signature_algorithm + "): " + verdict.words);
    case crypto::PathFault::forbidden_name:
      return make_error(Code::certificate_refused, subject + " has a name that an authority above it may not give");
    case crypto::PathFault::revoked: return make_error(Code::certificate_revoked, subject);
    case crypto::PathFault::malformed: return make_error(Code::certificate_malformed, subject + ": " + verdict.words);
    case crypto::PathFault::unsupported_key:
      return make_error(Code::certificate_refused, subject + " has a key that may authenticate nobody: " + facts->key);
    case crypto::PathFault::none:
    case crypto::PathFault::other: break;
  }
  return make_error(Code::certificate_refused, subject + ": " + verdict.words);
}

}  // namespace sotto::pki
