// The commands that can be typed on a connection: a line of one letter, as in `openssl s_client`.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace program {

/// Tells commands from data in what is typed, however it is cut up.
class Keyboard {
 public:
  enum class Command : std::uint8_t { renegotiate, update_keys };
  /// The front of what was typed: data to send, then perhaps a command.
  struct Part {
    std::span<const std::byte> data;
    std::optional<Command> command;
  };

  /// Takes the next part off the front of `typed`. `data` is valid until the next call.
  [[nodiscard]] Part next(std::span<const std::byte>& typed);
  /// Returns a letter that could have become a command and did not: data, at the end of the input.
  [[nodiscard]] std::span<const std::byte> rest() const { return std::as_bytes(std::span(letter_)); }

 private:
  std::string letter_;  // at the start of a line, until it is known what follows; empty otherwise
  std::string sent_;
  bool at_line_start_ = true;
};

}  // namespace program
