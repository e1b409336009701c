// POP3. RFC 1939, RFC 2449, RFC 2595, 4.
#include <deque>
#include <utility>

#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

Result<GreetingVerdict> judge_greeting(std::string_view line, GreetingLine) {
  if (line == "+OK" || line.starts_with("+OK ")) return GreetingVerdict::complete;
  if (line.starts_with("-ERR")) return GreetingVerdict::turns_away;
  return wrong_greeting(line);
}

/// Returns the greeting without the timestamp of APOP (RFC 1939, 7): whoever chooses it can learn about the password
/// from the MD5 that the client answers with, so one that came in plaintext must not be used.
std::string without_timestamp(std::string_view greeting) {
  std::string text = greeting_words(greeting, "POP3 server ready");
  while (true) {
    const auto begin = text.find('<');
    if (begin == std::string::npos) return "+OK " + text + "\r\n";
    const auto end = text.find('>', begin);
    text.erase(begin, end == std::string::npos ? end : end - begin + 1);
  }
}

class Pop3Client final : public GreetedClient {
 public:
  explicit Pop3Client(Protocol protocol) : GreetedClient(protocol, judge_greeting) {}

 private:
  enum class Step : std::uint8_t { capabilities, list, consent };

  void on_greeting(std::string text) override {
    keep_greeting(without_timestamp(text));
    wait_for("waiting for the capabilities");
    send("CAPA\r\n");
  }

  Result<void> on_reply(const std::string& line) override {
    if (step_ == Step::list) return on_capability(line);
    const bool consents = line == "+OK" || line.starts_with("+OK ");
    if (line.starts_with("-ERR")) {
      if (step_ == Step::capabilities) return fail(Code::starttls_not_offered, '"' + words(line) + '"');
      refuse(line);
      return {};
    }
    if (!consents) return malformed(line);
    if (step_ == Step::consent)
      upgrade();
    else
      step_ = Step::list;
    return {};
  }

  Result<void> on_capability(const std::string& line) {
    if (same_text(line, "STLS")) offered_ = true;
    if (line != ".") return {};
    if (!offered_) return fail(Code::starttls_not_offered);
    step_ = Step::consent;
    wait_for("waiting for the answer to STLS");
    send("STLS\r\n");
    return {};
  }

  Step step_ = Step::capabilities;
  bool offered_ = false;
};

class Pop3Server final : public LineDialogue {
 public:
  Pop3Server(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for STLS") {
    send(without_timestamp(options.greeting));
  }

 private:
  Result<void> on_line(const std::string& line) override {
    if (same_text(line, "STLS")) {
      send("+OK Begin TLS negotiation\r\n");
      upgrade();
    } else if (same_text(line, "CAPA")) {
      send("+OK Before TLS\r\nSTLS\r\n.\r\n");
    } else if (same_text(line, "QUIT")) {
      send("+OK Bye\r\n");
      refuse("the client said QUIT");
    } else {
      send("-ERR [AUTH] STLS first\r\n");  // RFC 3206, 4
    }
    return {};
  }
};

/// Takes STLS out of the answers to CAPA until the client is logged in. Commands may come several at once (RFC 2449,
/// 6.6) and are answered in order, so it is known which answer is which, and no mail is touched.
class Pop3Screen final : public LineScreen {
  enum class Command : std::uint8_t { capa, login, other };

  void on_client_line(std::string_view line) override {
    if (std::exchange(continues_, false)) return;  // a SASL exchange goes on: no command
    const auto command = take_word(line);
    const bool logs_in = same_text(command, "PASS") || same_text(command, "APOP") || same_text(command, "AUTH");
    unanswered_.push_back(same_text(command, "CAPA") ? Command::capa : logs_in ? Command::login : Command::other);
  }

  std::string on_server_line(std::string line) override {
    const auto text = without_end(line);
    if (in_list_) {
      in_list_ = text != ".";
      return same_text(text, "STLS") ? std::string() : line;
    }
    continues_ = text == "+" || text.starts_with("+ ");
    const bool succeeds = text.starts_with("+OK");
    if ((!succeeds && !text.starts_with("-ERR")) || unanswered_.empty()) return line;  // such as the greeting
    const auto answered = unanswered_.front();
    unanswered_.pop_front();
    if (succeeds && answered == Command::login) finish();
    in_list_ = succeeds && answered == Command::capa;
    return line;
  }

  std::deque<Command> unanswered_;
  bool continues_ = false;
  bool in_list_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> pop3_client(Protocol protocol, std::string_view) {
  return std::make_unique<Pop3Client>(protocol);
}
std::unique_ptr<Dialogue> pop3_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<Pop3Server>(protocol, options);
}
std::unique_ptr<Dialogue> pop3_greeting(Protocol protocol) {
  return std::make_unique<GreetingReader>(protocol, judge_greeting);
}
std::unique_ptr<Screen::Impl> pop3_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<Pop3Screen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
