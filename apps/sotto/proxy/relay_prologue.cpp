// The steps to an established connection, and the dialogues among them that come before TLS.
#include <cstring>

#include <asio/buffer.hpp>

#include "proxy/relay.hpp"
#include "proxy/worker.hpp"

namespace program {
namespace {

// What a client is told whose backend is of no use.
constexpr std::string_view nobody_behind = "The server behind this gateway cannot be reached";
constexpr std::string_view no_tls_behind = "The server behind this gateway cannot be reached with TLS";
constexpr std::string_view no_session_behind = "The server behind this gateway did not begin a session";

}  // namespace

/// Takes the next step of the service's plan.
void Relay::advance() {
  switch (service_->plan.at(next_step_++)) {
    case Step::shake_client: return shake_hands_with_client();
    case Step::talk_client: return talk_to_client(sotto::starttls::ServerOptions::Offer::starttls);
    case Step::take_login: return talk_to_client(sotto::starttls::ServerOptions::Offer::nothing);
    case Step::connect: return connect_backend(0);
    case Step::talk_backend: return talk_to_backend();
    case Step::read_greeting: return read_greeting();
    case Step::forward_login: return forward_login();
    case Step::shake_backend: return shake_hands_with_backend();
    case Step::relay: return on_established();
  }
}

Prologue& Relay::prologue() {
  if (!prologue_) prologue_ = std::make_unique<Prologue>();
  return *prologue_;
}

void Relay::talk_to_client(sotto::starttls::ServerOptions::Offer offer) {
  auto& server = prologue().server;
  server.emplace(*service_->starttls,
                 sotto::starttls::ServerOptions{
                     service_->settings.server_name.empty() ? std::string("localhost") : service_->settings.server_name,
                     prologue().greeting_text, offer});
  talk(client_, *server);
}

void Relay::talk_to_backend() {
  auto& client = prologue().client;
  client.emplace(*service_->starttls, service_->dialogue_name);
  talk(backend_, *client);
}

void Relay::read_greeting() {
  auto& greeting = prologue().greeting;
  greeting.emplace(*service_->starttls);
  talk(backend_, *greeting);
}

void Relay::forward_login() {
  auto& client = prologue().client;
  client.emplace(sotto::starttls::ForwardedLogin{prologue().greeting_text, prologue().server->request()});
  talk(backend_, *client);
}

/// Begins a dialogue, which has as long as a handshake.
void Relay::talk(End& end, sotto::starttls::Talk& dialogue) {
  state_ = &end == &client_ ? State::talking_to_client : State::talking_to_backend;
  prologue().current = &dialogue;
  heard_in_dialogue_ = false;
  set_deadline(service_->settings.timeouts.handshake);
  follow(end);
  // Inside TLS the first words may have come right behind the handshake.
  if (is_talking() && prologue().current == &dialogue) begin_with_unread(end);
}

/// Sends what the dialogue has to say, and goes where it has led.
void Relay::follow(End& end) {
  auto& dialogue = *prologue().current;
  // Behind an error nothing is left to be said, and an attempt could only hide it.
  if (dialogue.state() == sotto::starttls::State::failed) return fail_talk(end, dialogue.failure());
  say(end, dialogue.output());
  if (!is_talking()) return;  // the side is gone, and the dialogue with it
  if (dialogue.state() == sotto::starttls::State::talking) return;
  if (dialogue.state() != sotto::starttls::State::upgrade_now) return fail_talk(end, dialogue.failure());
  keep_greeting(end);
  prologue().current = nullptr;
  advance();
}

/// Sends `text` to one side: inside TLS if that has begun.
void Relay::say(End& end, sotto::Buffer& text) {
  if (text.empty()) return;
  if (!end.tls) return send(end, text);
  auto& out = worker_.sealed();
  out.clear();
  if (const auto written = end.tls->write(text.readable(), out); !written) return fail_tls(end, written.error());
  text.clear();
  send(end, out);
}

/// The backend's greeting becomes that of the client's session, where that has one.
void Relay::keep_greeting(const End& end) {
  if (&end != &backend_) return;
  auto& kept = prologue();
  const bool was_greeting = kept.current == (kept.greeting ? &*kept.greeting : nullptr);
  if (was_greeting) kept.greeting_text = kept.greeting->text();
  if (!was_greeting && !kept.client->greeting().empty()) kept.greeting_text = kept.client->greeting();
  const bool client_was_greeted = service_->settings.from.is_starttls();
  const bool greets_inside_tls = *service_->starttls == sotto::starttls::Protocol::sieve;
  const bool is_mysql = *service_->starttls == sotto::starttls::Protocol::mysql;  // the login follows, no greeting
  if (!is_mysql && (!client_was_greeted || greets_inside_tls)) kept.to_client = kept.greeting_text;
}

/// Hears what came in a dialogue: the worker's chunks.
void Relay::converse(End& end) {
  heard_in_dialogue_ = true;
  std::string said;
  for (const auto& chunk : worker_.chunks()) said.append(static_cast<const char*>(chunk.data()), chunk.size());
  const auto taken = prologue().current->receive(sotto::as_bytes(said));
  // A client that begins TLS at once has its ClientHello in the same octets.
  if (taken && *taken < said.size()) end.unread.append(sotto::as_bytes(std::string_view(said).substr(*taken)));
  follow(end);
}

/// Takes a client's first records, which came before its TLS was ready.
void Relay::begin_with_unread(End& end) {
  if (end.unread.empty()) return;
  const auto kept = end.unread.size();
  const auto scratch = worker_.scratch();
  std::memcpy(scratch.data(), end.unread.readable().data(), kept);
  end.unread.release();
  take(end, scratch.first(kept));
}

/// There will be no TLS: nothing goes on in plaintext, and a client whose backend failed is told so.
void Relay::fail_talk(End& end, const sotto::Error& error) {
  if (state_ == State::done) return;
  log_handshake_failure(&end == &client_ ? client_address_ : service_->settings.to.text(), error);
  part_from_client(&end == &backend_);
}

/// Ends a connection that is not established, with a last word if the client waits for one.
void Relay::part_from_client(bool tell) {
  const auto words = last_words();
  close(backend_, true);
  prologue_.reset();
  const bool may_speak =
      service_->starttls && !client_.transport_ended && (!client_.tls || client_.tls->is_established());
  state_ = State::lingering;
  if (tell && may_speak) {
    sotto::Buffer farewell;
    farewell.append(sotto::as_bytes(sotto::starttls::farewell(*service_->starttls, words)));
    say(client_, farewell);
    if (state_ == State::done) return;
  }
  if (client_.tls) end_output(client_);
  if (state_ != State::done) linger();
}

/// Says what there was none of: a connection, TLS, or what a session begins with.
std::string_view Relay::last_words() const {
  if (state_ == State::connecting) return nobody_behind;
  const bool came_to_tls = backend_facts_ != nullptr;
  return service_->settings.to.is_tls() && !came_to_tls ? no_tls_behind : no_session_behind;
}

}  // namespace program
