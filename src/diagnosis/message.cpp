#include <sotto/error.hpp>

#include "base/printable.hpp"
#include "base/result.hpp"
#include "diagnosis/advice.hpp"
#include "diagnosis/alerts.hpp"

namespace sotto::inline v0 {
namespace {

using diagnosis::Sentences;

// The alert's name or, for one that has none, its number.
std::string named(Alert alert) {
  const auto* row = diagnosis::find_alert(alert);
  return row == nullptr ? std::to_string(static_cast<unsigned>(alert)) : std::string(row->name);
}

// An alert from the peer is the one thing that happens which has a name of its own.
std::string sentence(const Error& error) {
  if (error.code != Code::peer_alert || !error.alert) return std::string(error_row(error.code).sentence);
  const auto* row = diagnosis::find_alert(*error.alert);
  const auto meaning = row == nullptr ? std::string_view("a number without a meaning") : row->meaning;
  return "the peer ended the connection with the alert " + named(*error.alert) + ": " + std::string(meaning);
}

// Where it happened and what the peer was told. Outside a connection, where `during` is empty, no alert is sent.
std::string circumstances(const Error& error) {
  if (error.during.empty()) return {};
  auto text = " (while " + std::string(error.during);
  if (error.alert && error.code != Code::peer_alert) text += "; alert " + named(*error.alert) + " sent";
  return text + ")";
}

std::vector<std::string> listed(const Sentences& sentences) {
  std::vector<std::string> list;
  for (const auto sentence : sentences)
    if (!sentence.empty()) list.emplace_back(sentence);
  return list;
}

}  // namespace

std::string Error::message() const {
  auto text = sentence(*this);
  if (!detail.empty()) text += ": " + printable(detail);
  return text + circumstances(*this);
}

Diagnosis Error::diagnose() const {
  const auto& advice = diagnosis::advice_for(code);
  Diagnosis result{std::string(advice.rule), message(), listed(advice.likely_causes), listed(advice.try_next)};
  const auto* row = code == Code::peer_alert && alert ? diagnosis::find_alert(*alert) : nullptr;
  if (row != nullptr) {
    result.likely_causes = listed(row->likely_causes);
    result.try_next = listed(row->try_next);
  }
  return result;
}

std::string_view to_string(Code code) { return error_row(code).name; }

}  // namespace sotto::inline v0
