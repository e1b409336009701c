// SMTP, submission and LMTP. RFC 5321, RFC 2033, RFC 3207.
#include <algorithm>
#include <utility>

#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

// RFC 5321, 3.1: "220" welcomes, "554" and the "421" of 3.8 turn away.
Result<GreetingVerdict> judge_greeting(std::string_view line, GreetingLine which) {
  const auto reply = parse_reply(line);
  if (!reply) return wrong_greeting(line);
  if (which == GreetingLine::first && reply->code >= 400 && reply->code < 600) return GreetingVerdict::turns_away;
  if (reply->code != 220) return wrong_greeting(line);
  return reply->is_last ? GreetingVerdict::complete : GreetingVerdict::goes_on;
}

class SmtpClient final : public GreetedClient {
 public:
  SmtpClient(Protocol protocol, std::string_view name) : GreetedClient(protocol, judge_greeting), name_(name) {}

 private:
  enum class Step : std::uint8_t { capabilities, consent };

  void on_greeting(std::string text) override {
    keep_greeting(std::move(text));
    wait_for("waiting for the capabilities");
    send((protocol() == Protocol::lmtp ? "LHLO " : "EHLO ") + name_ + "\r\n");
  }

  Result<void> on_reply(const std::string& line) override {
    const auto reply = parse_reply(line);
    // RFC 5321, 4.2.1: all lines of one reply have the same code.
    if (!reply || (code_ != 0 && reply->code != code_)) return malformed(line);
    const bool is_first = code_ == 0;
    code_ = reply->is_last ? 0 : reply->code;
    return step_ == Step::capabilities ? on_capability(*reply, is_first, line) : on_consent(*reply, line);
  }

  Result<void> on_capability(const ReplyLine& reply, bool is_first, const std::string& line) {
    if (reply.code != 250) {
      if (reply.is_last) refuse(line);
      return {};
    }
    if (!is_first && same_text(reply.text, "STARTTLS")) offered_ = true;
    if (!reply.is_last) return {};
    if (!offered_) return fail(Code::starttls_not_offered);
    step_ = Step::consent;
    wait_for("waiting for the answer to STARTTLS");
    send("STARTTLS\r\n");
    return {};
  }

  Result<void> on_consent(const ReplyLine& reply, const std::string& line) {
    if (!reply.is_last) return {};
    if (reply.code == 220)
      upgrade();
    else
      refuse(line);
    return {};
  }

  std::string name_;
  Step step_ = Step::capabilities;
  int code_ = 0;  // of the reply that is under way
  bool offered_ = false;
};

/// RFC 3207, 4: a server may refuse everything but NOOP, EHLO, STARTTLS and QUIT before TLS. Nothing that is said here
/// reaches the session after it (4.2), so there is no need to advertise anything else either.
class SmtpServer final : public LineDialogue {
 public:
  SmtpServer(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for STARTTLS"), name_(options.name) {
    const auto& greeting = options.greeting;
    if (!greeting.empty()) name_ = host_in(greeting);
    send(greeting.empty() ? "220 " + name_ + " ESMTP\r\n" : greeting);
  }

 private:
  /// RFC 5321, 4.2: the host's name is the first word of the greeting.
  static std::string host_in(std::string_view greeting) {
    greeting.remove_prefix(std::min<std::size_t>(greeting.size(), 4));
    greeting = greeting.substr(0, greeting.find('\r'));
    return safe_name(take_word(greeting));
  }

  Result<void> on_line(const std::string& line) override {
    std::string_view arguments = line;
    const auto command = take_word(arguments);
    if (same_text(command, "STARTTLS")) return on_starttls(arguments);
    if (same_text(command, "QUIT")) {
      send("221 2.0.0 Bye\r\n");
      refuse("the client said QUIT");
    } else if (same_text(command, protocol() == Protocol::lmtp ? "LHLO" : "EHLO")) {
      send("250-" + name_ + "\r\n250 STARTTLS\r\n");
    } else if (same_text(command, "HELO")) {
      send("250 " + name_ + "\r\n");
    } else if (same_text(command, "NOOP") || same_text(command, "RSET")) {
      send("250 2.0.0 Ok\r\n");
    } else {
      send("530 5.7.0 Must issue a STARTTLS command first\r\n");
    }
    return {};
  }

  Result<void> on_starttls(std::string_view arguments) {
    // RFC 3207, 4: "501 Syntax error (no parameters allowed)".
    if (!arguments.empty()) {
      send("501 5.5.4 STARTTLS takes no parameters\r\n");
      return {};
    }
    send("220 2.0.0 Ready to start TLS\r\n");
    upgrade();
    return {};
  }

  std::string name_;
};

/// Takes STARTTLS out of replies to EHLO. The server never sends anything but replies, so no command need be watched.
class SmtpScreen final : public LineScreen {
  std::string on_server_line(std::string line) override {
    const auto reply = parse_reply(without_end(line));
    const bool is_offer = reply && reply->code == 250 && same_text(reply->text, "STARTTLS");
    if (is_offer && !reply->is_last) return {};
    auto before = let_go();
    // The last line of a reply has a blank where the others have a hyphen.
    if (is_offer && !before.empty()) {
      before[3] = ' ';
      return before;
    }
    if (reply && reply->code == 250 && !reply->is_last) {
      held_ = std::move(line);
      return before;
    }
    return before + line;
  }

  std::string let_go() override { return std::exchange(held_, {}); }

  std::string held_;  // a line that may turn out to be the last one
};

}  // namespace

std::unique_ptr<Dialogue> smtp_client(Protocol protocol, std::string_view name) {
  return std::make_unique<SmtpClient>(protocol, name);
}
std::unique_ptr<Dialogue> smtp_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<SmtpServer>(protocol, options);
}
std::unique_ptr<Dialogue> smtp_greeting(Protocol protocol) {
  return std::make_unique<GreetingReader>(protocol, judge_greeting);
}
std::unique_ptr<Screen::Impl> smtp_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<SmtpScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
