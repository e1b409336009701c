// The public faces of the dialogues.
#include <utility>

#include <sotto/starttls.hpp>

#include "base/contain.hpp"
#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls {

Talk::Talk(std::unique_ptr<detail::Dialogue> dialogue) : dialogue_(std::move(dialogue)) {}
Talk::Talk(Talk&&) noexcept = default;
Talk& Talk::operator=(Talk&&) noexcept = default;
Talk::~Talk() = default;

const ProtocolFacts& Talk::facts() const { return starttls::facts(dialogue_->protocol()); }
State Talk::state() const { return dialogue_->state(); }
Buffer& Talk::output() { return dialogue_->output(); }
Result<std::size_t> Talk::receive(std::span<const std::byte> in) {
  return contain([&]() -> Result<std::size_t> { return dialogue_->receive(as_view(in)); });
}
const std::string& Talk::refusal() const { return dialogue_->refusal(); }
Error Talk::failure() const { return dialogue_->failure(); }
std::string Talk::waiting_for() const { return dialogue_->waiting_for(); }

Client::Client(Protocol protocol, std::string_view name)
    : Talk(detail::dialect(protocol).client(protocol, detail::safe_name(name))) {}
Client::Client(const ForwardedLogin& login) : Talk(detail::mysql_forwarding_client(Protocol::mysql, login)) {}
const std::string& Client::greeting() const { return dialogue().greeting(); }

Server::Server(Protocol protocol, ServerOptions options)
    : Talk(detail::dialect(protocol).server(
          protocol, ServerOptions{detail::safe_name(options.name), std::move(options.greeting), options.offer})) {}
bool Server::began_at_once() const { return dialogue().began_at_once(); }
const std::string& Server::request() const { return dialogue().request(); }

namespace {

/// Stands in where the server does not speak first: there is nothing to wait for.
class NoGreeting final : public detail::Dialogue {
 public:
  explicit NoGreeting(Protocol protocol) : Dialogue(protocol, detail::Role::client, "waiting for nothing") {
    upgrade();
  }

 private:
  Result<std::size_t> take(View) override { return 0; }
};

std::unique_ptr<detail::Dialogue> make_greeting(Protocol protocol) {
  const auto make = detail::dialect(protocol).greeting;
  return make == nullptr ? std::make_unique<NoGreeting>(protocol) : make(protocol);
}

}  // namespace

Greeting::Greeting(Protocol protocol) : Talk(make_greeting(protocol)) {}
const std::string& Greeting::text() const { return dialogue().greeting(); }

Screen::Screen(Protocol protocol, Tls tls)
    : impl_(detail::dialect(protocol).screen == nullptr ? nullptr : detail::dialect(protocol).screen(tls)) {}
Screen::Screen(Screen&&) noexcept = default;
Screen& Screen::operator=(Screen&&) noexcept = default;
Screen::~Screen() = default;

void Screen::from_client(std::span<const std::byte> in, Buffer& out) {
  if (!impl_) return out.append(in);
  impl_->from_client(as_view(in), out);
}

void Screen::from_server(std::span<const std::byte> in, Buffer& out) {
  if (!impl_) return out.append(in);
  impl_->from_server(as_view(in), out);
}

void Screen::server_ended(Buffer& out) {
  if (impl_) impl_->server_ended(out);
}

bool Screen::done() const { return !impl_ || impl_->done(); }

}  // namespace sotto::inline v0::starttls
