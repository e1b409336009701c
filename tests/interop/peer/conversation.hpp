// One connection of sotto_peer from its first byte to its last.
#pragma once

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <sotto/buffer.hpp>
#include <sotto/connection.hpp>
#include <sotto/credential.hpp>
#include <sotto/trace.hpp>
#include <sotto/verifier.hpp>

#include "options.hpp"
#include "transport.hpp"

namespace peer {

// Prints one line of JSON and makes sure it is seen at once.
void report(const nlohmann::json& line);

// What questions are answered with where they are answered late.
struct Answers {
  std::vector<sotto::Credential> credentials;
  std::shared_ptr<const sotto::Verifier> verifier;
};

// Keeps the names of what was said.
class Transcript : public sotto::Trace {
 public:
  void on(const sotto::TraceEvent& event) override;
  [[nodiscard]] const std::vector<std::string>& sent() const { return sent_; }
  [[nodiscard]] const std::vector<std::string>& received() const { return received_; }

 private:
  std::vector<std::string> sent_;
  std::vector<std::string> received_;
};

class Conversation {
 public:
  Conversation(Socket socket, sotto::Connection connection, sotto::Buffer out, std::shared_ptr<Transcript> transcript,
               const Options& options, const Answers& answers);

  // Runs the handshake and the actions, and reports both. Returns whether all went as the actions say.
  bool run();

 private:
  sotto::Result<void> shake_hands();
  sotto::Result<void> act(const Action& action);
  sotto::Result<void> send_file(const std::string& file);
  // Moves bytes and takes events until `done()`.
  sotto::Result<void> continue_until(const std::function<bool()>& done);
  // Takes one step; returns whether there was nothing to do without the peer or an answer.
  sotto::Result<bool> take_step();
  sotto::Result<void> take(const sotto::Event& event);
  sotto::Result<void> flush();
  sotto::Result<void> answer_question();
  // Reports what was agreed on, as the event of that name.
  void report_agreement(std::string_view event);
  void report_end(const sotto::Result<void>& result);

  Socket socket_;
  sotto::Connection connection_;
  sotto::Buffer out_;
  sotto::Buffer in_;
  std::shared_ptr<Transcript> transcript_;
  const Options& options_;
  const Answers& answers_;
  std::ofstream received_file_;
  std::optional<sotto::Question> question_;
  std::size_t received_ = 0;
  std::string early_received_;
  std::size_t sessions_ = 0;
  std::size_t updates_ = 0;
  std::size_t renegotiations_ = 0;
  bool established_ = false;
  bool echoing_ = false;
  bool peer_closed_ = false;
  bool at_end_ = false;
  bool cut_ = false;
};

}  // namespace peer
