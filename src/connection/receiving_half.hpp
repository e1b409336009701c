/// \file
/// What is needed to receive: the present keys, their updates, the counters against floods, and what comes after the
/// handshake. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <sotto/connection.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "connection/alerts.hpp"
#include "handshake/message_queue.hpp"
#include "handshake/outcome.hpp"
#include "handshake/outside.hpp"
#include "keys/schedule13.hpp"
#include "record/protection.hpp"
#include "record/protection12.hpp"
#include "record/protection12_cbc.hpp"
#include "record/record.hpp"

namespace sotto::connection {

/// What a client keeps to turn tickets into sessions. RFC 8446, 4.6.1.
struct TicketTaker {
  std::shared_ptr<const ClientConfig> config;
  crypto::HashSecret resumption_secret;
  CipherSuite cipher_suite{};
  std::string server_name;
  std::string application_protocol;
  std::string authenticated;
  std::chrono::system_clock::time_point session_began;
  Bytes own_identity;
  std::shared_ptr<const session::Evidence> evidence;
  std::uint16_t max_fragment_length = 0;
  std::uint16_t sent_record_limit = 0;
  bool server_is_authenticated = false;
  std::size_t taken = 0;
};

/// Names what a TLS 1.3 peer may send after the handshake to authenticate a client. RFC 8446, 4.6.2.
enum class PostHandshake : std::uint8_t { no_authentication, certificate_request, certificate };

class ReceivingHalf {
 public:
  /// `limits` and `trace` outlive this object.
  ReceivingHalf(const Limits& limits, std::shared_ptr<Trace> trace) : limits_(&limits), trace_(std::move(trace)) {}

  // ---- the handshake ----

  /// Expects what follows to be protected.
  [[nodiscard]] Result<void> install(keys::TrafficSecret secret);
  [[nodiscard]] Result<void> install(const keys::DirectionKeys& keys);
  /// The same for early data, which no limit binds that is agreed on later. One that was agreed on earlier is for the
  /// client to keep to; many do not remember it.
  [[nodiscard]] Result<void> install_early(keys::TrafficSecret secret);
  [[nodiscard]] record::Protection protection() const {
    // Early data that is skipped is protected, by keys that are not here.
    if (std::holds_alternative<std::monostate>(opener_))
      return early_data_left_ ? record::Protection::aead : record::Protection::none;
    return is_tls12() ? record::Protection::aead12 : record::Protection::aead;
  }
  /// Limits the records under the keys to come, and those under the present ones if they are of TLS 1.3.
  void limit(const handshake::RecordLimits& limits);
  /// Looks for a record at the front of `input`, which must not be longer than the keys and limits allow.
  [[nodiscard]] Result<record::Deframed> deframe(MutableView input) const {
    // Early data that is skipped was sent before anything could be agreed on.
    return record::deframe(input, protection(), early_data_left_ ? record::max_plaintext : record_octets_);
  }
  /// Opens `record` where keys are installed, and counts what could be a flood; nothing for a record that is skipped.
  [[nodiscard]] Result<std::optional<record::Opened>> open(const record::Record& record);
  /// Drops application data that does not open, up to the limit, until a record opens. RFC 8446, 4.2.10.
  void skip_early_data() { early_data_left_ = limits_->skipped_early_data; }
  void stop_skipping_early_data() { early_data_left_.reset(); }
  /// Drops a change_cipher_spec record of middlebox compatibility mode. RFC 8446, 5.
  [[nodiscard]] Result<void> drop_change_cipher_spec(const record::Record& record);
  /// Says what an alert that is no error means.
  enum class AlertMeaning : std::uint8_t { ignored, closed, renegotiation_declined };
  /// Takes an alert: its meaning, or the peer's error.
  [[nodiscard]] Result<AlertMeaning> take_alert(View content);
  /// Starts taking tickets, for clients.
  void take_tickets(std::unique_ptr<TicketTaker> taker) { tickets_ = std::move(taker); }

  /// Drops all secrets: nothing can be opened any more.
  void forget_keys() noexcept;

  // ---- established ----

  /// Takes one step: the next post-handshake message that is waiting, or records from `in` up to the first event.
  [[nodiscard]] Result<Step> step(MutableView in);
  [[nodiscard]] bool peer_has_closed() const { return peer_closed_; }
  void note_peer_closed() { peer_closed_ = true; }
  /// Names the message by which the peer may open another handshake in TLS 1.2: HelloRequest for a client, ClientHello
  /// for a server. Unless it is `taken`, it is refused.
  void recognise_openings(wire::HandshakeType type, bool taken) {
    opening_type_ = type;
    takes_openings_ = taken;
  }
  void refuse_openings() {
    takes_openings_ = false;
    later_ = PostHandshake::no_authentication;
  }
  /// Hands over such messages of TLS 1.3 in the same way.
  void expect_later(PostHandshake later) { later_ = later; }
  /// Notes what a client answered to the request for its certificate, to explain an alert that may follow.
  void note_certificate_answer(handshake::CertificateAnswer answer) { certificate_answer_ = std::move(answer); }
  /// Notes who the client is from now on, for the tickets to come.
  void note_own_identity(Bytes identity) {
    if (tickets_) tickets_->own_identity = std::move(identity);
  }
  /// Returns the present secret of TLS 1.3.
  [[nodiscard]] const keys::TrafficSecret& secret() const { return secret_; }
  /// Returns, once, the message that opens another handshake; empty if there is none. After it `step` waits.
  [[nodiscard]] Bytes take_opening() { return std::exchange(opening_, {}); }
  /// Traces a handshake message that no handshake will trace.
  void tell(View raw) const;
  /// Reports the peer's refusal to renegotiate from now on, once.
  void await_renegotiation() { awaits_renegotiation_ = true; }
  void stop_awaiting_renegotiation() { awaits_renegotiation_ = false; }
  [[nodiscard]] bool awaits_renegotiation() const { return awaits_renegotiation_; }
  /// Says, once, that the peer asked to renegotiate and is due the warning no_renegotiation. RFC 5246, 7.4.1.1.
  [[nodiscard]] bool take_refused_request() { return std::exchange(request_refused_, false); }

 private:
  /// Takes the content of one record; nothing if it leads to no event.
  [[nodiscard]] Result<std::optional<Event>> take(const record::Opened& opened);
  /// Opens a protected record, or skips it; nothing then.
  [[nodiscard]] Result<std::optional<record::Opened>> open_protected(const record::Record& record);
  [[nodiscard]] Result<std::optional<record::Opened>> skip(const record::Record& record);
  [[nodiscard]] Result<std::optional<Event>> take_data(MutableView content);
  /// Takes the next waiting handshake message.
  [[nodiscard]] Result<std::optional<Event>> next_message();
  [[nodiscard]] Result<std::optional<Event>> take_ticket(View raw);
  [[nodiscard]] Result<Event> take_key_update(View raw);
  /// Takes a handshake message of TLS 1.2, which can only be the wish to renegotiate.
  [[nodiscard]] Result<void> take_renegotiation(View raw);
  [[nodiscard]] Result<void> count_warning();
  [[nodiscard]] bool is_expected_later(wire::HandshakeType type) const;
  /// Says whether a message of this type is handed over to a handshake, which traces it.
  [[nodiscard]] bool is_told_by_handshake(wire::HandshakeType type) const;
  [[nodiscard]] std::string explain(Alert alert) const;
  [[nodiscard]] bool is_tls12() const {
    return !std::holds_alternative<std::monostate>(opener_) && !std::holds_alternative<record::Opener>(opener_);
  }

  const Limits* limits_;
  std::shared_ptr<Trace> trace_;
  std::variant<std::monostate, record::Opener, record::Opener12, record::CbcOpener> opener_;
  keys::TrafficSecret secret_;
  handshake::MessageQueue queue_;
  std::unique_ptr<TicketTaker> tickets_;
  std::optional<std::size_t> early_data_left_;              // while early data is skipped
  std::size_t record_octets_ = record::max_plaintext;       // what we take
  std::size_t next_record_octets_ = record::max_plaintext;  // under the keys to come
  std::uint32_t empty_records_ = 0;
  std::uint32_t warning_alerts_ = 0;
  std::uint32_t key_updates_ = 0;
  bool opened_any_ = false;
  bool early_keys_ = false;
  wire::HandshakeType opening_type_{};
  Bytes opening_;
  bool takes_openings_ = false;
  bool awaits_renegotiation_ = false;
  bool request_refused_ = false;
  PostHandshake later_ = PostHandshake::no_authentication;
  handshake::CertificateAnswer certificate_answer_;
  bool peer_closed_ = false;
};

}  // namespace sotto::connection
