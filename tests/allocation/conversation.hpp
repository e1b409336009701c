/// \file
/// A whole conversation between two connections that survives the failure of any call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sotto/connection.hpp>

namespace sotto::allocation {

/// One end: a connection, what is on its way to it and what it got.
struct End {
  explicit End(std::optional<Error>& first) : first_error(first) {}

  std::optional<Error>& first_error;  // of either end
  std::optional<Connection> connection;
  Buffer in;
  Buffer out;
  std::string data;
  std::string early_data;
  std::optional<Error> error;
  bool established = false;
  bool closed = false;
  unsigned renegotiated = 0;
  unsigned authenticated = 0;

  /// Keeps the error of a result, if it is one.
  template <class T>
  void note(const Result<T>& result) {
    if (result || error) return;
    error = result.error();
    if (!first_error) first_error = error;
  }
  void receive();
};

/// What is said: how both ends are set up, and what happens beside the handshake.
struct Scenario {
  std::function<ClientConfig::Builder()> client;
  std::function<ServerConfig::Builder()> server;
  EarlyDataUse early_data = EarlyDataUse::forbidden;
  /// What one side asks for on the open connection; may be empty.
  std::function<void(End& client, End& server)> then = {};
  /// Whether this is the conversation that was meant: it got as far as to use what it is named after.
  std::function<bool(const End& client, const End& server)> is_meant = [](const End&, const End&) { return true; };
};

/// Configures both ends, connects them, lets each say something, and closes.
class Conversation {
 public:
  explicit Conversation(const Scenario& scenario);

  /// What went wrong first; the other end may not be able to read the alert, or to tell that it is one.
  std::optional<Error> first_error;
  End client{first_error};
  End server{first_error};

  /// Says whether either end saw an error.
  [[nodiscard]] bool failed() const { return first_error.has_value(); }
  /// Says whether everything arrived and both ends agree on who is there and on the keys.
  [[nodiscard]] bool is_complete() const;

  static const std::string question;
  static const std::string answer;
  static const std::string early_question;

 private:
  void configure(const Scenario& scenario);
  void carry();
  bool carry_one_way(End& from, End& to);
  void write(End& end, const std::string& text);
  void close(End& end);
  void end_both();
  [[nodiscard]] bool keys_agree() const;

  std::string client_key_;
  std::string server_key_;
};

}  // namespace sotto::allocation
