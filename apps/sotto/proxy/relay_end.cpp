// The ways in which a relayed connection ends, and what is told about each.
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <fmt/format.h>
#include <asio/buffer.hpp>

#include "proxy/relay.hpp"
#include "proxy/worker.hpp"

namespace program {
namespace {

constexpr std::string_view plain_http_answer =
    "HTTP/1.0 400 Bad Request\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This port speaks TLS: use https:// instead of http://.\n";

/// How long a client that failed may take to read our alert.
constexpr auto linger_time = std::chrono::seconds(2);
/// How long a side may take to read what came before the other side was cut, and how often to look.
constexpr auto cut_time = std::chrono::seconds(5);
constexpr auto cut_interval = std::chrono::milliseconds(50);

/// Returns how much was sent that the peer's kernel does not have yet.
int undelivered(Socket& socket) {
  int waiting = 0;
  return ::ioctl(socket.native_handle(), SIOCOUTQ, &waiting) == 0 ? waiting : 0;
}

}  // namespace

void Relay::on_deadline() {
  attempt([this] { end_in_time(); });
}

void Relay::end_in_time() {
  switch (state_) {
    case State::shaking_client:
    case State::shaking_backend: {
      const auto& end = state_ == State::shaking_client ? client_ : backend_;
      log_handshake_failure(
          &end == &client_ ? client_address_ : service_->settings.to.text(),
          sotto::Error{sotto::Code::timed_out, sotto::Origin::peer, {}, {}, "the handshake was not finished in time"});
      if (service_->starttls) return part_from_client(&end == &backend_);
      return part();
    }
    case State::talking_to_client: return fail_talk(client_, dialogue_timed_out());
    case State::talking_to_backend: return fail_talk(backend_, dialogue_timed_out());
    case State::connecting: {
      std::error_code ignored;  // the pending connect ends with an error and goes on to the next address
      connect_timed_out_ = true;
      backend_.socket.close(ignored);
      return;
    }
    case State::relaying:
      return is_still_read() ? set_deadline(service_->settings.timeouts.idle) : abort("idle for too long");
    case State::cutting: return reset_when_delivered();
    case State::lingering: return leave();
    case State::done: return;
  }
}

/// Says whether a side has taken anything of what waits for it in our kernel since this was asked last. The kernel
/// calls a socket writable only once much of its buffer is free, which a slow reader may take longer for than one may
/// be idle.
bool Relay::is_still_read() {
  bool moves = false;
  for (auto* const end : {&client_, &backend_}) {
    const int now = undelivered(end->socket);
    moves = moves || now != end->undelivered;
    end->undelivered = now;
  }
  return moves;
}

sotto::Error Relay::dialogue_timed_out() const {
  return {sotto::Code::timed_out,
          sotto::Origin::peer,
          {},
          prologue_->current->waiting_for(),
          heard_in_dialogue_ ? "the dialogue before TLS was not finished in time" : "it said nothing"};
}

void Relay::abort(const std::string& reason) {
  if (state_ == State::done) return;
  if (state_ != State::lingering && state_ != State::cutting) log_end(reason);
  part();
}

/// Resets both sides.
void Relay::part() {
  close(client_, true);
  close(backend_, true);
  leave();
}

/// A side's TLS failed: its alert stands in the worker's control buffer. The other side learns it by a reset, for data
/// may be missing; the client gets time to read the alert.
void Relay::fail_tls(End& end, const sotto::Error& error) {
  if (state_ == State::done) return;
  if (state_ == State::lingering || state_ == State::cutting) return part();  // the reason is told already
  const bool client_failed = &end == &client_;
  const bool in_handshake = is_shaking() || is_talking();
  if (in_handshake)
    log_handshake_failure(client_failed ? client_address_ : service_->settings.to.text(), error);
  else if (error.code == sotto::Code::truncated)
    log_end(fmt::format("truncated: {} ended the connection without close_notify", name_of(end)));
  else
    log_end(fmt::format("cut, since TLS with {} failed: {}", name_of(end), error.message()));
  const bool tells_client = in_handshake && service_->starttls && !client_failed;
  if (error.code == sotto::Code::truncated) return tells_client ? part_from_client(true) : cut(other(end));
  auto& out = worker_.control();
  if (client_failed && error.code == sotto::Code::http_request) out.append(sotto::as_bytes(plain_http_answer));
  if (client_failed) {
    close(backend_, true);
    state_ = State::lingering;
    send(client_, out);
    return state_ == State::done ? void() : linger();
  }
  std::error_code gone;
  if (!out.empty()) backend_.socket.write_some(asio::buffer(out.readable().data(), out.size()), gone);
  if (tells_client) return part_from_client(true);
  close(backend_, false);
  close(client_, true);
  leave();
}

void Relay::fail_io(End& end, const std::error_code& error) {
  if (state_ == State::done) return;
  if (state_ == State::lingering || state_ == State::cutting) return part();
  if (is_shaking() || is_talking()) {
    log_handshake_failure(&end == &client_ ? client_address_ : service_->settings.to.text(),
                          sotto::Error{sotto::Code::io_failed, sotto::Origin::peer, {}, {}, error.message()});
    if (service_->starttls && &end == &backend_) return part_from_client(true);
    return part();
  }
  if (state_ != State::relaying) return abort(fmt::format("cut, since {} failed: {}", name_of(end), error.message()));
  log_end(fmt::format("cut, since the connection to {} failed: {}", name_of(end), error.message()));
  cut(other(end));
}

/// One side was cut. The other gets what came before, and then a reset: never a proper end.
void Relay::cut(End& survivor) {
  close(other(survivor), true);
  if (state_ != State::relaying) {
    close(survivor, true);
    return leave();
  }
  state_ = State::cutting;
  survivor_ = &survivor;
  give_up_ = std::chrono::steady_clock::now() + cut_time;
  if (&survivor == &client_) end_screen();
  if (state_ != State::done) reset_when_delivered();
}

void Relay::reset_when_delivered() {
  const bool delivered = survivor_->unsent.empty() && undelivered(survivor_->socket) == 0;
  if (!delivered && std::chrono::steady_clock::now() < give_up_) return set_deadline(cut_interval);
  close(*survivor_, true);
  leave();
}

void Relay::fail_backend(const std::string& why) {
  const auto reason = fmt::format("the backend cannot be reached: {}", why);
  if (!service_->starttls) return abort(reason);
  log_end(reason);
  part_from_client(true);
}

/// Sends FIN and reads on for a while, so that closing does not reset the connection before the client has read our
/// alert.
void Relay::linger() {
  client_.output_ended = true;
  shut_if_flushed(client_);
  set_deadline(linger_time);
}

void Relay::finish(const std::string& how) {
  log_end(how);
  close(client_, false);
  close(backend_, false);
  leave();
}

/// Something was thrown on the way, which means that memory has run out.
void Relay::drop(const std::exception& why) noexcept {
  try {
    return abort(fmt::format("cut, for something failed: {}", why.what()));
  } catch (const std::exception&) {
    // There is no memory for the line either.
  }
  part();
}

void Relay::log_end(const std::string& how) {
  ConnectionRecord record;
  record.service = service_->settings.name;
  record.client = client_address_;
  record.backend = service_->settings.to.text();
  record.client_tls = std::move(client_facts_);
  record.backend_tls = std::move(backend_facts_);
  record.octets_to_backend = client_.octets_in;
  record.octets_to_client = backend_.octets_in;
  record.duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  record.end = how;
  worker_.log().connection(record);
}

void Relay::log_handshake_failure(const std::string& peer, const sotto::Error& error) {
  HandshakeFailure what{service_->settings.name, peer, error.message(), std::string(sotto::to_string(error.code))};
  const bool ended = error.code == sotto::Code::truncated || error.code == sotto::Code::starttls_cut;
  if (ended && !heard_from_client_ && (state_ == State::shaking_client || state_ == State::talking_to_client))
    what.sentence = "it closed the connection before it said anything";
  worker_.log().handshake_failed(what);
}

void Relay::close(End& end, bool reset) {
  if (!end.socket.is_open()) return;
  std::error_code ignored;
  // SO_LINGER with a time of zero makes close send RST: the peer cannot take an abort for the end of the data.
  if (reset) end.socket.set_option(asio::socket_base::linger(true, 0), ignored);
  end.socket.close(ignored);
  end.unread.release();
  end.unsent.release();
}

void Relay::leave() {
  close(client_, false);
  close(backend_, false);
  state_ = State::done;
  worker_.forget(id_);
}

}  // namespace program
