// IMAP. RFC 9051, 6.2.1 and 7.1; RFC 2595, 3.
#include <algorithm>

#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::string_view our_capabilities = "IMAP4rev1 STARTTLS LOGINDISABLED";

Result<GreetingVerdict> judge_greeting(std::string_view line, GreetingLine) {
  auto rest = line;
  if (take_word(rest) != "*") return wrong_greeting(line);
  const auto status = take_word(rest);
  if (same_text(status, "OK")) return GreetingVerdict::complete;
  if (same_text(status, "BYE")) return GreetingVerdict::turns_away;
  // RFC 9051, 7.1.4: a client that wants STARTTLS must treat PREAUTH as an attack.
  if (same_text(status, "PREAUTH")) return fail(Code::starttls_preauthenticated, '"' + words(line) + '"');
  return wrong_greeting(line);
}

/// Returns the greeting's text without its response code, which may hold capabilities.
std::string human_text(std::string_view greeting) {
  auto text = std::string_view(greeting).substr(0, greeting.find('\r'));
  take_word(text);
  take_word(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return words(text.empty() ? "IMAP4rev1 server ready" : text);
}

class ImapClient final : public GreetedClient {
 public:
  explicit ImapClient(Protocol protocol) : GreetedClient(protocol, judge_greeting) {}

 private:
  void on_greeting(std::string text) override {
    keep_greeting("* OK " + human_text(text) + "\r\n");
    wait_for("waiting for the capabilities");
    send("A1 CAPABILITY\r\n");
  }

  Result<void> on_reply(const std::string& line) override {
    std::string_view rest = line;
    const auto tag = take_word(rest);
    if (line.ends_with('}')) return malformed(line);  // a literal has no place here
    if (tag == "*") return on_untagged(rest, line);
    if (tag != (asked_ ? "A2" : "A1")) return malformed(line);
    const auto status = take_word(rest);
    if (same_text(status, "NO") || same_text(status, "BAD")) {
      refuse(line);
      return {};
    }
    if (!same_text(status, "OK")) return malformed(line);
    if (asked_) {
      upgrade();
      return {};
    }
    if (!offered_) return fail(Code::starttls_not_offered);
    asked_ = true;
    wait_for("waiting for the answer to STARTTLS");
    send("A2 STARTTLS\r\n");
    return {};
  }

  /// The server may say anything at any time (RFC 9051, 2.2.2); it is read for the offer and dropped.
  Result<void> on_untagged(std::string_view rest, const std::string& line) {
    const auto kind = take_word(rest);
    if (same_text(kind, "BYE")) refuse(line);
    if (same_text(kind, "CAPABILITY") && has_word(rest, "STARTTLS")) offered_ = true;
    return {};
  }

  bool offered_ = false;
  bool asked_ = false;
};

class ImapServer final : public LineDialogue {
 public:
  ImapServer(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for STARTTLS") {
    send("* OK [CAPABILITY " + std::string(our_capabilities) + "] " + human_text(options.greeting) + "\r\n");
  }

 private:
  Result<void> on_line(const std::string& line) override {
    std::string_view rest = line;
    const std::string tag(take_word(rest));
    // What follows a literal without waiting would be read as commands.
    if (line.ends_with("+}")) return fail(Code::starttls_malformed, "a literal that does not wait");
    if (!is_tag(tag)) {
      send("* BAD a command begins with a tag\r\n");
      return {};
    }
    const auto command = take_word(rest);
    if (same_text(command, "STARTTLS") && rest.empty()) {
      send(tag + " OK Begin TLS negotiation now\r\n");
      upgrade();
    } else if (same_text(command, "CAPABILITY")) {
      send("* CAPABILITY " + std::string(our_capabilities) + "\r\n" + tag + " OK Before TLS\r\n");
    } else if (same_text(command, "NOOP")) {
      send(tag + " OK Nothing done\r\n");
    } else if (same_text(command, "LOGOUT")) {
      send("* BYE Logging out\r\n" + tag + " OK Done\r\n");
      refuse("the client said LOGOUT");
    } else if (same_text(command, "LOGIN") || same_text(command, "AUTHENTICATE")) {
      // RFC 5530, 3: PRIVACYREQUIRED; RFC 9051, 6.2.3 and 11.3.
      send(tag + " NO [PRIVACYREQUIRED] STARTTLS first\r\n");
    } else {
      send(tag + " BAD STARTTLS first\r\n");
    }
    return {};
  }

  /// RFC 9051, 9: any ASTRING-CHAR except "+".
  static bool is_tag(std::string_view tag) {
    return !tag.empty() && tag.size() <= 64 && tag != "*" && std::ranges::all_of(tag, [](unsigned char c) {
      return c > 0x20 && c < 0x7f &&
             std::string_view("(){%*\"\\+").find(static_cast<char>(c)) == std::string_view::npos;
    });
  }
};

/// Takes STARTTLS out of the capabilities until the client is logged in; the server has no offer after that.
class ImapScreen final : public LineScreen {
  void on_client_line(std::string_view line) override {
    client_.let_pass(literal_length(line));
    const auto tag = take_word(line);
    const auto command = take_word(line);
    if (same_text(command, "LOGIN") || same_text(command, "AUTHENTICATE")) login_tag_ = tag;
    // RFC 4978: what follows the server's consent is compressed, and no text.
    if (same_text(command, "COMPRESS")) finish();
  }

  std::string on_server_line(std::string line) override {
    const auto text = without_end(line);
    server_.let_pass(literal_length(text));
    auto rest = text;
    const auto tag = take_word(rest);
    const auto kind = take_word(rest);
    if (!login_tag_.empty() && tag == login_tag_ && same_text(kind, "OK")) finish();
    const bool is_list = tag == "*" && same_text(kind, "CAPABILITY");
    const bool has_code = starts_with_text(rest, "[CAPABILITY ");
    if (!is_list && !has_code) return line;
    const auto begin = static_cast<std::size_t>(rest.data() - text.data());
    const auto end = is_list ? text.size() : std::min(text.find(']', begin), text.size());
    return line.substr(0, begin) + without_offer(text.substr(begin, end - begin)) + line.substr(end);
  }

  static std::string without_offer(std::string_view capabilities) {
    std::string kept;
    while (!capabilities.empty()) {
      const auto word = take_word(capabilities);
      if (same_text(word, "STARTTLS")) continue;
      if (!kept.empty()) kept += ' ';
      kept += word;
    }
    return kept;
  }

  std::string login_tag_;
};

}  // namespace

std::unique_ptr<Dialogue> imap_client(Protocol protocol, std::string_view) {
  return std::make_unique<ImapClient>(protocol);
}
std::unique_ptr<Dialogue> imap_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<ImapServer>(protocol, options);
}
std::unique_ptr<Dialogue> imap_greeting(Protocol protocol) {
  return std::make_unique<GreetingReader>(protocol, judge_greeting);
}
std::unique_ptr<Screen::Impl> imap_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<ImapScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
