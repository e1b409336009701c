// Anything that may be said before TLS in one protocol, which SOTTO_FUZZ_PROTOCOL names: to a client, a server, a
// reader of greetings and a screen. Input: one octet for the scene, then what the scene says.
#include <algorithm>
#include <string>
#include <string_view>

#include <sotto/starttls.hpp>

#include "fuzz/fuzz.hpp"

namespace sotto::fuzz {
namespace {

using starttls::State;
using Tls = starttls::Screen::Tls;

/// What a target's first octet chooses; tests/fuzz/seeds.cpp begins its inputs with it.
enum class Scene : std::uint8_t {
  client,
  server,
  greeting,
  screen_with_client,
  screen_with_server,
  server_without_offer,
  forwarded_login,
  screen_at_once
};
constexpr std::uint8_t scenes = 8;

starttls::Protocol protocol() {
  const auto all = starttls::protocols();
  const auto found = std::ranges::find_if(all, [](const auto& each) {
    auto name = std::string(each.name);
    std::ranges::replace(name, '-', '_');
    return name == SOTTO_FUZZ_PROTOCOL;
  });
  promise(found != all.end(), "the target is named after a protocol");
  return found->protocol;
}

/// Says the parts of `input` to a dialogue.
void talk(starttls::Talk& talk, Input& input) {
  while (!input.empty() && talk.state() == State::talking) {
    const auto said = input.part();
    const auto taken = talk.receive(as_public(said));
    promise(taken.has_value() == (talk.state() != State::failed), "an error and the state failed are the same thing");
    promise(!taken || *taken <= said.size(), "no more is taken than there is");
    // What was not protected by TLS is never left for what comes inside it, but for the record that begins it.
    if (taken && talk.state() == State::upgrade_now && *taken < said.size())
      promise(said[*taken] == 22, "only TLS may follow the dialogue");
    talk.output().clear();
  }
  const auto state = talk.state();
  promise(talk.refusal().empty() || state == State::refused, "only a refusal has words");
  promise(talk.refusal().size() < 400, "a refusal is short");
  if (state == State::talking) return;
  promise(!talk.receive(as_bytes("x")).has_value(), "a dialogue that is over takes nothing");
  promise(talk.state() == state, "an end is final");
}

void talk_to_server(Input& input, starttls::ServerOptions::Offer offer) {
  const auto greeting = std::string(as_text(input.part()));
  starttls::Server server(protocol(), {"server.example", greeting, offer});
  talk(server, input);
}

void forward_login(Input& input) {
  const auto greeting = std::string(as_text(input.part()));
  const starttls::Client client(starttls::ForwardedLogin{greeting, std::string(as_text(input.part()))});
  promise(client.state() != State::talking, "a login is forwarded, or not, at once");
}

/// A screen, and everything that has come out of it on either side.
struct Screened {
  explicit Screened(Tls tls) : screen(protocol(), tls) {}
  void say(bool client_speaks, View said) {
    if (client_speaks)
      screen.from_client(as_public(said), to_server);
    else
      screen.from_server(as_public(said), to_client);
  }
  starttls::Screen screen;
  Buffer to_server;
  Buffer to_client;
};

/// Each piece of the input: one octet for the side that speaks, and a part.
void screen(Input& input, Tls tls) {
  Screened whole(tls);
  Screened sliced(tls);
  std::size_t from_client = 0;
  std::size_t from_server = 0;
  while (!input.empty()) {
    const bool client_speaks = input.octet() % 2 == 0;
    const auto said = input.part();
    (client_speaks ? from_client : from_server) += said.size();
    whole.say(client_speaks, said);
    for (std::size_t i = 0; i < said.size(); ++i) sliced.say(client_speaks, said.subspan(i, 1));
  }
  promise(whole.to_client.size() <= from_server && whole.to_server.size() <= from_client, "a screen adds nothing");
  promise(protocol() == starttls::Protocol::mysql || whole.to_server.size() == from_client,
          "what the client says passes at once");
  promise(std::ranges::equal(whole.to_client.readable(), sliced.to_client.readable()) &&
              std::ranges::equal(whole.to_server.readable(), sliced.to_server.readable()),
          "it is the same how what is said is cut into pieces");
  // Once there is nothing left to do, nothing is held back either.
  const auto before = whole.to_client.size();
  if (whole.screen.done()) whole.say(false, as_view(std::string_view("a line\r\n")));
  promise(!whole.screen.done() || whole.to_client.size() == before + 8, "a screen that is done lets everything pass");
}

void play(Scene scene, Input& input) {
  using Offer = starttls::ServerOptions::Offer;
  const bool is_mysql = protocol() == starttls::Protocol::mysql;
  switch (scene) {
    case Scene::client: {
      starttls::Client client(protocol(), "client.example");
      return talk(client, input);
    }
    case Scene::greeting: {
      starttls::Greeting greeting(protocol());
      return talk(greeting, input);
    }
    case Scene::screen_with_client: return screen(input, Tls::with_client);
    case Scene::screen_with_server: return screen(input, Tls::with_server);
    case Scene::screen_at_once: return screen(input, Tls::at_once_with_client);
    case Scene::server_without_offer: return talk_to_server(input, is_mysql ? Offer::nothing : Offer::starttls);
    case Scene::forwarded_login:
      if (is_mysql) return forward_login(input);
      [[fallthrough]];
    case Scene::server: return talk_to_server(input, Offer::starttls);
  }
}

}  // namespace
}  // namespace sotto::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sotto::fuzz::Input input(data, size);
  sotto::fuzz::play(static_cast<sotto::fuzz::Scene>(input.octet() % sotto::fuzz::scenes), input);
  return 0;
}
