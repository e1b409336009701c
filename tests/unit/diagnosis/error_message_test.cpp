#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include <sotto/error.hpp>

#include "base/result.hpp"
#include "diagnosis/advice.hpp"
#include "diagnosis/alerts.hpp"
#include "unit/diagnosis/errors_page.hpp"

namespace sotto {
namespace {

std::vector<Code> all_codes() {
  std::vector<Code> codes;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Code::internal_error); ++i)
    codes.push_back(static_cast<Code>(i));
  return codes;
}

TEST(ErrorMessage, says_what_happened_where_and_which_alert_was_sent) {
  auto error = make_error(Code::certificate_wrong_name, "expected \"a.example\", the certificate is for \"b.example\"");
  error.during = "client13: waiting for CertificateVerify";
  EXPECT_EQ(error.message(),
            "the peer's certificate is for another name: expected \"a.example\", the certificate is for \"b.example\" "
            "(while client13: waiting for CertificateVerify; alert bad_certificate sent)");
}

TEST(ErrorMessage, is_the_bare_sentence_where_nothing_else_is_known) {
  EXPECT_EQ(make_error(Code::timed_out).message(), "the peer took too long");
}

TEST(ErrorMessage, claims_no_alert_outside_a_connection) {
  EXPECT_EQ(make_error(Code::certificate_malformed, "the version is missing").message(),
            "the peer's certificate cannot be read: the version is missing");
}

TEST(ErrorMessage, translates_the_alert_that_the_peer_sent) {
  auto error = make_error(Code::peer_alert);
  error.alert = Alert::certificate_required;
  EXPECT_EQ(error.message(),
            "the peer ended the connection with the alert certificate_required: it wants a client certificate");
  error.during = "established";
  EXPECT_EQ(error.message(),
            "the peer ended the connection with the alert certificate_required: it wants a client certificate "
            "(while established)");
}

TEST(ErrorMessage, gives_the_number_of_an_alert_without_a_name) {
  auto error = make_error(Code::peer_alert);
  error.alert = static_cast<Alert>(200);
  EXPECT_EQ(error.message(), "the peer ended the connection with the alert 200: a number without a meaning");
}

TEST(ErrorMessage, cannot_be_broken_into_lines_by_a_peer) {
  const auto message =
      make_error(Code::no_common_application_protocol, "offered \"h2\n2026 INFO all is well\x1b[0m\"").message();
  EXPECT_EQ(message,
            "the two sides have no application protocol in common: offered \"h2\\x0a2026 INFO all is well\\x1b[0m\"");
}

TEST(ErrorNames, are_those_of_the_header) {
  EXPECT_EQ(to_string(Code::malformed_message), "malformed_message");
  EXPECT_EQ(to_string(Code::bad_finished), "bad_finished");
  EXPECT_EQ(to_string(Code::internal_error), "internal_error");
}

TEST(ErrorNames, differ_for_every_code) {
  std::set<std::string_view> names;
  for (const auto code : all_codes()) EXPECT_TRUE(names.insert(to_string(code)).second) << to_string(code);
}

TEST(AlertNames, are_those_of_the_rfc) {
  EXPECT_EQ(to_string(Alert::close_notify), "close_notify");
  EXPECT_EQ(to_string(Alert::no_application_protocol), "no_application_protocol");
  EXPECT_EQ(to_string(static_cast<Alert>(1)), "unknown_alert");
}

TEST(AlertNames, stand_in_the_order_of_their_numbers_each_with_a_meaning) {
  int last = -1;
  for (const auto& row : diagnosis::all_alerts()) {
    EXPECT_LT(last, static_cast<int>(row.alert)) << row.name;
    last = static_cast<int>(row.alert);
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_FALSE(row.likely_causes.front().empty()) << row.name;
  }
  EXPECT_EQ(diagnosis::all_alerts().size(), 28u);
}

TEST(AlertNames, cover_every_alert_that_the_error_table_sends) {
  for (const auto code : all_codes()) {
    const auto alert = error_row(code).alert;
    EXPECT_TRUE(!alert || diagnosis::find_alert(*alert) != nullptr) << to_string(code);
  }
}

TEST(Diagnosis, has_one_row_for_each_code_in_the_order_of_the_enum) {
  std::set<Code> seen;
  for (const auto part :
       {diagnosis::advice_on_messages(), diagnosis::advice_on_negotiation(), diagnosis::advice_on_authentication(),
        diagnosis::advice_on_starttls(), diagnosis::advice_on_connections()})
    for (const auto& row : part) {
      EXPECT_EQ(static_cast<std::size_t>(row.code), seen.size()) << to_string(row.code);
      EXPECT_TRUE(seen.insert(row.code).second) << to_string(row.code);
    }
  EXPECT_EQ(seen.size(), all_codes().size());
}

TEST(Diagnosis, gives_rule_causes_and_something_to_try_for_every_code) {
  for (const auto code : all_codes()) {
    const auto diagnosis = make_error(code).diagnose();
    EXPECT_FALSE(diagnosis.rule.empty()) << to_string(code);
    EXPECT_EQ(diagnosis.seen, make_error(code).message()) << to_string(code);
    EXPECT_FALSE(diagnosis.likely_causes.empty()) << to_string(code);
    EXPECT_FALSE(diagnosis.try_next.empty()) << to_string(code);
  }
}

TEST(Diagnosis, of_a_peers_alert_is_that_of_the_alert) {
  auto error = make_error(Code::peer_alert);
  error.alert = Alert::unknown_ca;
  const auto diagnosis = error.diagnose();
  ASSERT_FALSE(diagnosis.likely_causes.empty());
  EXPECT_EQ(diagnosis.likely_causes.front(), "the peer does not have the root of our certificate");
}

TEST(Diagnosis, of_a_number_that_is_no_alert_falls_back_to_the_code) {
  auto error = make_error(Code::peer_alert);
  error.alert = static_cast<Alert>(200);
  EXPECT_FALSE(error.diagnose().try_next.empty());
}

TEST(ErrorsPage, in_the_guide_says_what_the_tables_say) {
  const auto page = test::errors_page();
  if (std::getenv("SOTTO_UPDATE_DOCS") != nullptr) std::ofstream(test::errors_page_file()) << page;
  std::ifstream file(test::errors_page_file());
  const std::string found{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(found, page) << "run this test with SOTTO_UPDATE_DOCS=1 to renew docs/guide/errors.md";
}

}  // namespace
}  // namespace sotto
