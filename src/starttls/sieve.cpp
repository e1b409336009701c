// ManageSieve. RFC 5804.
#include <algorithm>

#include "starttls/dialects.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

// RFC 5804, 1.7: the greeting is the answer to CAPABILITY: lines of strings, and OK behind them.
Result<GreetingVerdict> judge_greeting(std::string_view line, GreetingLine) {
  if (line.starts_with('"')) return GreetingVerdict::goes_on;
  auto rest = line;
  const auto status = take_word(rest);
  if (same_text(status, "OK")) return GreetingVerdict::complete;
  if (same_text(status, "NO") || same_text(status, "BYE")) return GreetingVerdict::turns_away;
  return wrong_greeting(line);
}

bool is_offer(std::string_view line) { return starts_with_text(line, "\"STARTTLS\""); }

class SieveClient final : public LineDialogue {
 public:
  explicit SieveClient(Protocol protocol) : LineDialogue(protocol, Role::client, "waiting for the greeting") {}

 private:
  Result<void> on_line(const std::string& line) override {
    if (!asked_) return on_greeting(line);
    std::string_view rest = line;
    const auto status = take_word(rest);
    if (same_text(status, "OK"))
      upgrade();
    else if (same_text(status, "NO") || same_text(status, "BYE"))
      refuse(line);
    else
      return malformed(line);
    return {};
  }

  Result<void> on_greeting(const std::string& line) {
    const auto verdict = judge_greeting(line, GreetingLine::first);
    if (!verdict) return std::unexpected(verdict.error());
    if (is_offer(line)) offered_ = true;
    if (*verdict == GreetingVerdict::turns_away) refuse(line);
    if (*verdict != GreetingVerdict::complete) return {};
    if (!offered_) return fail(Code::starttls_not_offered);
    asked_ = true;
    wait_for("waiting for the answer to STARTTLS");
    send("STARTTLS\r\n");
    return {};
  }

  bool offered_ = false;
  bool asked_ = false;
};

/// Makes of a server's capabilities what it may say before TLS: no mechanism to log in with, and STARTTLS.
std::string before_tls(std::string_view greeting) {
  std::string lines;
  bool has_implementation = false;
  while (!greeting.empty()) {
    const auto end = std::min(greeting.find('\n'), greeting.size() - 1) + 1;
    const auto line = greeting.substr(0, end);
    greeting.remove_prefix(end);
    if (!line.starts_with('"') || is_offer(line) || starts_with_text(line, "\"SASL\"")) continue;
    has_implementation = has_implementation || starts_with_text(line, "\"IMPLEMENTATION\"");
    lines += line;
  }
  if (!has_implementation) lines += "\"IMPLEMENTATION\" \"sotto\"\r\n\"SIEVE\" \"\"\r\n";
  return lines + "\"SASL\" \"\"\r\n\"STARTTLS\"\r\nOK \"Before TLS.\"\r\n";
}

class SieveServer final : public LineDialogue {
 public:
  SieveServer(Protocol protocol, const ServerOptions& options)
      : LineDialogue(protocol, Role::server, "waiting for STARTTLS"), capabilities_(before_tls(options.greeting)) {
    send(capabilities_);
  }

 private:
  Result<void> on_line(const std::string& line) override {
    std::string_view rest = line;
    const auto command = take_word(rest);
    // What follows such a literal without waiting would be read as commands.
    if (line.ends_with("+}")) return fail(Code::starttls_malformed, "a literal that does not wait");
    if (same_text(command, "STARTTLS") && rest.empty()) {
      send("OK \"Begin TLS negotiation now.\"\r\n");
      upgrade();
    } else if (same_text(command, "CAPABILITY")) {
      send(capabilities_);
    } else if (same_text(command, "NOOP")) {
      send("OK \"Nothing done.\"\r\n");
    } else if (same_text(command, "LOGOUT")) {
      send("OK \"Bye.\"\r\n");
      refuse("the client said LOGOUT");
    } else {
      send("NO (ENCRYPT-NEEDED) \"STARTTLS first.\"\r\n");
    }
    return {};
  }

  std::string capabilities_;
};

/// Takes STARTTLS out of the capabilities until the client is logged in.
class SieveScreen final : public LineScreen {
  void on_client_line(std::string_view line) override {
    client_.let_pass(literal_length(line));
    const auto command = take_word(line);
    if (same_text(command, "AUTHENTICATE")) logging_in_ = true;
  }

  std::string on_server_line(std::string line) override {
    const auto text = without_end(line);
    server_.let_pass(literal_length(text));
    if (is_offer(text)) return {};
    auto rest = text;
    const auto status = take_word(rest);
    if (logging_in_ && same_text(status, "OK")) finish();
    if (same_text(status, "NO")) logging_in_ = false;
    return line;
  }

  bool logging_in_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> sieve_client(Protocol protocol, std::string_view) {
  return std::make_unique<SieveClient>(protocol);
}
std::unique_ptr<Dialogue> sieve_server(Protocol protocol, const ServerOptions& options) {
  return std::make_unique<SieveServer>(protocol, options);
}
std::unique_ptr<Dialogue> sieve_greeting(Protocol protocol) {
  return std::make_unique<GreetingReader>(protocol, judge_greeting);
}
std::unique_ptr<Screen::Impl> sieve_screen(Screen::Tls tls) {
  return tls != Screen::Tls::with_server ? std::make_unique<SieveScreen>() : nullptr;
}

}  // namespace sotto::inline v0::starttls::detail
