// FTP's control channel. RFC 959, RFC 4217. The data channel is between client and server; PBSZ and PROT pass through.
#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

// RFC 959, 4.2: only the first line of a reply of many, and its last, must begin with the code.
Result<GreetingVerdict> judge_greeting(std::string_view line, GreetingLine which) {
  const auto reply = parse_reply(line);
  if (which == GreetingLine::later && (!reply || reply->code != 220)) return GreetingVerdict::goes_on;
  if (!reply) return wrong_greeting(line);
  if (reply->code == 120 || (reply->code >= 400 && reply->code < 600)) return GreetingVerdict::turns_away;
  if (reply->code != 220) return wrong_greeting(line);
  return reply->is_last ? GreetingVerdict::complete : GreetingVerdict::goes_on;
}

class FtpClient final : public GreetedClient {
 public:
  explicit FtpClient(Protocol protocol) : GreetedClient(protocol, judge_greeting) {}

 private:
  void on_greeting(std::string text) override {
    keep_greeting(std::move(text));
    wait_for("waiting for the answer to AUTH TLS");
    send("AUTH TLS\r\n");
  }

  Result<void> on_reply(const std::string& line) override {
    const auto reply = parse_reply(line);
    if (code_ == 0 && !reply) return malformed(line);
    if (code_ == 0) code_ = reply->code;
    if (!reply || reply->code != code_ || !reply->is_last) return {};
    // RFC 4217, 4.2: 234 consents. 500, 502 and 504: the server does not know the command.
    if (code_ == 234)
      upgrade();
    else if (code_ == 500 || code_ == 502 || code_ == 504)
      return fail(Code::starttls_not_offered, '"' + words(line) + '"');
    else
      refuse(line);
    return {};
  }

  int code_ = 0;  // of the reply that is under way
};

class FtpServer final : public LineDialogue {
 public:
  FtpServer(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for AUTH TLS") {
    send(options.greeting.empty() ? "220 " + options.name + " FTP server ready\r\n" : options.greeting);
  }

 private:
  Result<void> on_line(const std::string& line) override {
    std::string_view rest = line;
    const auto command = take_word(rest);
    if (same_text(command, "AUTH")) {
      on_auth(rest);
    } else if (same_text(command, "FEAT")) {
      send("211-Features before TLS\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n");
    } else if (same_text(command, "NOOP")) {
      send("200 Nothing done\r\n");
    } else if (same_text(command, "QUIT")) {
      send("221 Bye\r\n");
      refuse("the client said QUIT");
    } else {
      send("530 AUTH TLS first\r\n");
    }
    return {};
  }

  // RFC 4217, 4.1 and the registry of RFC 2228: "TLS" and "TLS-C" protect the control channel.
  void on_auth(std::string_view mechanism) {
    if (!same_text(mechanism, "TLS") && !same_text(mechanism, "TLS-C")) return send("504 Only TLS is known here\r\n");
    send("234 AUTH TLS accepted\r\n");
    upgrade();
  }
};

/// Takes "AUTH TLS" and its kin out of the answer to FEAT.
class FtpScreen final : public LineScreen {
  std::string on_server_line(std::string line) override {
    const auto reply = parse_reply(without_end(line));
    if (reply && reply->code == 211) in_features_ = !reply->is_last;
    const bool is_offer = in_features_ && starts_with_text(line, " AUTH");
    return is_offer ? std::string() : line;
  }

  bool in_features_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> ftp_client(Protocol protocol, std::string_view) {
  return std::make_unique<FtpClient>(protocol);
}
std::unique_ptr<Dialogue> ftp_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<FtpServer>(protocol, options);
}
std::unique_ptr<Dialogue> ftp_greeting(Protocol protocol) {
  return std::make_unique<GreetingReader>(protocol, judge_greeting);
}
std::unique_ptr<Screen::Impl> ftp_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<FtpScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
