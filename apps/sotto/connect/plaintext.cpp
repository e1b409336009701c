#include "connect/plaintext.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "standard_streams.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace program {
namespace {

using Clock = std::chrono::steady_clock;

std::unexpected<sotto::Error> failed(sotto::Code code, const sotto::starttls::Client& dialogue, std::string detail) {
  const auto origin = code == sotto::Code::timed_out ? sotto::Origin::peer : sotto::Origin::ours;
  return std::unexpected(sotto::Error{code, origin, {}, dialogue.waiting_for(), std::move(detail)});
}

bool wait_for(const Descriptor& socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{socket.value(), events, 0};
    const auto ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Prints what one side said: line by line if it is text.
void print_said(std::string_view speaker, std::string_view said, bool is_text) {
  if (!is_text) {
    tell("{}\n", coloured(Colour::dim, fmt::format("  {:<8}  {} octets", speaker, said.size())));
    return;
  }
  while (!said.empty()) {
    const auto end = std::min(said.find('\n'), said.size() - 1) + 1;
    auto line = said.substr(0, end);
    said.remove_prefix(end);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    tell("{}\n", coloured(Colour::dim, fmt::format("  {:<8}  {}", speaker, printable(line))));
  }
}

/// Moves the octets of one dialogue.
class Plaintext {
 public:
  Plaintext(const Descriptor& socket, sotto::starttls::Client& dialogue, ShowDialogue show)
      : socket_(socket), dialogue_(dialogue), show_(show), is_text_(dialogue.facts().is_text) {}

  sotto::Result<void> run(Clock::time_point deadline) {
    while (true) {
      if (auto sent = send_output(deadline); !sent) return sent;
      if (dialogue_.state() == sotto::starttls::State::upgrade_now) return {};
      if (dialogue_.state() != sotto::starttls::State::talking) return std::unexpected(dialogue_.failure());
      if (!wait_for(socket_, POLLIN, deadline))
        return failed(sotto::Code::timed_out, dialogue_,
                      heard_ ? "the dialogue before TLS was not finished in time" : "the server said nothing");
      if (auto heard = listen(); !heard) return heard;
    }
  }

 private:
  sotto::Result<void> send_output(Clock::time_point deadline) {
    auto& out = dialogue_.output();
    if (!out.empty() && show_ == ShowDialogue::yes) print_said("we  -->", text_of(out.readable()), is_text_);
    while (!out.empty()) {
      const auto sent = ::send(socket_.value(), out.readable().data(), out.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        out.consume(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        if (!wait_for(socket_, POLLOUT, deadline))
          return failed(sotto::Code::timed_out, dialogue_, "the server does not read");
      } else if (errno != EINTR) {
        return failed(sotto::Code::io_failed, dialogue_, std::system_category().message(errno));
      }
    }
    return {};
  }

  sotto::Result<void> listen() {
    std::array<std::byte, 4096> block;
    const auto got = ::recv(socket_.value(), block.data(), block.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (got < 0) return failed(sotto::Code::io_failed, dialogue_, std::system_category().message(errno));
    if (got == 0) return std::unexpected(dialogue_.failure());
    heard_ = true;
    const auto said = std::span(block).first(static_cast<std::size_t>(got));
    if (show_ == ShowDialogue::yes) print_said("they <--", text_of(said), is_text_);
    // An error is told below, behind what was to be said at last.
    static_cast<void>(dialogue_.receive(said));
    return {};
  }

  const Descriptor& socket_;
  sotto::starttls::Client& dialogue_;
  ShowDialogue show_;
  bool is_text_;
  bool heard_ = false;
};

}  // namespace

sotto::Result<void> lead_into_tls(const Descriptor& socket, sotto::starttls::Client& dialogue,
                                  std::chrono::milliseconds limit, ShowDialogue show) {
  return Plaintext(socket, dialogue, show).run(Clock::now() + limit);
}

}  // namespace program
