/// \file
/// The engine of a connection: both halves, and the handshake while it lasts.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include <sotto/connection.hpp>

#include "connection/receiving_half.hpp"
#include "connection/sending_half.hpp"
#include "handshake/handshake.hpp"
#include "handshake/outside.hpp"

namespace sotto {

struct Connection::Impl final : handshake::Outside {
  using ClientConfigPointer = std::shared_ptr<const ClientConfig>;
  using ServerConfigPointer = std::shared_ptr<const ServerConfig>;

  Impl(ClientConfigPointer used, const ServerName& name, const ConnectionOptions& options);
  Impl(ServerConfigPointer used, const ConnectionOptions& options);

  // ---- what Connection offers ----
  [[nodiscard]] Result<void> start(Buffer& out);
  [[nodiscard]] Result<Step> receive(MutableView in, Buffer& out);
  [[nodiscard]] Result<void> end_of_input();
  [[nodiscard]] Result<void> answer(QuestionId id, Answer answer, Buffer& out);
  [[nodiscard]] Result<void> write(View data, Buffer& out);
  [[nodiscard]] Result<void> close(Buffer& out);
  [[nodiscard]] Result<void> update_keys(UpdateKeys which, Buffer& out);
  [[nodiscard]] Result<void> export_keying_material(std::string_view label, std::optional<View> context,
                                                    MutableView out) const;

  // ---- Outside, for the handshake ----
  Result<void> send_handshake(View message) override;
  Result<void> send_change_cipher_spec() override;
  Result<void> install_sending_keys(handshake::Epoch epoch, keys::TrafficSecret secret) override;
  Result<void> install_receiving_keys(handshake::Epoch epoch, keys::TrafficSecret secret) override;
  Result<void> install_sending_keys(keys::DirectionKeys keys) override;
  Result<void> install_receiving_keys(keys::DirectionKeys keys) override;
  void limit_records(const handshake::RecordLimits& limits) override;
  void skip_early_data() override { receiving.skip_early_data(); }

  // ---- state ----
  std::variant<ClientConfigPointer, ServerConfigPointer> config;
  std::shared_ptr<Trace> trace;
  connection::SendingHalf sending;
  connection::ReceivingHalf receiving;
  std::unique_ptr<handshake::Handshake> handshake;  // null once it is done
  std::unique_ptr<Summary> summary;
  keys::Exporter exporter;
  std::optional<Error> error;  // final
  Buffer* output = nullptr;    // that of the call in progress
  std::uint64_t questions = 0;
  bool question_announced = false;
  bool done_unreported = false;
  bool heard_hello = false;

 private:
  [[nodiscard]] Result<Step> receive_handshake(MutableView in);
  [[nodiscard]] Result<void> take_handshake_record(const record::Record& record);
  [[nodiscard]] Result<void> take_change_cipher_spec(const record::Record& record);
  /// Runs the handshake and answers what can be answered here; returns a question for the caller, if one is new.
  [[nodiscard]] Result<std::optional<Question>> advance();
  [[nodiscard]] Result<std::optional<Question>> run_handshake();
  void finish_handshake();
  [[nodiscard]] std::optional<Answer> resolve_here(const handshake::QuestionVariant& question) const;
  /// Makes `seen` final and tells the peer.
  Error give_up(Error seen, Buffer& out);
  void tell_keys(Direction direction, handshake::Epoch epoch) const;
};

}  // namespace sotto
