/// \file
/// The engine of a connection: both halves, and the handshake while it lasts.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

#include <sotto/connection.hpp>

#include "base/contain.hpp"
#include "connection/authentication.hpp"
#include "connection/receiving_half.hpp"
#include "connection/renegotiation.hpp"
#include "connection/sending_half.hpp"
#include "handshake/handshake.hpp"
#include "handshake/outside.hpp"

namespace sotto {

/// What a connection keeps for early data, from the hellos to the end of the handshake.
struct EarlyDataInFlight {
  std::size_t left = 0;  ///< octets that a client may still write, or send to a server
  keys::Exporter exporter;
};

struct Connection::Impl final : handshake::Outside {
  using ClientConfigPointer = std::shared_ptr<const ClientConfig>;
  using ServerConfigPointer = std::shared_ptr<const ServerConfig>;

  Impl(ClientConfigPointer used, const ServerName& name, const ConnectionOptions& options);
  Impl(ServerConfigPointer used, const ConnectionOptions& options);

  /// Runs `call`, one of those below, and makes what it throws the end of this connection. `out`: where the alert goes.
  template <class Call>
  [[nodiscard]] auto contained(Buffer* out, const Call& call) noexcept -> std::invoke_result_t<const Call&> {
    try {
      return call();
    } catch (...) {
      return std::unexpected(break_off(error_of_exception(), out));
    }
  }

  // ---- what Connection offers ----
  [[nodiscard]] Result<void> start(Buffer& out);
  [[nodiscard]] Result<Step> receive(MutableView in, Buffer& out);
  [[nodiscard]] Result<void> end_of_input();
  [[nodiscard]] Result<void> answer(QuestionId id, Answer answer, Buffer& out);
  [[nodiscard]] Result<void> write(View data, Buffer& out);
  [[nodiscard]] std::size_t early_data_limit() const;
  [[nodiscard]] Result<void> write_early(View data, Buffer& out);
  [[nodiscard]] Result<void> close(Buffer& out);
  [[nodiscard]] Result<void> abort(Alert alert, Buffer& out);
  [[nodiscard]] Result<void> update_keys(UpdateKeys which, Buffer& out);
  [[nodiscard]] Result<void> renegotiate(Buffer& out);
  [[nodiscard]] Result<void> request_client_certificate(ClientAuth mode, Buffer& out);
  [[nodiscard]] bool is_renegotiating() const { return established && handshake && !is_authenticating(); }
  [[nodiscard]] bool is_authenticating() const { return authentication && authentication->under_way; }
  [[nodiscard]] Result<void> export_keying_material(std::string_view label, std::optional<View> context,
                                                    MutableView out) const;
  [[nodiscard]] Result<void> export_early_keying_material(std::string_view label, View context, MutableView out) const;

  [[nodiscard]] Result<std::vector<std::byte>> channel_binding(ChannelBinding type) const;

  // ---- Outside, for the handshake ----
  Result<void> send_handshake(View message) override;
  Result<void> send_compatibility_change_cipher_spec() override;
  Result<void> send_change_cipher_spec() override;
  Result<void> install_sending_keys(handshake::Epoch epoch, keys::TrafficSecret secret) override;
  Result<void> install_receiving_keys(handshake::Epoch epoch, keys::TrafficSecret secret) override;
  Result<void> install_sending_keys(keys::DirectionKeys keys) override;
  Result<void> install_receiving_keys(keys::DirectionKeys keys) override;
  void limit_records(const handshake::RecordLimits& limits) override;
  [[nodiscard]] keys::TrafficSecret sending_secret() const override { return sending.secret().clone(); }
  [[nodiscard]] keys::TrafficSecret receiving_secret() const override { return receiving.secret().clone(); }
  void skip_early_data() override { receiving.skip_early_data(); }
  void stop_skipping_early_data() override { receiving.stop_skipping_early_data(); }
  void remove_sending_keys() override { sending.remove_keys(); }
  void begin_early_data(std::size_t octets, keys::Exporter13 early_exporter) override;
  void answer_early_data(EarlyDataStatus status) override;

  // ---- state ----
  std::variant<ClientConfigPointer, ServerConfigPointer> config;
  std::shared_ptr<Trace> trace;
  connection::SendingHalf sending;
  connection::ReceivingHalf receiving;
  std::unique_ptr<handshake::Handshake> handshake;  // null once it is done, until a renegotiation
  /// Null where no renegotiation is possible.
  std::unique_ptr<connection::Renegotiation> renegotiation;
  std::unique_ptr<Summary> summary;
  keys::Exporter exporter;
  handshake::StoredSessionName stored_session;
  std::optional<keys::VerifyData12> first_finished;  // of the latest handshake
  std::optional<Credential> credential;              // that a server showed
  std::optional<Error> error;                        // final
  Buffer* output = nullptr;                          // that of the call in progress
  std::uint64_t questions = 0;
  bool question_announced = false;
  std::optional<Event> unreported;  // that a handshake is done
  bool established = false;
  bool heard_hello = false;
  std::unique_ptr<connection::Authentication> authentication;  // null where no request can follow
  std::unique_ptr<EarlyDataInFlight> early;                    // null where there is no early data
  bool early_keys = false;                                     // a client sends, or a server receives, under them
  bool early_answer_unreported = false;
  bool may_write_early = false;  // a server that accepted early data, behind its Finished

 private:
  [[nodiscard]] bool is_client() const { return std::holds_alternative<ClientConfigPointer>(config); }
  [[nodiscard]] Result<Step> receive_handshake(MutableView in);
  /// Takes a record during a handshake; returns an event if it is one.
  [[nodiscard]] Result<std::optional<Event>> take_handshake_record(const record::Record& record);
  [[nodiscard]] Result<std::optional<Event>> take_handshake_alert(View content);
  [[nodiscard]] Result<std::optional<Event>> take_early_data(MutableView content);
  [[nodiscard]] Result<std::optional<Event>> take_interleaved_data(MutableView content);
  // ---- authentication.cpp ----
  void prepare_authentication(handshake::Outcome& outcome);
  [[nodiscard]] Result<void> request_later(ClientAuth mode, Buffer& out);
  [[nodiscard]] Result<Step> follow_request(View request, Step step, MutableView in);
  [[nodiscard]] Result<Step> receive_authentication(MutableView in);
  [[nodiscard]] Result<void> finish_authentication();

  [[nodiscard]] Result<void> take_change_cipher_spec(const record::Record& record);
  /// Runs the handshake and answers what can be answered here; returns a question for the caller, if one is new.
  [[nodiscard]] Result<std::optional<Question>> advance();
  [[nodiscard]] Result<std::optional<Question>> run_handshake();
  [[nodiscard]] Result<void> finish_handshake();
  void keep_ticket_taker(handshake::Outcome& outcome);
  /// Notes the session that this connection leaves in a store.
  void keep_session_name(handshake::StoredSessionName name);

  // ---- renegotiation (renegotiation.cpp) ----
  void prepare_renegotiation(handshake::Outcome& outcome);
  /// Says why a renegotiation cannot be started now.
  [[nodiscard]] Result<void> check_renegotiable() const;
  /// Follows the peer's wish to renegotiate, and takes the rest of `in`.
  [[nodiscard]] Result<Step> follow_opening(View opening, Step step, MutableView in);
  void start_renegotiation();
  [[nodiscard]] Result<void> send_hello_request(Buffer& out);
  /// Keeps data back until the new keys are there.
  [[nodiscard]] Result<void> hold(View data);
  /// Writes what was kept back.
  [[nodiscard]] Result<void> release_held();
  /// Goes on with the connection as it was.
  [[nodiscard]] Result<void> abandon_renegotiation();

  [[nodiscard]] std::optional<Certificate> server_certificate() const;
  /// Forgets the session that this connection left in a store. RFC 5246, 7.2.2.
  void forget_session();
  [[nodiscard]] std::optional<Answer> resolve_here(const handshake::QuestionVariant& question) const;
  /// Makes `seen` final and tells the peer.
  Error give_up(Error seen, Buffer& out);
  /// Gives up where `done` is a failure; a call that came at the wrong time leaves all as it was.
  [[nodiscard]] Result<void> unless_misused(Result<void> done, Buffer& out);
  /// Makes `thrown` final unless an error is, at any point and with no memory at all; tells the peer if that can be
  /// done.
  Error break_off(Error thrown, Buffer* out) noexcept;
  /// Drops the handshake and all keys.
  void forget_secrets() noexcept;
  void keep_summary(Summary told);
  void tell_keys(Direction direction, handshake::Epoch epoch) const;
};

}  // namespace sotto
