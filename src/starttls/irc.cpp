// IRC. RFC 1459, and IRCv3's "tls" capability with its STARTTLS command and the numerics 670 and 691.
#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

/// Takes ":source" off the line, if it has one.
std::string_view without_source(std::string_view line) {
  if (line.starts_with(':')) take_word(line);
  return line;
}

/// STARTTLS is sent without asking for capabilities first: CAP LS would hold up the registration that follows inside
/// TLS until somebody says CAP END.
class IrcClient final : public LineDialogue {
 public:
  explicit IrcClient(Protocol protocol)
      : LineDialogue(protocol, Role::client, "waiting for the answer to STARTTLS", Turns::free) {
    send("STARTTLS\r\n");
  }

 private:
  Result<void> on_line(const std::string& line) override {
    auto rest = without_source(line);
    const auto command = take_word(rest);
    if (command == "670") {
      upgrade();
    } else if (command == "691" || command == "ERROR") {
      refuse(line);
    } else if (command == "421" || command == "451") {  // an unknown command, or one that needs a registration
      return fail(Code::starttls_not_offered, '"' + words(line) + '"');
    } else if (command == "PING") {
      send("PONG " + words(rest) + "\r\n");
    } else if (command != "NOTICE" && command != "020") {
      return malformed(line);
    }
    return {};
  }
};

class IrcServer final : public LineDialogue {
 public:
  IrcServer(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for STARTTLS"), name_(options.name) {}

 private:
  Result<void> on_line(const std::string& line) override {
    auto rest = without_source(line);
    const auto command = take_word(rest);
    if (same_text(command, "STARTTLS")) {
      say("670 * :STARTTLS successful, proceed with TLS handshake");
      upgrade();
    } else if (same_text(command, "CAP")) {
      on_cap(rest);
    } else if (same_text(command, "PING")) {
      say("PONG " + name_ + " " + words(rest));
    } else if (same_text(command, "QUIT")) {
      send("ERROR :Bye\r\n");
      refuse("the client said QUIT");
    } else if (!command.empty()) {
      say("451 * :STARTTLS first");
    }
    return {};
  }

  void on_cap(std::string_view arguments) {
    const auto subcommand = take_word(arguments);
    if (same_text(subcommand, "LS"))
      say("CAP * LS :tls");
    else if (same_text(subcommand, "LIST"))
      say("CAP * LIST :");
    else if (same_text(subcommand, "REQ"))
      say((asks_for_tls(arguments) ? "CAP * ACK " : "CAP * NAK ") + words(arguments));
  }

  /// IRCv3's "tls" may be asked for, which changes nothing: STARTTLS is there anyway.
  static bool asks_for_tls(std::string_view list) {
    if (list.starts_with(':')) list.remove_prefix(1);
    return take_word(list) == "tls" && list.empty();
  }

  void say(const std::string& text) { send(":" + name_ + " " + text + "\r\n"); }

  std::string name_;
};

/// Takes "tls" out of the capabilities until the client is registered.
class IrcScreen final : public LineScreen {
  std::string on_server_line(std::string line) override {
    const auto text = without_end(line);
    auto rest = without_source(text);
    const auto command = take_word(rest);
    if (command == "001") finish();  // RPL_WELCOME
    if (command != "CAP") return line;
    take_word(rest);  // the client's name
    const auto subcommand = take_word(rest);
    const auto list = rest.find(':');
    if (!same_text(subcommand, "LS") || list == rest.npos) return line;
    const auto begin = static_cast<std::size_t>(rest.data() - text.data()) + list + 1;
    std::string kept;
    for (auto capabilities = text.substr(begin); !capabilities.empty();) {
      const auto word = take_word(capabilities);
      if (word == "tls") continue;
      if (!kept.empty()) kept += ' ';
      kept += word;
    }
    return line.substr(0, begin) + kept + line.substr(text.size());
  }
};

}  // namespace

std::unique_ptr<Dialogue> irc_client(Protocol protocol, std::string_view) {
  return std::make_unique<IrcClient>(protocol);
}
std::unique_ptr<Dialogue> irc_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<IrcServer>(protocol, options);
}
std::unique_ptr<Screen::Impl> irc_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<IrcScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
