#include "unit/diagnosis/errors_page.hpp"

#include <array>
#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "diagnosis/advice.hpp"
#include "diagnosis/alerts.hpp"

namespace sotto::test {
namespace {

constexpr std::string_view introduction = R"(# Errors

Every way in which libsotto can fail is one `sotto::Code`. Each code has one sentence, at most one alert that is sent to
the peer, and an explanation. `Error::message()` gives the sentence with what was seen, on one line:

```
the peer's certificate is for another name: expected "a.example", the certificate is for "b.example"
(while client13: waiting for CertificateVerify; alert bad_certificate sent)
```

`Error::diagnose()` gives the rest of what stands below: the rule, likely causes and what to try. `Error::origin` says
whose doing an error is: *peer* (what it sent or did), *caller* (configuration or use of the library), *ours* (this
library or this machine).

This page is written from the library's tables; a test keeps it so (`SOTTO_UPDATE_DOCS=1` renews it).
)";

struct Group {
  Code first;
  std::string_view title;
};

// Begins of the groups, in the order of the enum.
constexpr auto group_titles = std::to_array<Group>({
    {Code::malformed_message, "What the peer sent could not be read"},
    {Code::unsupported_version, "What the peer offered or chose does not fit"},
    {Code::bad_signature, "Proofs that failed"},
    {Code::certificate_missing, "Authentication"},
    {Code::starttls_wrong_greeting, "Before TLS: STARTTLS"},
    {Code::handshake_message_too_large, "Limits"},
    {Code::peer_alert, "How a connection can end"},
    {Code::wrong_state, "Use and configuration"},
    {Code::name_not_resolved, "Around the library: sockets and names"},
    {Code::crypto_failed, "This library or machine"},
});

std::string_view origin_name(Origin origin) {
  constexpr std::array<std::string_view, 3> names = {"ours", "peer", "caller"};
  return names.at(static_cast<std::size_t>(origin));
}

void append_list(std::string& page, std::string_view title, const diagnosis::Sentences& sentences) {
  if (sentences.front().empty()) return;
  page.append("\n").append(title).append(":\n");
  for (const auto sentence : sentences)
    if (!sentence.empty()) page.append("- ").append(sentence).append("\n");
}

void append_code(std::string& page, Code code) {
  const auto& row = error_row(code);
  const auto& advice = diagnosis::advice_for(code);
  const auto alert = row.alert ? "alert `" + std::string(to_string(*row.alert)) + "`" : std::string("no alert");
  page.append("\n### ").append(row.name).append("\n\n").append(row.sentence).append(" *(");
  page.append(origin_name(row.origin)).append("; ").append(alert).append(")*\n");
  page.append("\nRule: ").append(advice.rule).append("\n");
  append_list(page, "Likely causes", advice.likely_causes);
  append_list(page, "Try", advice.try_next);
}

void append_alerts(std::string& page) {
  page.append(
      "\n## Alerts that a peer can send\n\nWith `Code::peer_alert` the sentence names the alert and what the peer says "
      "with it.\n");
  for (const auto& row : diagnosis::all_alerts()) {
    page.append("\n### Alert ").append(std::to_string(static_cast<unsigned>(row.alert))).append(": ").append(row.name);
    page.append("\n\nthe peer ended the connection with the alert ").append(row.name).append(": ").append(row.meaning);
    page.append("\n");
    append_list(page, "Likely causes", row.likely_causes);
    append_list(page, "Try", row.try_next);
  }
}

}  // namespace

std::string errors_page() {
  std::string page(introduction);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Code::internal_error); ++i) {
    const auto code = static_cast<Code>(i);
    for (const auto& group : group_titles)
      if (group.first == code) page.append("\n## ").append(group.title).append("\n");
    append_code(page, code);
  }
  append_alerts(page);
  return page;
}

std::filesystem::path errors_page_file() {
  return std::filesystem::path(SOTTO_TESTS_DIR) / ".." / "docs" / "guide" / "errors.md";
}

}  // namespace sotto::test
