// The way to an established connection: the client's handshake, the backend's address, the backend's handshake.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "proxy/relay.hpp"
#include "proxy/worker.hpp"

namespace program {
namespace {

std::unique_ptr<TlsFacts> facts_of(const sotto::Summary& summary) {
  auto facts = std::make_unique<TlsFacts>();
  facts->version = sotto::to_string(summary.version);
  facts->cipher_suite = sotto::to_string(summary.cipher_suite);
  facts->server_name = summary.server_name;
  facts->application_protocol = summary.application_protocol;
  facts->authenticated = summary.peer_authenticated;
  facts->key_exchange = summary.key_exchange();
  if (const auto& form = summary.own_certificate_compressed) facts->certificate_compressed = form->in_words();
  if (const auto& form = summary.peer_certificate_compressed) facts->peer_certificate_compressed = form->in_words();
  facts->resumed = summary.resumed;
  facts->renegotiations = summary.renegotiations;
  return facts;
}

}  // namespace

void Relay::shake_hands_with_client() {
  state_ = State::shaking_client;
  set_deadline(service_->settings.timeouts.handshake);
  auto server = sotto::Connection::server(service_->server);
  if (!server) return fail_tls(client_, server.error());
  client_.tls.emplace(*std::move(server));
  begin_with_unread(client_);
}

void Relay::connect_backend(std::size_t index) {
  state_ = State::connecting;
  connect_timed_out_ = false;
  set_deadline(service_->settings.timeouts.connect);
  if (!addresses_) addresses_ = service_->backend->get();
  const auto& address = addresses_->at(index);
  std::error_code error;
  if (backend_.socket.is_open()) backend_.socket.close(error);
  backend_.socket.open(asio::generic::stream_protocol(address.family(), 0), error);
  if (error) return on_connected(index, error);
  backend_.socket.non_blocking(true, error);
  if (address.family() != AF_UNIX) backend_.socket.set_option(asio::ip::tcp::no_delay(true), error);
  call_backend(index);
}

void Relay::call_backend(std::size_t index) {
  const auto& address = addresses_->at(index);
  if (::connect(backend_.socket.native_handle(), address.get(), address.length) == 0) return on_connected(index, {});
  const int error = errno;
  const bool is_local = address.family() == AF_UNIX;
  if (is_local && (error == EAGAIN || error == EINTR)) return call_again_later(index);
  // POSIX, connect(): what was interrupted goes on like what is in progress.
  if (!is_local && (error == EINPROGRESS || error == EINTR)) return wait_for_backend(index);
  on_connected(index, {error, std::system_category()});
}

/// connect(2): once the socket can be written to, SO_ERROR tells how the attempt has ended.
void Relay::wait_for_backend(std::size_t index) {
  backend_.socket.async_wait(Socket::wait_write, [self = shared_from_this(), index](const std::error_code& waited) {
    if (self->state_ != State::connecting) return;
    self->attempt([&] {
      int reason = 0;
      socklen_t length = sizeof reason;
      if (!waited) ::getsockopt(self->backend_.socket.native_handle(), SOL_SOCKET, SO_ERROR, &reason, &length);
      self->on_connected(index, waited ? waited : std::error_code(reason, std::system_category()));
    });
  });
}

/// connect(2): EAGAIN says that the queue of a UNIX socket is full, and no event tells when it is not any more.
void Relay::call_again_later(std::size_t index) {
  const auto timer = std::make_shared<asio::steady_timer>(worker_.context(), std::chrono::milliseconds(10));
  timer->async_wait([self = shared_from_this(), timer, index](const std::error_code& cancelled) {
    if (cancelled || self->state_ != State::connecting) return;
    self->attempt([&] {
      if (self->connect_timed_out_)
        self->on_connected(index, std::make_error_code(std::errc::timed_out));
      else
        self->call_backend(index);
    });
  });
}

void Relay::on_connected(std::size_t index, const std::error_code& error) {
  if (error || connect_timed_out_) {  // the deadline closes the socket, and may do so behind a success
    if (index + 1 < addresses_->size()) return connect_backend(index + 1);
    const auto* const too_late = addresses_->at(index).family() == AF_UNIX ? "its queue of new connections stayed full"
                                                                           : "it did not answer in time";
    return fail_backend(connect_timed_out_ ? too_late : error.message());
  }
  addresses_.reset();
  advance();
}

void Relay::shake_hands_with_backend() {
  state_ = State::shaking_backend;
  set_deadline(service_->settings.timeouts.handshake);
  auto& out = worker_.control();
  out.clear();
  const auto& config = service_->client_for(client_facts_ ? client_facts_->application_protocol : std::string());
  auto client = sotto::Connection::client(config, service_->backend_name, out);
  if (!client) return fail_tls(backend_, client.error());
  backend_.tls.emplace(*std::move(client));
  send(backend_, out);
}

/// Has a question answered by a thread that may wait for the token; the event loop goes on meanwhile.
void Relay::ask_token(End& end, sotto::Question question) {
  end.waiting_for_answer = true;
  const auto id = question.id;
  worker_.token_threads().run([relay = weak_from_this(), &end, &context = worker_.context(), service = service_, id,
                               what = std::make_shared<pkcs11::AnyQuestion>(std::move(question.what))] {
    if (relay.expired()) return;
    auto answer = std::make_shared<sotto::Answer>(service->token_keys.answer(*what));
    // The relay must not come to its end on this thread, so nothing but its own thread may hold it.
    asio::post(context, [relay, &end, id, answer] {
      const auto self = relay.lock();
      if (!self || self->state_ == State::done) return;
      self->attempt([&] { self->on_answer(end, id, std::move(*answer)); });
    });
  });
}

void Relay::on_answer(End& end, sotto::QuestionId id, sotto::Answer answer) {
  end.waiting_for_answer = false;
  if (state_ == State::cutting || state_ == State::lingering) return;
  auto& control = worker_.control();
  control.clear();
  const auto taken = end.tls->answer(id, std::move(answer), control);
  if (!taken) return fail_tls(end, taken.error());
  send(end, control);
  if (state_ == State::done) return;
  const auto kept = end.unread.size();
  const auto scratch = worker_.scratch();
  if (kept != 0) std::memcpy(scratch.data(), end.unread.readable().data(), kept);
  end.unread.release();
  take_tls(end, scratch.first(kept));
}

void Relay::on_handshake_done(End& end) {
  auto facts = facts_of(end.tls->summary());
  end.tls->forget_summary();
  if (&end == &client_) {
    client_facts_ = std::move(facts);
  } else {
    backend_facts_ = std::move(facts);
  }
  if (!is_right_protocol(end))
    return fail_talk(end, {sotto::Code::no_common_application_protocol,
                           sotto::Origin::peer,
                           {},
                           {},
                           "TLS began at once, but not for this protocol"});
  advance();
}

/// TLS without a dialogue says nothing about what is spoken inside: ALPN must.
bool Relay::is_right_protocol(const End& end) const {
  if (&end != &client_ || !prologue_ || !prologue_->server || !prologue_->server->began_at_once()) return true;
  return client_facts_->application_protocol == service_->settings.from.alpn();
}

void Relay::note_renegotiation(End& end) {
  auto& facts = &end == &client_ ? client_facts_ : backend_facts_;
  facts = facts_of(end.tls->summary());
  end.tls->forget_summary();
}

void Relay::on_established() {
  state_ = State::relaying;
  set_deadline(service_->settings.timeouts.idle);
  begin_session();
  // What came right behind a handshake has been kept: the backend's and then the client's.
  resume(backend_);
  resume(client_);
}

/// Hands over what the dialogues left for the session, and ends them.
void Relay::begin_session() {
  if (service_->screening)
    screen_ = std::make_unique<sotto::starttls::Screen>(service_->screening->protocol, service_->screening->tls);
  const auto done = std::move(prologue_);
  if (!done) return;
  const auto hand_over = [this](End& from, const std::string& text) {
    if (text.empty() || state_ != State::relaying) return;
    worker_.chunks().assign(1, asio::buffer(text));
    pass_on(from);
  };
  hand_over(backend_, done->to_client);
  if (!service_->settings.from.is_starttls() && done->server) hand_over(client_, done->server->request());
}

void Relay::resume(End& end) {
  if (state_ == State::relaying) begin_with_unread(end);
}

}  // namespace program
