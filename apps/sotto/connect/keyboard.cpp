#include "connect/keyboard.hpp"

#include <algorithm>
#include <utility>

namespace program {
namespace {

std::optional<Keyboard::Command> command_of(std::string_view letter) {
  if (letter == "R") return Keyboard::Command::renegotiate;
  if (letter == "K") return Keyboard::Command::update_keys;
  return std::nullopt;
}

}  // namespace

Keyboard::Part Keyboard::next(std::span<const std::byte>& typed) {
  if (!letter_.empty()) {
    const auto command = command_of(std::exchange(letter_, {}));
    if (typed.front() == std::byte{'\n'}) {
      typed = typed.subspan(1);
      return {{}, command};
    }
    sent_ = command == Command::renegotiate ? "R" : "K";
    at_line_start_ = false;
    return {std::as_bytes(std::span(sent_)), std::nullopt};
  }
  if (at_line_start_) {
    const std::string first(1, static_cast<char>(typed.front()));
    if (command_of(first)) {
      letter_ = first;
      typed = typed.subspan(1);
      return {};
    }
  }
  const auto end = std::ranges::find(typed, std::byte{'\n'});
  at_line_start_ = end != typed.end();
  const auto line = typed.first(static_cast<std::size_t>(end - typed.begin()) + (at_line_start_ ? 1 : 0));
  typed = typed.subspan(line.size());
  return {line, std::nullopt};
}

}  // namespace program
