#include "proxy/relay.hpp"

#include <cstring>

#include <fmt/format.h>
#include <asio/buffer.hpp>

#include "proxy/worker.hpp"

namespace program {
namespace {

/// How often one side is read before the others get their turn.
constexpr int reads_in_a_turn = 4;
/// What a side may owe its peer (key updates, alerts) before we stop listening to it.
constexpr std::size_t most_unsent = 256 * 1024;
/// What is thrown away after an alert, so that the reset of an early close does not overtake it.
constexpr std::uint32_t most_discarded = 1024 * 1024;

bool must_wait(const std::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

}  // namespace

Relay::Relay(Worker& worker, std::uint64_t id, Socket client, std::string client_address,
             std::shared_ptr<const Service> service)
    : worker_(worker),
      id_(id),
      service_(std::move(service)),
      client_(std::move(client)),
      backend_(Socket(worker.context())),
      client_address_(std::move(client_address)),
      started_(std::chrono::steady_clock::now()) {}

void Relay::start() {
  attempt([this] { advance(); });
}

void Relay::set_deadline(std::chrono::milliseconds from_now) {
  worker_.set_deadline(id_, deadline_, std::chrono::steady_clock::now() + from_now);
}

/// After every event: passes on what has ended, and waits for what may come next.
void Relay::settle() {
  if (is_talking()) {
    auto& end = state_ == State::talking_to_client ? client_ : backend_;
    if (end.input_ended) fail_talk(end, prologue().current->failure());
  }
  if (state_ == State::relaying) {
    if (client_.input_ended) end_output(backend_);
    if (state_ == State::relaying && backend_.input_ended) end_screen();
    if (state_ == State::relaying && backend_.input_ended) end_output(client_);
    if (state_ == State::relaying && client_.output_shut && backend_.output_shut) finish("closed by both sides");
  }
  if (state_ == State::lingering && (client_.transport_ended || discarded_ > most_discarded)) leave();
  wait();
}

void Relay::wait() {
  for (auto* const end : {&client_, &backend_}) {
    if (state_ == State::done) return;
    if (!end->unsent.empty() && !end->waiting_to_write) wait_to_write(*end);
    if (may_read(*end) && !end->waiting_to_read) wait_to_read(*end);
    if (state_ == State::relaying && end->transport_ended && !end->output_shut && !end->watching_for_reset)
      watch_for_reset(*end);
  }
}

void Relay::wait_to_read(End& end) {
  end.waiting_to_read = true;
  end.socket.async_wait(Socket::wait_read, [self = shared_from_this(), &end](const std::error_code& error) {
    end.waiting_to_read = false;
    if (error || self->state_ == State::done) return;
    self->attempt([&] { self->read(end); });
  });
}

void Relay::wait_to_write(End& end) {
  end.waiting_to_write = true;
  end.socket.async_wait(Socket::wait_write, [self = shared_from_this(), &end](const std::error_code& error) {
    end.waiting_to_write = false;
    if (error || self->state_ == State::done) return;
    self->attempt([&] { self->flush(end); });
  });
}

/// A side that has sent its FIN is read no more, but its reset must still end the connection.
void Relay::watch_for_reset(End& end) {
  end.watching_for_reset = true;
  end.socket.async_wait(Socket::wait_error, [self = shared_from_this(), &end](const std::error_code& error) {
    if (error || self->state_ != State::relaying) return;
    int reason = 0;
    socklen_t length = sizeof reason;
    ::getsockopt(end.socket.native_handle(), SOL_SOCKET, SO_ERROR, &reason, &length);
    if (reason != 0) self->attempt([&] { self->fail_io(end, {reason, std::system_category()}); });
  });
}

bool Relay::may_read(const End& end) const {
  if (end.transport_ended || end.waiting_for_answer) return false;
  switch (state_) {
    case State::shaking_client:
    case State::talking_to_client: return &end == &client_;
    case State::shaking_backend:
    case State::talking_to_backend: return &end == &backend_;
    case State::relaying:
      return other(end).unsent.empty() && end.unsent.size() < most_unsent && !is_renegotiating(other(end));
    case State::lingering: return &end == &client_ && client_.output_shut;
    case State::connecting:
    case State::cutting:
    case State::done: return false;
  }
  return false;
}

void Relay::read(End& end) {
  if (state_ == State::lingering) return discard_input();
  const auto scratch = worker_.scratch();
  for (int turn = 0; turn < reads_in_a_turn && may_read(end); ++turn) {
    const auto held = end.unread.size();
    if (held != 0) std::memcpy(scratch.data(), end.unread.readable().data(), held);
    std::error_code error;
    const auto got = end.socket.read_some(asio::buffer(scratch.data() + held, scratch.size() - held), error);
    if (must_wait(error)) return;
    if (error == asio::error::eof) return on_transport_end(end);
    if (error) return fail_io(end, error);
    end.unread.release();
    if (state_ == State::relaying) set_deadline(service_->settings.timeouts.idle);
    take(end, scratch.first(held + got));
    if (state_ == State::done || held + got < scratch.size()) return;  // a short read has emptied the socket
  }
}

void Relay::take(End& end, std::span<std::byte> in) {
  if (&end == &client_) heard_from_client_ = true;
  if (end.input_ended) return;  // RFC 8446, 6.1: what follows close_notify is ignored
  if (end.tls) return take_tls(end, in);
  worker_.chunks().assign(1, asio::buffer(in.data(), in.size()));
  if (is_talking()) return converse(end);
  end.octets_in += in.size();
  pass_on(end);
}

void Relay::take_tls(End& end, std::span<std::byte> in) {
  auto& control = worker_.control();
  auto& chunks = worker_.chunks();
  control.clear();
  chunks.clear();
  std::optional<sotto::Error> failed;
  std::optional<sotto::Question> question;
  bool handshake_done = false;
  while (!handshake_done && !question && !end.input_ended) {
    auto step = end.tls->receive(in, control);
    if (!step) {
      failed = step.error();
      break;
    }
    in = in.subspan(step->consumed);
    if (const auto* const data = std::get_if<sotto::ApplicationData>(&step->event)) {
      end.octets_in += data->bytes.size();
      chunks.emplace_back(data->bytes.data(), data->bytes.size());
    }
    if (std::holds_alternative<sotto::NeedInput>(step->event)) break;
    if (auto* const asked = std::get_if<sotto::Question>(&step->event)) question = std::move(*asked);
    handshake_done = std::holds_alternative<sotto::HandshakeDone>(step->event);
    if (std::holds_alternative<sotto::Renegotiated>(step->event)) note_renegotiation(end);
    end.input_ended = std::holds_alternative<sotto::PeerClosed>(step->event);
  }
  if (!in.empty() && !failed && !end.input_ended) end.unread.append(in);
  const bool said_something = !chunks.empty();
  if (said_something && !is_talking()) pass_on(end);
  if (state_ == State::done) return;
  if (failed) return fail_tls(end, *failed);
  send(end, control);
  if (state_ == State::done) return;
  shut_if_flushed(end);  // a renegotiation may have kept our close_notify back
  if (question && state_ != State::done) return ask_token(end, *std::move(question));
  if (said_something && is_talking()) converse(end);
  if (handshake_done && state_ != State::done) on_handshake_done(end);
}

/// Passes the worker's chunks on to the other side, as the screen shows them if there is one.
void Relay::pass_on(End& from) {
  if (!screen_) return deliver(other(from));
  sotto::Buffer screened;
  for (const auto& chunk : worker_.chunks()) {
    const std::span bytes(static_cast<const std::byte*>(chunk.data()), chunk.size());
    if (&from == &client_)
      screen_->from_client(bytes, screened);
    else
      screen_->from_server(bytes, screened);
  }
  if (screen_->done()) screen_.reset();
  worker_.chunks().clear();
  if (!screened.empty()) worker_.chunks().emplace_back(screened.readable().data(), screened.size());
  deliver(other(from));
}

/// The backend says no more: the client gets what the screen held back.
void Relay::end_screen() {
  if (!screen_) return;
  sotto::Buffer rest;
  screen_->server_ended(rest);
  screen_.reset();
  worker_.chunks().clear();
  if (!rest.empty()) worker_.chunks().emplace_back(rest.readable().data(), rest.size());
  deliver(client_);
}

/// Passes the worker's chunks on: sealed or as they are.
void Relay::deliver(End& to) {
  if (to.tls) return seal(to);
  auto chunks = std::span(worker_.chunks());
  std::error_code error;
  while (to.unsent.empty() && !chunks.empty() && !must_wait(error)) {
    auto sent = to.socket.write_some(chunks, error);
    if (error && !must_wait(error)) return fail_io(to, error);
    while (!chunks.empty() && sent >= chunks.front().size()) {
      sent -= chunks.front().size();
      chunks = chunks.subspan(1);
    }
    if (!chunks.empty()) chunks.front() += sent;
  }
  for (const auto& chunk : chunks) to.unsent.append({static_cast<const std::byte*>(chunk.data()), chunk.size()});
}

void Relay::seal(End& to) {
  auto& out = to.unsent.empty() ? worker_.sealed() : to.unsent;
  if (&out != &to.unsent) out.clear();
  for (const auto& chunk : worker_.chunks()) {
    const auto written = to.tls->write({static_cast<const std::byte*>(chunk.data()), chunk.size()}, out);
    if (!written)
      return abort(fmt::format("cut, since {} cannot be written to: {}", name_of(to), written.error().message()));
  }
  send(to, out);
}

/// Sends `out`; what the socket does not take waits in `end.unsent`.
void Relay::send(End& end, sotto::Buffer& out) {
  if (&out == &end.unsent || out.empty()) return;  // it waits already, behind what was there before
  std::error_code error;
  while (end.unsent.empty() && !out.empty() && !must_wait(error)) {
    const auto sent = end.socket.write_some(asio::buffer(out.readable().data(), out.size()), error);
    if (error && !must_wait(error)) return fail_io(end, error);
    out.consume(sent);
  }
  if (!out.empty()) end.unsent.append(out.readable());
  out.clear();
}

void Relay::flush(End& end) {
  std::error_code error;
  while (!end.unsent.empty()) {
    const auto sent = end.socket.write_some(asio::buffer(end.unsent.readable().data(), end.unsent.size()), error);
    if (must_wait(error)) break;
    if (error) return fail_io(end, error);
    end.unsent.consume(sent);
    if (state_ == State::relaying) set_deadline(service_->settings.timeouts.idle);
  }
  if (end.unsent.empty()) end.unsent.release();
  shut_if_flushed(end);
}

/// Passes the end of the other side's data on: close_notify if we speak TLS, and FIN.
void Relay::end_output(End& end) {
  if (end.output_ended || state_ == State::done) return;
  end.output_ended = true;
  if (end.tls) {
    auto& out = worker_.control();
    out.clear();
    if (const auto closed = end.tls->close(out); !closed) return fail_tls(end, closed.error());
    send(end, out);
  }
  shut_if_flushed(end);
}

void Relay::shut_if_flushed(End& end) {
  if (!end.output_ended || end.output_shut || !end.unsent.empty() || state_ == State::done) return;
  if (is_renegotiating(end)) return;
  std::error_code gone;  // a peer that is gone already needs no FIN
  end.socket.shutdown(Socket::shutdown_send, gone);
  end.output_shut = true;
}

void Relay::on_transport_end(End& end) {
  end.transport_ended = true;
  if (end.tls && !end.input_ended)
    if (const auto ended = end.tls->end_of_input(); !ended) return fail_tls(end, ended.error());
  end.input_ended = true;
}

void Relay::discard_input() {
  std::error_code error;
  const auto scratch = worker_.scratch();
  const auto got = client_.socket.read_some(asio::buffer(scratch.data(), scratch.size()), error);
  if (must_wait(error)) return;
  if (error) client_.transport_ended = true;
  discarded_ += static_cast<std::uint32_t>(got);
}

}  // namespace program
