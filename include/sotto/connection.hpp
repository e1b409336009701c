/// \file
/// One TLS connection without sockets: bytes in, bytes and events out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <sotto/buffer.hpp>
#include <sotto/certificate.hpp>
#include <sotto/client.hpp>
#include <sotto/early_data.hpp>
#include <sotto/error.hpp>
#include <sotto/export.hpp>
#include <sotto/policy.hpp>
#include <sotto/question.hpp>
#include <sotto/server.hpp>
#include <sotto/trace.hpp>
#include <sotto/verifier.hpp>

namespace sotto::inline v0 {

/// Tells that a Certificate message went compressed, and what that saved. RFC 8879.
struct SOTTO_API CompressedForm {
  CertificateCompression algorithm{};
  std::size_t octets = 0;             ///< of the message itself
  std::size_t compressed_octets = 0;  ///< of what went over the wire instead
  /// Returns all of it in words: "with zstd, 2412 to 1634 octets".
  [[nodiscard]] std::string in_words() const;
};

/// Says what a handshake agreed on and who was authenticated.
struct SOTTO_API Summary {
  ProtocolVersion version = ProtocolVersion::tls13;
  CipherSuite cipher_suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  std::optional<NamedGroup> group;                         ///< absent only where no key agreement took place
  std::optional<SignatureScheme> signature_scheme;         ///< what the server proved itself with; absent on resumption
  std::optional<SignatureScheme> client_signature_scheme;  ///< the same of a client that showed a certificate
  std::string application_protocol;                        ///< by ALPN; empty if none
  std::string server_name;                                 ///< the name the client asked for; empty if none
  bool resumed = false;
  bool hello_retried = false;
  /// The peer's chain, end entity first; empty if it showed none. Resumed: at a server the client's own, else empty.
  CertificateChain peer_chain;
  /// How the peer was authenticated, in words; empty for a client without a certificate.
  std::string peer_authenticated;
  /// What the server sent with its certificate because it was asked to: see `VerifyRequest`.
  std::vector<std::byte> ocsp_response;
  std::vector<std::byte> sct_list;
  /// How the peer's certificate came, and how ours went, where they were compressed.
  std::optional<CompressedForm> peer_certificate_compressed;
  std::optional<CompressedForm> own_certificate_compressed;
  /// Octets of content that one record may have, as agreed on: those we send, and those we take. RFC 8449; RFC 6066, 4.
  std::size_t sent_record_limit = 16384;
  std::size_t received_record_limit = 16384;
  /// How often a TLS 1.2 connection was negotiated anew; the rest tells of the last time.
  unsigned renegotiations = 0;

  /// Returns how the keys were agreed on, in words: "ECDHE with x25519", "RSA", "the resumed session".
  [[nodiscard]] std::string key_exchange() const;
  /// The identity of the external pre-shared key that both sides used in place of certificates; empty if none.
  std::string external_psk;
  /// What became of early data, and why.
  EarlyDataStatus early_data = EarlyDataStatus::not_offered;
  EarlyDataReason early_data_reason = EarlyDataReason::unknown;
  /// At a server that resumed a session of TLS 1.3: by how much its age, as the client told it, was off; positive for a
  /// ClientHello that took its time, or a client whose clock is slow.
  std::chrono::milliseconds ticket_age_skew{};
};

/// More input is needed before anything can happen. `at_least`: how many octets the input must hold in all, 1 or more.
struct NeedInput {
  std::size_t at_least = 1;
};
/// A question is open: nothing is consumed until it is answered.
struct AwaitingAnswer {};
/// The handshake is complete in both directions; `Connection::summary()` tells the result.
struct HandshakeDone {};
/// Application data: a view into the input, in place; valid until the input changes.
struct ApplicationData {
  std::span<std::byte> bytes;
};
/// It is known what becomes of the early data that the client offered. A client that wrote early data which was
/// rejected writes it again once the handshake is done, if it still wants to. The summary is complete as far as the
/// hellos go.
struct EarlyDataAnswered {
  EarlyDataStatus status = EarlyDataStatus::rejected;
  EarlyDataReason reason = EarlyDataReason::unknown;
};
/// Early data, for servers: a view like `ApplicationData`, but an attacker may have sent it before, and the client has
/// not proven anything but that it once had the ticket. A server may `write` from here on, before the handshake is
/// done.
struct EarlyData {
  std::span<std::byte> bytes;
};
/// A client got a ticket and put a session into its store.
struct SessionStored {};
/// The peer updated its sending keys; if `reply_pending`, ours are updated before the next write.
struct KeysUpdated {
  bool reply_pending = false;
};
/// A renegotiation is complete in both directions; `Connection::summary()` tells the new result.
struct Renegotiated {};
/// The peer declined to renegotiate; the connection goes on as it was.
struct RenegotiationRefused {};
/// A request for the client's certificate after the handshake was answered, in TLS 1.3; at the server
/// `Connection::summary()` tells who the client is, if it is anybody.
struct ClientAuthenticated {};
/// The peer sent close_notify: no more data will come. Ours may still be written.
struct PeerClosed {};

using Event =
    std::variant<NeedInput, AwaitingAnswer, HandshakeDone, ApplicationData, SessionStored, KeysUpdated, Renegotiated,
                 RenegotiationRefused, PeerClosed, Question, EarlyDataAnswered, EarlyData, ClientAuthenticated>;

/// What one call of `receive` did: how many octets of the input it used up, and one event.
struct Step {
  std::size_t consumed = 0;
  Event event;
};

/// Names a channel binding, by which an application protocol ties its authentication to this connection (SCRAM-PLUS).
/// Source: the IANA registry of channel binding types.
enum class ChannelBinding : std::uint8_t {
  /// Key material exported under a label of its own; 32 octets. TLS 1.3, and TLS 1.2 with an extended master secret.
  /// RFC
  /// 9266.
  tls_exporter,
  /// The first Finished message of the latest handshake; 12 octets. TLS 1.2 with an extended master secret alone, for
  /// without it somebody between the two can make both sides the same (RFC 7627, 1). RFC 5929, 3.
  tls_unique,
  /// The hash of the server's certificate. It tells the server, not the connection. RFC 5929, 4.
  tls_server_end_point,
};

class Sender;
class Receiver;

/// Settings of a single connection.
struct ConnectionOptions {
  std::shared_ptr<Trace> trace = {};  ///< told what is said, in order; may be null
  EarlyDataUse early_data = EarlyDataUse::forbidden;
};

/// Runs one TLS connection, client or server. The caller moves the bytes.
///
/// Call `receive` with all the input there is until it says `NeedInput` or `AwaitingAnswer`, dropping `consumed` octets
/// from the front each time, and send whatever stands in `out` after each call. Records are opened in place in the
/// caller's input; an established connection holds no buffers.
/// Errors are final, but for those of calls at the wrong time (`Origin::caller`): the alert is already in `out`, every
/// later call returns the same error, and the keys are gone.
/// Thread-safety: one thread at a time; after `split`, one thread for each half.
class SOTTO_API Connection {
 public:
  /// Starts a client and writes its ClientHello to `out`. `Code::invalid_server_name` for an unusable name.
  static Result<Connection> client(std::shared_ptr<const ClientConfig> config, const ServerName& name, Buffer& out,
                                   ConnectionOptions options = {});
  /// Starts a server, which waits for a ClientHello.
  static Result<Connection> server(std::shared_ptr<const ServerConfig> config, ConnectionOptions options = {});
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Takes one step: consumes at most one record from `in` and reports at most one event. `in` may be empty, to fetch
  /// what became possible by an answer. On error the alert that belongs to it is in `out`.
  [[nodiscard]] Result<Step> receive(std::span<std::byte> in, Buffer& out);
  /// Tells that the transport ended. Returns `Code::truncated` unless the peer had said close_notify.
  [[nodiscard]] Result<void> end_of_input();
  /// Answers the open question. `no_such_question` for any other `id`, `wrong_answer` for an answer of the wrong kind;
  /// both leave the connection as it was. Other errors end the handshake. Call `receive` afterwards, with an empty
  /// input if need be.
  [[nodiscard]] Result<void> answer(QuestionId id, Answer answer, Buffer& out);

  /// Appends `data` to `out` as records. `Code::wrong_state` before the handshake is done (a server that accepted early
  /// data may write as soon as that is known: RFC 8446, 2, "0.5-RTT"), `Code::closed` after `close`. While a
  /// renegotiation is under way the data is kept, up to `Limits::held_data`, beyond which `Code::wrong_state`. Keys are
  /// updated by themselves before their usage limit (RFC 8446, 5.5).
  [[nodiscard]] Result<void> write(std::span<const std::byte> data, Buffer& out);
  /// Says how many octets `write_early` takes now: 0 unless this is a client that offered early data, which was not
  /// rejected, and the handshake still runs.
  [[nodiscard]] std::size_t early_data_limit() const;
  /// Appends `data` to `out` as early data, right behind the ClientHello; an attacker may replay it. All or nothing:
  /// `Code::early_data_unavailable` where none can be sent, `Code::early_data_too_long` for more than
  /// `early_data_limit()`; both leave the connection as it was. Whether it was accepted is told by
  /// `EarlyDataAnswered` and by the summary.
  [[nodiscard]] Result<void> write_early(ReplayableData data, Buffer& out);
  /// Appends close_notify to `out`, once. The peer may still send. Before the handshake is done (or a server may write
  /// early data's answer) it cancels it with user_canceled, and every later call returns `Code::closed`.
  [[nodiscard]] Result<void> close(Buffer& out);
  /// Ends the connection for a reason of the application's: appends the fatal `alert` to `out`. Nothing can be written
  /// or received any more: `Code::closed`. RFC 8446, 6.2.
  [[nodiscard]] Result<void> abort(Alert alert, Buffer& out);
  /// Updates our sending keys and, if `peer_too`, asks the peer to update its own. RFC 8446, 4.6.3.
  enum class UpdateKeys : std::uint8_t { ours, both };
  [[nodiscard]] Result<void> update_keys(UpdateKeys which, Buffer& out);

  /// Negotiates an open TLS 1.2 connection anew, where the policy allows it: fresh keys, and the chance for a server to
  /// ask for the client's certificate. A client sends its ClientHello, a server asks for one. `receive` reports
  /// `Renegotiated` or `RenegotiationRefused`. Meanwhile data keeps coming in, and `write` keeps data back until the
  /// new keys are there. The peer stays who it was: another certificate is `peer_certificate_changed`.
  /// `Code::wrong_state` where it cannot be done: before the handshake is complete, in TLS 1.3, with HTTP/2, by policy,
  /// with a peer that knows no secure renegotiation, or while one is under way. RFC 5246, 7.4.1.1; RFC 5746.
  [[nodiscard]] Result<void> renegotiate(Buffer& out);
  /// Asks the client for its certificate on an open connection, after it told what it wants: in TLS 1.3 of a client
  /// that offers it (`post_handshake_authentication`), by renegotiation in TLS 1.2. The server's configuration must
  /// have a verifier for clients (`ClientAuth::on_request`). `mode`: `optional` or `required`. In TLS 1.3 data flows
  /// both ways meanwhile, and `receive` reports `ClientAuthenticated`; in TLS 1.2 all is as with `renegotiate`. RFC
  /// 8446, 4.6.2.
  [[nodiscard]] Result<void> request_client_certificate(ClientAuth mode, Buffer& out);
  /// Says whether a renegotiation is under way, during which `write` keeps data back.
  [[nodiscard]] bool is_renegotiating() const;

  /// Says whether the handshake is complete: application data may be written.
  [[nodiscard]] bool is_established() const;
  /// Says whether the peer has sent close_notify.
  [[nodiscard]] bool peer_has_closed() const;
  /// Returns what was agreed on. Complete once `HandshakeDone` was reported; valid as long as the connection, or until
  /// `forget_summary`.
  [[nodiscard]] const Summary& summary() const;
  /// Frees the summary, the peer's chain with it, for connections that idle by the thousand. Does nothing before the
  /// handshake is done.
  void forget_summary();

  /// Derives key material bound to this connection: fills all of `out`. `context`: absent for none, which TLS 1.2 tells
  /// from an empty one and TLS 1.3 does not. RFC 8446, 7.5; RFC 5705, 4.
  [[nodiscard]] Result<void> export_keying_material(std::string_view label,
                                                    std::optional<std::span<const std::byte>> context,
                                                    std::span<std::byte> out) const;
  /// Derives key material bound to the ClientHello that offered early data, while the handshake runs; an attacker who
  /// replays the ClientHello makes a server derive it again. RFC 8446, 7.5.
  [[nodiscard]] Result<void> export_early_keying_material(std::string_view label, std::span<const std::byte> context,
                                                          std::span<std::byte> out) const;
  /// Returns the channel binding of that type, the same on both sides. `Code::wrong_state` where there is none: before
  /// the handshake is done, in a version without it, and for `tls_server_end_point` on a resumed connection, where the
  /// server showed no certificate, after a client's `forget_summary`, and with a certificate that is signed without a
  /// hash function, as by Ed25519 (RFC 5929, 4.1).
  [[nodiscard]] Result<std::vector<std::byte>> channel_binding(
      ChannelBinding type = ChannelBinding::tls_exporter) const;

  /// Splits an established connection into two halves that two threads may use at once. `Code::wrong_state` before.
  [[nodiscard]] Result<std::pair<Sender, Receiver>> split() &&;

  struct Impl;

 private:
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The sending half of a split connection; same contract as `Connection`. Once the receiving half has failed, all that
/// is sent is the alert it owes: `Code::closed`.
class SOTTO_API Sender {
 public:
  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;
  ~Sender();
  [[nodiscard]] Result<void> write(std::span<const std::byte> data, Buffer& out);
  [[nodiscard]] Result<void> close(Buffer& out);
  [[nodiscard]] Result<void> update_keys(Connection::UpdateKeys which, Buffer& out);
  /// Writes what the receiving half owes the peer, a KeyUpdate or an alert, to `out`. `write` does so by itself.
  [[nodiscard]] Result<void> flush(Buffer& out);

 private:
  friend class Connection;
  struct Impl;
  explicit Sender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The receiving half of a split connection. What it owes the peer is sent by the other half's `flush` or next `write`.
class SOTTO_API Receiver {
 public:
  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();
  [[nodiscard]] Result<Step> receive(std::span<std::byte> in);
  [[nodiscard]] Result<void> end_of_input();

 private:
  friend class Connection;
  struct Impl;
  explicit Receiver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::inline v0
