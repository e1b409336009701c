// NNTP. RFC 3977, RFC 4642.
#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

// RFC 3977, 5.1.1: 200 and 201 welcome, 400 and 502 turn away.
Result<GreetingVerdict> judge_greeting(std::string_view line, GreetingLine) {
  const auto reply = parse_reply(line);
  if (!reply) return wrong_greeting(line);
  if (reply->code == 200 || reply->code == 201) return GreetingVerdict::complete;
  if (reply->code == 400 || reply->code == 502) return GreetingVerdict::turns_away;
  return wrong_greeting(line);
}

class NntpClient final : public GreetedClient {
 public:
  explicit NntpClient(Protocol protocol) : GreetedClient(protocol, judge_greeting) {}

 private:
  enum class Step : std::uint8_t { capabilities, list, consent };

  void on_greeting(std::string text) override {
    keep_greeting(std::move(text));
    wait_for("waiting for the capabilities");
    send("CAPABILITIES\r\n");
  }

  Result<void> on_reply(const std::string& line) override {
    if (step_ == Step::list) return on_capability(line);
    const auto reply = parse_reply(line);
    if (!reply) return malformed(line);
    if (step_ == Step::consent) {
      if (reply->code == 382)
        upgrade();
      else
        refuse(line);
      return {};
    }
    if (reply->code != 101) return fail(Code::starttls_not_offered, '"' + words(line) + '"');
    step_ = Step::list;
    return {};
  }

  Result<void> on_capability(const std::string& line) {
    std::string_view rest = line;
    if (same_text(take_word(rest), "STARTTLS")) offered_ = true;
    if (line != ".") return {};
    if (!offered_) return fail(Code::starttls_not_offered);
    step_ = Step::consent;
    wait_for("waiting for the answer to STARTTLS");
    send("STARTTLS\r\n");
    return {};
  }

  Step step_ = Step::capabilities;
  bool offered_ = false;
};

class NntpServer final : public LineDialogue {
 public:
  NntpServer(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for STARTTLS") {
    send(options.greeting.empty() ? "200 " + options.name + " NNTP service ready\r\n" : options.greeting);
  }

 private:
  Result<void> on_line(const std::string& line) override {
    std::string_view rest = line;
    const auto command = take_word(rest);
    if (same_text(command, "STARTTLS") && rest.empty()) {
      send("382 Continue with TLS negotiation\r\n");
      upgrade();
    } else if (same_text(command, "CAPABILITIES")) {
      send("101 Capabilities before TLS\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n");
    } else if (same_text(command, "QUIT")) {
      send("205 Bye\r\n");
      refuse("the client said QUIT");
    } else {
      send("483 STARTTLS first\r\n");  // RFC 3977, 3.2.1.1: an encrypted connection is needed
    }
    return {};
  }
};

/// Takes STARTTLS out of the answers to CAPABILITIES. Articles may be read without a login, and their lines may look
/// the same, so only an answer that is due is touched.
class NntpScreen final : public LineScreen {
  void on_client_line(std::string_view line) override {
    const auto command = take_word(line);
    if (same_text(command, "CAPABILITIES")) ++due_;
    if (same_text(command, "COMPRESS")) finish();  // RFC 8054: what follows is no text
  }

  std::string on_server_line(std::string line) override {
    auto rest = without_end(line);
    if (in_list_ && rest == ".") in_list_ = false;
    if (in_list_ && same_text(take_word(rest), "STARTTLS")) return {};
    if (!in_list_ && due_ > 0 && line.starts_with("101")) {
      in_list_ = true;
      --due_;
    }
    return line;
  }

  int due_ = 0;
  bool in_list_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> nntp_client(Protocol protocol, std::string_view) {
  return std::make_unique<NntpClient>(protocol);
}
std::unique_ptr<Dialogue> nntp_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<NntpServer>(protocol, options);
}
std::unique_ptr<Dialogue> nntp_greeting(Protocol protocol) {
  return std::make_unique<GreetingReader>(protocol, judge_greeting);
}
std::unique_ptr<Screen::Impl> nntp_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<NntpScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
