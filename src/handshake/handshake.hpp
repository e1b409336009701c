/// \file
/// The owner of a handshake in progress: its state, its channel and the flow that runs. Gone when the handshake is
/// done.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include <sotto/verifier.hpp>

#include "handshake/channel.hpp"
#include "handshake/client_state.hpp"
#include "handshake/flow.hpp"
#include "handshake/outcome.hpp"
#include "handshake/server_state.hpp"

namespace sotto::handshake {

/// What a server asks a client for on an open connection.
struct LaterRequest {
  keys::Transcript context;  // ClientHello to the client's Finished
  ClientAuth mode = ClientAuth::optional;
  CertificateType client_type = CertificateType::x509;
  Summary summary;
};

/// What a client answers such a request from.
struct LaterAnswer {
  keys::Transcript context;  // ClientHello to the client's Finished
  CertificateType own_type = CertificateType::x509;
};

class Handshake {
 public:
  Handshake(Outside& outside, std::shared_ptr<const ClientConfig> config, ServerName name, std::shared_ptr<Trace> trace,
            EarlyDataUse early_data = EarlyDataUse::forbidden);
  Handshake(Outside& outside, std::shared_ptr<const ServerConfig> config, std::shared_ptr<Trace> trace,
            EarlyDataUse early_data = EarlyDataUse::forbidden);

  /// Negotiates an open connection anew: `before` tells what it has to continue. `mode`: whether to ask the client for
  /// a certificate.
  Handshake(Outside& outside, std::shared_ptr<const ClientConfig> config, std::unique_ptr<const Renegotiable> before,
            std::shared_ptr<Trace> trace);
  Handshake(Outside& outside, std::shared_ptr<const ServerConfig> config, std::unique_ptr<const Renegotiable> before,
            ClientAuth mode, std::shared_ptr<Trace> trace);

  /// Authenticates the client on an open TLS 1.3 connection: answers a request, or makes one. RFC 8446, 4.6.2.
  Handshake(Outside& outside, std::shared_ptr<const ClientConfig> config, LaterAnswer later,
            std::shared_ptr<Trace> trace);
  Handshake(Outside& outside, std::shared_ptr<const ServerConfig> config, LaterRequest later,
            std::shared_ptr<Trace> trace);

  /// Takes the content of a handshake record.
  void feed(View content) { channel_.feed(content); }
  /// Returns the version, once it is decided.
  [[nodiscard]] std::optional<ProtocolVersion> version() const { return version_; }
  /// Takes a change_cipher_spec record of TLS 1.2. Call `run` afterwards.
  [[nodiscard]] Result<void> take_change_cipher_spec();
  /// Says whether octets of an incomplete message are waiting.
  [[nodiscard]] bool has_input() const { return channel_.has_input(); }
  /// Goes as far as it can: until more input is needed, a question is open, or the handshake is done.
  [[nodiscard]] Result<void> run();
  [[nodiscard]] bool has_question() const { return channel_.has_question(); }
  /// Returns a copy of the open question; there must be one.
  [[nodiscard]] QuestionVariant question() const { return channel_.question(); }
  /// Hands over an answer; `wrong_answer` leaves the question open. Call `run` afterwards.
  [[nodiscard]] Result<void> answer(Answer answer);
  /// Gives `error` the place where it happened.
  [[nodiscard]] Error locate(Error error) const { return channel_.locate(std::move(error), flow_name_); }
  [[nodiscard]] bool is_done() const { return done_; }
  /// Returns what is known so far of what the handshake will leave behind.
  [[nodiscard]] const Outcome& outcome() const;
  /// Returns what the handshake leaves behind, once.
  [[nodiscard]] Outcome take_outcome();

 private:
  void start_next_flow();
  void start_client_flow(ClientState& state);
  void start_server_flow(ServerState& state);

  std::variant<ClientState, ServerState> state_;
  Channel channel_;
  Flow flow_;
  std::string_view flow_name_;
  std::optional<ProtocolVersion> version_;  // decided by the hello flow
  bool done_ = false;
};

}  // namespace sotto::handshake
