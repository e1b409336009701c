#include "connect/conversation.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "standard_streams.hpp"
#include "text.hpp"

namespace program {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t read_size = 64 * 1024;

std::unexpected<sotto::Error> io_failed(int error) {
  return std::unexpected(
      sotto::Error{sotto::Code::io_failed, sotto::Origin::ours, {}, {}, std::system_category().message(error)});
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

}  // namespace

sotto::Result<void> Conversation::shake_hands(std::shared_ptr<const sotto::ClientConfig> config,
                                              const sotto::ServerName& name, std::shared_ptr<sotto::Trace> trace,
                                              std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  sotto::ConnectionOptions options;
  options.trace = std::move(trace);
  if (first_words_) options.early_data = sotto::EarlyDataUse::allowed;
  auto connection = sotto::Connection::client(std::move(config), name, out_, std::move(options));
  if (!connection) return std::unexpected(connection.error());
  connection_.emplace(*std::move(connection));
  if (auto said = say_early(); !said) return said;
  while (!established_) {
    if (auto sent = send_some(); !sent) return sent;
    if (!wait_for(out_.empty() ? POLLIN : POLLIN | POLLOUT, deadline))
      return std::unexpected(
          sotto::Error{sotto::Code::timed_out, sotto::Origin::peer, {}, {}, "the handshake was not finished in time"});
    if (auto taken = take_input(); !taken) {
      send_the_rest(std::chrono::seconds(2));  // the alert
      return taken;
    }
  }
  if (auto said = say_again(); !said) return said;
  return send_some();
}

sotto::Result<void> Conversation::say_early() {
  if (!first_words_ || connection_->early_data_limit() < first_words_->size()) return {};
  said_early_ = early_data_was_sent_ = true;
  return connection_->write_early(sotto::ReplayableData(sotto::as_bytes(*first_words_)), out_);
}

sotto::Result<void> Conversation::say_again() {
  const auto words = std::exchange(first_words_, std::nullopt);
  if (!words || said_early_) return {};
  return connection_->write(sotto::as_bytes(*words), out_);
}

Outcome<void> Conversation::join(OnInputEnd on_input_end, std::optional<Keyboard> keyboard) {
  keyboard_ = keyboard;
  while (true) {
    if (!write_to_output())
      return failure(ExitCode::internal,
                     fmt::format("standard output cannot be written: {}", std::system_category().message(errno)));
    if (peer_closed_) {
      close();
      return {};
    }
    if (auto sent = send_some(); !sent) return failed(sent.error());
    std::array<pollfd, 2> waiting{{{socket_.value(), static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT), 0},
                                   {wants_input() ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return failed(io_failed(errno).error());
    if (waiting[1].revents != 0)
      if (auto taken = take_standard_input(on_input_end); !taken) return failed(taken.error());
    if (input_error_ != 0)
      return failure(ExitCode::internal,
                     fmt::format("standard input cannot be read: {}", std::system_category().message(input_error_)));
    if ((waiting[0].revents & ~POLLOUT) == 0) continue;
    if (auto taken = take_input(); !taken) {
      write_to_output();
      send_the_rest(std::chrono::seconds(2));
      return failed(taken.error());
    }
  }
}

void Conversation::wait_for_session(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!session_stored_ && !peer_closed_ && wait_for(POLLIN, deadline)) {
    if (!take_input()) return;
    received_.clear();
  }
}

void Conversation::close() {
  if (!connection_ || !connection_->close(out_)) return;
  send_the_rest(std::chrono::seconds(2));
  ::shutdown(socket_.value(), SHUT_WR);
}

sotto::Result<void> Conversation::take_input() {
  const auto room = in_.prepare(read_size);
  const auto got = ::recv(socket_.value(), room.data(), room.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (got < 0) return io_failed(errno);
  if (got == 0) {
    if (!peer_closed_)
      if (auto ended = connection_->end_of_input(); !ended) return ended;
    peer_closed_ = true;
    return {};
  }
  in_.commit(static_cast<std::size_t>(got));
  return take_steps();
}

sotto::Result<void> Conversation::take_steps() {
  while (!peer_closed_) {
    auto step = connection_->receive(in_.readable(), out_);
    if (!step) return std::unexpected(step.error());
    if (auto taken = on_event(step->event); !taken) return taken;
    in_.consume(step->consumed);
    if (std::holds_alternative<sotto::NeedInput>(step->event)) return {};
  }
  return {};
}

sotto::Result<void> Conversation::on_event(const sotto::Event& event) {
  if (std::holds_alternative<sotto::HandshakeDone>(event)) established_ = true;
  if (const auto* const answer = std::get_if<sotto::EarlyDataAnswered>(&event))
    said_early_ = said_early_ && answer->status == sotto::EarlyDataStatus::accepted;
  if (std::holds_alternative<sotto::SessionStored>(event)) session_stored_ = true;
  if (std::holds_alternative<sotto::PeerClosed>(event)) peer_closed_ = true;
  if (std::holds_alternative<sotto::Renegotiated>(event)) {
    const auto& now = summary();
    tell("Renegotiated, {}: {}, {}\n",
         now.renegotiations == 1 ? "once" : fmt::format("{} times now", now.renegotiations),
         sotto::to_string(now.cipher_suite), now.key_exchange());
  }
  if (std::holds_alternative<sotto::RenegotiationRefused>(event)) tell("The server declined to renegotiate.\n");
  if (const auto* const data = std::get_if<sotto::ApplicationData>(&event)) received_.append(data->bytes);
  if (const auto* const question = std::get_if<sotto::Question>(&event))
    return connection_->answer(question->id, token_keys_.answer(question->what), out_);
  return {};
}

sotto::Result<void> Conversation::send_some() {
  while (!out_.empty()) {
    const auto sent = ::send(socket_.value(), out_.readable().data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return {};
    if (sent < 0) return io_failed(errno);
    out_.consume(static_cast<std::size_t>(sent));
  }
  return {};
}

void Conversation::send_the_rest(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (send_some() && !out_.empty() && wait_for(POLLOUT, deadline)) continue;
}

bool Conversation::wait_for(short events, Clock::time_point deadline) const {
  while (true) {
    pollfd waiting{socket_.value(), events, 0};
    const auto ready = ::poll(&waiting, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

sotto::Result<void> Conversation::take_standard_input(OnInputEnd on_input_end) {
  std::array<std::byte, 16384> block;
  const auto got = ::read(STDIN_FILENO, block.data(), block.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (got > 0) return send_typed(std::span(block).first(static_cast<std::size_t>(got)));
  // What cannot be read must not look to the server as if it were all.
  if (got < 0) {
    input_error_ = errno;
    return {};
  }
  input_open_ = false;
  if (keyboard_)
    if (auto sent = connection_->write(keyboard_->rest(), out_); !sent) return sent;
  if (on_input_end == OnInputEnd::keep_open) return {};
  return connection_->close(out_);
}

sotto::Result<void> Conversation::send_typed(std::span<const std::byte> typed) {
  if (!keyboard_) return connection_->write(typed, out_);
  while (!typed.empty()) {
    const auto part = keyboard_->next(typed);
    if (auto sent = connection_->write(part.data, out_); !sent) return sent;
    if (part.command) obey(*part.command);
  }
  return {};
}

/// A command that is not possible now is told, and changes nothing.
void Conversation::obey(Keyboard::Command command) {
  const auto done = command == Keyboard::Command::renegotiate
                        ? connection_->renegotiate(out_)
                        : connection_->update_keys(sotto::Connection::UpdateKeys::both, out_);
  if (!done) tell("{}\n", printable(done.error().message()));
  if (done && command == Keyboard::Command::update_keys) tell("Keys updated.\n");
}

bool Conversation::write_to_output() {
  while (!received_.empty()) {
    const auto written = ::write(STDOUT_FILENO, received_.readable().data(), received_.size());
    if (written < 0 && errno == EINTR) continue;
    // Whoever shares the terminal or the pipe may have made it one that does not wait.
    if (written < 0 && errno == EAGAIN) {
      pollfd waiting{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
      continue;
    }
    if (written < 0) return false;
    received_.consume(static_cast<std::size_t>(written));
  }
  return true;
}

std::unexpected<Failure> Conversation::failed(const sotto::Error& error) const {
  // After the handshake a reset is a cut connection like one without close_notify.
  const auto code = error.code == sotto::Code::io_failed ? ExitCode::truncated : exit_code_for(error);
  return failure(code, fmt::format("the connection to {} failed: {}", peer_, printable(error.message())));
}

}  // namespace program
