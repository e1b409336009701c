#include "connect/story.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "standard_streams.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace program {
namespace {

constexpr std::size_t longest_field = 100;

/// Fields that carry no news for a reader: random numbers, and what only keeps old middleboxes calm.
constexpr auto dull_fields =
    std::to_array<std::string_view>({"random", "verify_data", "certificate_request_context",
                                     "signature_algorithms_cert", "ticket_nonce", "ticket_age_add"});

bool is_dull(std::string_view name, std::string_view value) {
  return value.empty() || name.starts_with("legacy_") || std::ranges::find(dull_fields, name) != dull_fields.end();
}

std::string shortened(std::string_view text) {
  if (text.size() <= longest_field) return printable(text);
  return printable(text.substr(0, text.rfind(' ', longest_field))) + " ...";
}

}  // namespace

void Story::on(const sotto::TraceEvent& event) {
  using Kind = sotto::TraceEvent::Kind;
  const bool ours = event.direction == sotto::Direction::sent;
  const auto* const speaker = ours ? "we  -->" : "they <--";
  switch (event.kind) {
    case Kind::new_keys:
      tell_to(to_, "            {}\n",
              coloured(Colour::dim, fmt::format("{}: what {} from here on is protected with new keys",
                                                printable(event.name), ours ? "we send" : "they send")));
      return;
    case Kind::change_cipher_spec:
      tell_to(to_, "  {:<8}  {}\n", speaker, coloured(Colour::dim, "change_cipher_spec, for old middleboxes only"));
      return;
    case Kind::alert:
      tell_to(to_, "  {:<8}  {} {}\n", speaker, coloured(Colour::bold, "alert"), printable(event.name));
      return;
    case Kind::handshake_message: break;
  }
  tell_to(to_, "  {:<8}  {} ({} octets)\n", speaker, coloured(Colour::bold, printable(event.name)), event.octets);
  for (const auto& [name, value] : event.fields)
    if (!is_dull(name, value)) tell_to(to_, "              {}: {}\n", printable(name), shortened(value));
}

}  // namespace program
