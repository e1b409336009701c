#include "terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
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

volatile std::sig_atomic_t caught = 0;

/// Holds the signals that end or stop a program for as long as it lives, so that the terminal can be set right before
/// they take effect. They interrupt `wait_for_line` and nothing else.
class SignalsHeld {
 public:
  SignalsHeld() {
    caught = 0;
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : signals) sigaddset(&held, signal);
    pthread_sigmask(SIG_BLOCK, &held, &mask_before_);
    struct sigaction note{};
    note.sa_handler = [](int signal) { caught = signal; };
    for (std::size_t i = 0; i < signals.size(); ++i) {
      ::sigaction(signals[i], nullptr, &before_[i]);
      // What nohup(1), or a shell for its background jobs, had ignored stays so.
      if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &note, nullptr);
    }
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() {
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
    if (caught != 0) ::raise(caught);
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  /// Returns false if a signal came first.
  [[nodiscard]] bool wait_for_line(int terminal) const {
    pollfd waiting{terminal, POLLIN, 0};
    return ::ppoll(&waiting, 1, nullptr, &mask_before_) > 0;
  }

 private:
  static constexpr auto signals = std::to_array({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP});
  std::array<struct sigaction, signals.size()> before_{};
  sigset_t mask_before_{};
};

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
  const SignalsHeld signals_held;  // until the echo is on again
  const EchoOff echo_off(terminal.value());
  if (!echo_off.usable())
    return failure(ExitCode::configuration,
                   fmt::format("{} {} and the terminal cannot hide what is typed", what, need));
  say(terminal.value(), fmt::format("{} for {}: ", kind == Typed::pin ? "PIN" : "Passphrase", what));
  char character = 0;
  const bool answered = signals_held.wait_for_line(terminal.value());
  while (answered && ::read(terminal.value(), &character, 1) == 1 && character != '\n') passphrase += character;
  say(terminal.value(), "\n");
  if (!answered) return failure(ExitCode::configuration, fmt::format("{} {}, and nothing was typed", what, need));
  return passphrase;
}

}  // namespace program
