#include "connect/story.hpp"

#include <string>

#include <fmt/format.h>

#include "terminal.hpp"
#include "text.hpp"

namespace program {
namespace {

constexpr std::size_t longest_field = 160;

std::string shortened(std::string_view text) {
  if (text.size() <= longest_field) return printable(text);
  return printable(text.substr(0, longest_field)) + " ...";
}

}  // namespace

void Story::on(const sotto::TraceEvent& event) {
  using Kind = sotto::TraceEvent::Kind;
  const bool ours = event.direction == sotto::Direction::sent;
  const auto* const speaker = ours ? "we  -->" : "they <--";
  switch (event.kind) {
    case Kind::new_keys:
      fmt::print(to_, "            {}\n",
                 coloured(Colour::dim, fmt::format("{}: what {} from here on is protected with new keys",
                                                   printable(event.name), ours ? "we send" : "they send")));
      return;
    case Kind::change_cipher_spec:
      fmt::print(to_, "  {:<8}  {}\n", speaker, coloured(Colour::dim, "change_cipher_spec, for old middleboxes only"));
      return;
    case Kind::alert:
      fmt::print(to_, "  {:<8}  {} {}\n", speaker, coloured(Colour::bold, "alert"), printable(event.name));
      return;
    case Kind::handshake_message: break;
  }
  fmt::print(to_, "  {:<8}  {} ({} octets)\n", speaker, coloured(Colour::bold, printable(event.name)), event.octets);
  for (const auto& [name, value] : event.fields)
    fmt::print(to_, "              {}: {}\n", printable(name), shortened(value));
}

}  // namespace program
