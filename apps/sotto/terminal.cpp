#include "terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "descriptor.hpp"

namespace program {
namespace {

bool use_colours() {
  static const bool use = [] {
    const char* const no_color = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
  }();
  return use;
}

/// Switches the echo off for as long as it lives.
class EchoOff {
 public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    usable_ = ::tcgetattr(terminal_, &before_) == 0;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    usable_ = usable_ && ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (usable_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  [[nodiscard]] bool usable() const { return usable_; }

 private:
  int terminal_;
  termios before_{};
  bool usable_ = false;
};

void say(int terminal, std::string_view text) {
  if (::write(terminal, text.data(), text.size()) < 0) return;  // a terminal that is gone fails the read that follows
}

}  // namespace

std::string coloured(Colour colour, std::string_view text) {
  if (!use_colours()) return std::string(text);
  constexpr std::string_view codes[] = {"1", "2", "32", "33", "1;31"};
  return fmt::format("\033[{}m{}\033[0m", codes[static_cast<std::size_t>(colour)], text);
}

Outcome<std::string> ask_secret(Typed kind, const std::string& what) {
  const auto* const need = kind == Typed::pin ? "needs a PIN" : "is encrypted";
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal)
    return failure(ExitCode::configuration,
                   fmt::format("{} {} and there is no terminal to ask on; give --passphrase-file", what, need));
  std::string passphrase;
  const EchoOff echo_off(terminal.value());
  if (!echo_off.usable())
    return failure(ExitCode::configuration,
                   fmt::format("{} {} and the terminal cannot hide what is typed", what, need));
  say(terminal.value(), fmt::format("{} for {}: ", kind == Typed::pin ? "PIN" : "Passphrase", what));
  char character = 0;
  while (::read(terminal.value(), &character, 1) == 1 && character != '\n') passphrase += character;
  say(terminal.value(), "\n");
  return passphrase;
}

}  // namespace program
