/// \file
/// All that a flow can see: messages expected and sent, questions asked, the transcript. No sockets, no records.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <sotto/question.hpp>
#include <sotto/trace.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "handshake/flow.hpp"
#include "handshake/message_queue.hpp"
#include "handshake/outside.hpp"
#include "keys/transcript.hpp"
#include "wire/message.hpp"
#include "wire/messages12.hpp"

namespace sotto::handshake {

/// Holds a message as it came in. `message` and `raw` borrow until the flow waits again.
template <class M>
struct Received {
  M message;
  View raw;
};

/// Says of a message that it covers the transcript before it: CertificateVerify and Finished.
template <class M>
concept CoversTranscript = M::covers_transcript;

/// Such a message comes with `context`, the transcript hash before it.
template <CoversTranscript M>
struct Received<M> {
  M message;
  View raw;
  crypto::Digest context;
};

using QuestionVariant = decltype(Question::what);

/// Gives the type of the answer to a question.
template <class Q>
struct AnswerTo;
template <>
struct AnswerTo<ChooseCredentialQuestion> {
  using type = Credential;
};
template <>
struct AnswerTo<ChooseClientCredentialQuestion> {
  using type = std::optional<Credential>;
};
template <>
struct AnswerTo<SignQuestion> {
  using type = Signature;
};
template <>
struct AnswerTo<DecryptQuestion> {
  using type = PremasterSecret;
};
template <>
struct AnswerTo<VerifyQuestion> {
  using type = Verified;
};
/// Asks about the server of a session before that is offered: told as a `VerifyQuestion`. A refusal does not end the
/// handshake; it is the answer "nothing".
struct ReverifyQuestion : VerifyQuestion {};
template <>
struct AnswerTo<ReverifyQuestion> {
  using type = std::optional<Verified>;
};
template <>
struct AnswerTo<ReplayQuestion> {
  using type = FirstTime;
};

class Channel;

/// The one message that a flow waits for; lives in its frame.
class PendingMessage {
 public:
  /// Recognises, traces, parses and absorbs `raw`, or refuses it before the flow sees it.
  using Deliver = Result<void> (*)(PendingMessage&, Channel&, View raw);
  /// Names the legal messages: "Certificate | CertificateRequest".
  using Describe = std::string (*)();
  /// Takes a change_cipher_spec record (TLS 1.2); `unexpected_message` where it is not what is waited for.
  using TakeChangeCipherSpec = Result<void> (*)(PendingMessage&, Channel&);
  PendingMessage(Deliver take, TakeChangeCipherSpec take_change, Describe names)
      : deliver(take), change_cipher_spec(take_change), describe(names) {}
  Deliver deliver;
  TakeChangeCipherSpec change_cipher_spec;
  Describe describe;
};

/// The one question that a flow waits for; lives in its frame, as the question itself does.
class PendingQuestion {
 public:
  using Deliver = Result<void> (*)(PendingQuestion&, Answer& answer);
  using Copy = QuestionVariant (*)(const PendingQuestion&);
  /// Says what an `Error` as an answer means.
  enum class Refusal : std::uint8_t { ends_the_handshake, is_an_answer };
  PendingQuestion(Deliver take, Copy copy_question, Refusal meaning)
      : deliver(take), copy(copy_question), refusal(meaning) {}
  Deliver deliver;
  Copy copy;
  Refusal refusal;
};

template <class... M>
class ExpectOperation;
template <class M>
class ExpectOptionalOperation;
template <class Q>
class AskOperation;

class Channel {
 public:
  Channel(Outside& outside, const Limits& limits, std::shared_ptr<Trace> trace)
      : outside_(outside), limits_(limits), trace_(std::move(trace)) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // ---- for flows and steps ----

  /// Waits for one of the messages `M`; any other is `unexpected_message` and never enters the flow.
  template <class... M>
  [[nodiscard]] ExpectOperation<M...> expect() {
    return ExpectOperation<M...>(*this);
  }
  /// Waits for a message that may be left out; nothing if another one comes, which is then the next.
  template <class M>
  [[nodiscard]] ExpectOptionalOperation<M> expect_optional() {
    return ExpectOptionalOperation<M>(*this);
  }
  /// Waits for the answer to `question`, which may come at once or much later. The question stays the flow's.
  template <class Q>
  [[nodiscard]] AskOperation<Q> ask(const Q& question) {
    return AskOperation<Q>(*this, question);
  }
  /// Sends `message` and absorbs it.
  template <class M>
  [[nodiscard]] Result<void> send(const M& message) {
    Bytes raw;
    if (auto encoded = wire::encode_message(message, raw); !encoded) return encoded;
    return send_encoded(raw);
  }
  /// Sends a message that is encoded already, and absorbs it.
  [[nodiscard]] Result<void> send_encoded(View raw);
  /// Sends a message that is not part of the handshake's transcript.
  template <class M>
  [[nodiscard]] Result<void> send_after_handshake(const M& message) {
    Bytes raw;
    if (auto encoded = wire::encode_message(message, raw); !encoded) return encoded;
    tell(Direction::sent, raw);
    return outside_.send_handshake(raw);
  }
  [[nodiscard]] keys::Transcript& transcript() { return transcript_; }
  [[nodiscard]] Outside& outside() { return outside_; }

  /// Writes secrets to `log` from now on, under `client_random`.
  void log_secrets_to(std::shared_ptr<danger::KeyLog> log, View client_random);
  void log_secret(std::string_view label, View secret) const;

  // ---- for the owner of the flow ----

  /// Takes the content of a handshake record.
  void feed(View content) { queue_.feed(content); }
  /// Takes a change_cipher_spec record, where the version is one that gives it a meaning.
  [[nodiscard]] Result<void> take_change_cipher_spec();
  /// Says whether handshake octets are waiting that no message used up.
  [[nodiscard]] bool has_input() const { return !queue_.empty(); }
  /// Makes ready for another flow on the same channel.
  void start_flow() { resume_ = true; }
  /// Drops HelloRequest messages from now on, as many as warnings are allowed: a server's may cross the hello by which
  /// a client negotiates anew. RFC 5246, 7.4.1.1. In a first handshake no server has a use for one.
  void ignore_hello_requests() { ignores_hello_requests_ = true; }
  /// Runs `flow` until it needs more input, waits for an answer or ends. On an error, send its alert and drop the flow.
  [[nodiscard]] Result<void> pump(Flow& flow, std::string_view name);
  [[nodiscard]] bool has_question() const { return question_ != nullptr; }
  /// Returns a copy of the open question; there must be one.
  [[nodiscard]] QuestionVariant question() const { return question_->copy(*question_); }
  /// Hands over an answer; `wrong_answer` leaves the question open. Call `pump` afterwards.
  [[nodiscard]] Result<void> answer(Answer answer);
  /// Gives `error` the place where it happened.
  [[nodiscard]] Error locate(Error error, std::string_view name) const;

 private:
  template <class... M>
  friend class ExpectOperation;
  template <class M>
  friend class ExpectOptionalOperation;
  template <class Q>
  friend class AskOperation;

  void tell(Direction direction, View raw);
  [[nodiscard]] Result<void> ignore_hello_request(View raw);

  Outside& outside_;
  const Limits& limits_;
  std::shared_ptr<Trace> trace_;
  keys::Transcript transcript_;
  MessageQueue queue_;
  PendingMessage* waiting_ = nullptr;
  PendingQuestion* question_ = nullptr;
  bool ignores_hello_requests_ = false;
  std::uint32_t hello_requests_ = 0;
  bool resume_ = true;   // the flow can go on: at the start, and after an answer
  std::string_view at_;  // the message that was delivered last
  std::shared_ptr<danger::KeyLog> key_log_;
  std::string client_random_;  // hexadecimal
};

/// Awaits one of the messages `M`; yields `Received<M>`, or a variant of them.
template <class... M>
class ExpectOperation : public PendingMessage {
 public:
  explicit ExpectOperation(Channel& channel) : PendingMessage(&take, &take_change, &names), channel_(channel) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }  // always through pump(): no deep stacks
  void await_suspend(std::coroutine_handle<>) noexcept { channel_.waiting_ = this; }
  auto await_resume() {
    if constexpr (sizeof...(M) == 1)
      return std::move(std::get<0>(*received_));
    else
      return std::move(*received_);
  }

 private:
  static std::string names() {
    std::string text;
    ((text += (text.empty() ? "" : " | ") + std::string(M::name)), ...);
    return text;
  }
  static Result<void> take(PendingMessage& pending, Channel& channel, View raw) {
    auto& self = static_cast<ExpectOperation&>(pending);
    channel.tell(Direction::received, raw);
    Result<void> taken = fail(Code::unexpected_message, "it sent " + std::string(wire::message_name(raw)));
    (void)((M::matches(raw) && (taken = self.template parse<M>(channel, raw), true)) || ...);
    return taken;
  }
  static Result<void> take_change(PendingMessage& pending, Channel& channel) {
    if constexpr ((std::same_as<M, wire::ChangeCipherSpec> || ...)) {
      if (channel.has_input()) return fail(Code::data_across_key_change, "handshake octets before change_cipher_spec");
      static_cast<ExpectOperation&>(pending).received_.emplace(Received<wire::ChangeCipherSpec>{});
      channel.at_ = wire::ChangeCipherSpec::name;
      return {};
    }
    return fail(Code::bad_change_cipher_spec);
  }
  template <class One>
    requires std::same_as<One, wire::ChangeCipherSpec>
  Result<void> parse(Channel&, View) {
    return fail(Code::unexpected_message);  // never called: it matches no message
  }
  template <class One>
  Result<void> parse(Channel& channel, View raw) {
    // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes."
    if (One::changes_keys && channel.has_input())
      return fail(Code::data_across_key_change, "octets follow " + std::string(One::name) + " in the same record");
    auto message = wire::parse_message<One>(raw);
    if (!message) return std::unexpected(message.error());
    channel.at_ = One::name;
    if constexpr (CoversTranscript<One>) {
      const auto before = channel.transcript_.current();
      if (!before) return std::unexpected(before.error());
      received_.emplace(Received<One>{std::move(*message), raw, *before});
    } else {
      received_.emplace(Received<One>{std::move(*message), raw});
    }
    if constexpr (!requires { One::absorbed_by_step; }) return channel.transcript_.absorb(raw);
    return {};
  }
  Channel& channel_;
  std::optional<std::variant<Received<M>...>> received_;
};

/// Awaits a message `M` that may be left out; yields `std::optional<Received<M>>`. `M` covers no transcript.
template <class M>
class ExpectOptionalOperation : public PendingMessage {
 public:
  explicit ExpectOptionalOperation(Channel& channel) : PendingMessage(&take, &take_change, &names), channel_(channel) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { channel_.waiting_ = this; }
  std::optional<Received<M>> await_resume() { return std::move(received_); }

 private:
  static std::string names() { return std::string(M::name) + " or what follows it"; }
  static Result<void> take_change(PendingMessage&, Channel&) { return fail(Code::bad_change_cipher_spec); }
  static Result<void> take(PendingMessage& pending, Channel& channel, View raw) {
    if (!M::matches(raw)) {
      channel.queue_.give_back(raw.size());
      return {};
    }
    channel.tell(Direction::received, raw);
    auto message = wire::parse_message<M>(raw);
    if (!message) return std::unexpected(message.error());
    if (auto absorbed = channel.transcript_.absorb(raw); !absorbed) return absorbed;
    static_cast<ExpectOptionalOperation&>(pending).received_.emplace(Received<M>{std::move(*message), raw});
    channel.at_ = M::name;
    return {};
  }

  Channel& channel_;
  std::optional<Received<M>> received_;
};

/// Awaits the answer to a question.
template <class Q>
class AskOperation : public PendingQuestion {
 public:
  using Result_ = typename AnswerTo<Q>::type;
  AskOperation(Channel& channel, const Q& question)
      : PendingQuestion(&take, &copy_of,
                        std::same_as<Q, ReverifyQuestion> ? Refusal::is_an_answer : Refusal::ends_the_handshake),
        channel_(channel),
        question_(question) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { channel_.question_ = this; }
  Result_ await_resume() { return std::move(*answer_); }

 private:
  static Result<void> take(PendingQuestion& pending, Answer& answer) {
    auto& self = static_cast<AskOperation&>(pending);
    if constexpr (std::same_as<Q, ChooseClientCredentialQuestion>) {
      if (std::holds_alternative<NoCredential>(answer)) {
        self.answer_.emplace(std::nullopt);
        return {};
      }
      if (auto* given = std::get_if<Credential>(&answer)) {
        self.answer_.emplace(std::move(*given));
        return {};
      }
    } else if constexpr (std::same_as<Q, ReverifyQuestion>) {
      if (std::holds_alternative<Error>(answer)) {
        self.answer_.emplace(std::nullopt);
        return {};
      }
      if (auto* given = std::get_if<Verified>(&answer)) return self.keep_proof(std::move(*given));
    } else if constexpr (std::same_as<Q, VerifyQuestion>) {
      if (auto* given = std::get_if<Verified>(&answer)) return self.keep_proof(std::move(*given));
    } else if (auto* given = std::get_if<Result_>(&answer)) {
      self.answer_.emplace(std::move(*given));
      return {};
    }
    return fail(Code::wrong_answer);
  }
  // A proof is worth nothing for another chain than the one that was asked about.
  Result<void> keep_proof(Verified proof)
    requires std::derived_from<Q, VerifyQuestion>
  {
    if (!(proof.end_entity() == question_.request.chain.front()))
      return fail(Code::wrong_answer, "the proof is for another certificate");
    answer_.emplace(std::move(proof));
    return {};
  }
  static QuestionVariant copy_of(const PendingQuestion& pending) {
    const auto& question = static_cast<const AskOperation&>(pending).question_;
    if constexpr (std::derived_from<Q, VerifyQuestion>)
      return static_cast<const VerifyQuestion&>(question);
    else
      return question;
  }
  Channel& channel_;
  const Q& question_;
  std::optional<Result_> answer_;
};

}  // namespace sotto::handshake
