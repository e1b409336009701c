#include "conversation.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <span>
#include <utility>
#include <variant>

namespace peer {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

// How much output may wait for a slow peer before more is made.
constexpr std::size_t high_water = 256 * 1024;

std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const auto byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string subject_of(const sotto::CertificateChain& chain) {
  if (chain.empty()) return {};
  auto facts = chain.front().facts();
  return facts ? facts->subject : facts.error().message();
}

sotto::Error misuse(std::string detail) {
  sotto::Error error;
  error.code = sotto::Code::wrong_state;
  error.origin = sotto::Origin::caller;
  error.detail = std::move(detail);
  return error;
}

sotto::Answer choose(const std::vector<sotto::Credential>& credentials, const sotto::ChooseCredentialQuestion& asked) {
  for (const auto& credential : credentials) {
    if (credential.is_for(asked.server_name)) return credential;
  }
  if (credentials.empty()) return misuse("no credential to choose");
  return credentials.front();
}

sotto::Answer answer_to(const sotto::Question& question, const Answers& answers) {
  return std::visit(
      Overloaded{
          [&](const sotto::ChooseCredentialQuestion& asked) { return choose(answers.credentials, asked); },
          [&](const sotto::ChooseClientCredentialQuestion&) -> sotto::Answer {
            if (answers.credentials.empty()) return sotto::NoCredential{};
            return answers.credentials.front();
          },
          [](const sotto::SignQuestion& asked) -> sotto::Answer {
            auto signature = asked.credential.sign(asked.scheme, asked.message);
            if (!signature) return signature.error();
            return sotto::Signature{std::move(*signature)};
          },
          [](const sotto::DecryptQuestion& asked) -> sotto::Answer {
            auto premaster = asked.credential.decrypt_premaster(asked.encrypted, asked.client_version);
            if (!premaster) return premaster.error();
            return sotto::PremasterSecret{std::move(*premaster)};
          },
          [](const sotto::ReplayQuestion& asked) -> sotto::Answer {
            static const auto guard = sotto::make_memory_replay_guard(1000, {});
            return guard->is_first(asked.attempt) ? sotto::FirstTime::yes : sotto::FirstTime::no;
          },
          [&](const sotto::VerifyQuestion& asked) -> sotto::Answer {
            auto verified = answers.verifier->verify(asked.request);
            if (!verified) return verified.error();
            return *verified;
          },
      },
      question.what);
}

std::string algorithm_of(const std::optional<sotto::CompressedForm>& form) {
  return form ? sotto::to_string(form->algorithm) : "none";
}

}  // namespace

void report(const nlohmann::json& line) { std::cout << line.dump() << std::endl; }

void Transcript::on(const sotto::TraceEvent& event) {
  if (event.kind == sotto::TraceEvent::Kind::new_keys) return;
  (event.direction == sotto::Direction::sent ? sent_ : received_).emplace_back(event.name);
}

Conversation::Conversation(Socket socket, sotto::Connection connection, sotto::Buffer out,
                           std::shared_ptr<Transcript> transcript, const Options& options, const Answers& answers)
    : socket_(std::move(socket)),
      connection_(std::move(connection)),
      out_(std::move(out)),
      transcript_(std::move(transcript)),
      options_(options),
      answers_(answers) {
  if (!options.received_file.empty()) received_file_.open(options.received_file, std::ios::binary | std::ios::app);
}

bool Conversation::run() {
  auto result = shake_hands();
  if (result) report_agreement("connected");
  for (const auto& action : options_.actions) {
    if (!result || cut_) break;
    result = act(action);
    if (result) report({{"event", "done"}, {"action", action.text}});
  }
  // On an error this sends the alert.
  if (!cut_) std::ignore = flush();
  received_file_.close();
  report_end(result);
  // A client's last word may be on its way while a server already closes: neither should be lost to a reset.
  if (!cut_) socket_.finish(std::chrono::milliseconds(2000));
  socket_.close();
  return result.has_value();
}

sotto::Result<void> Conversation::shake_hands() {
  return continue_until([this] { return established_; });
}

sotto::Result<void> Conversation::act(const Action& action) {
  const auto number = [&] { return static_cast<std::size_t>(std::stoull(action.argument)); };
  switch (action.kind) {
    case Action::Kind::say: {
      if (auto written = connection_.write(sotto::as_bytes(action.argument + "\n"), out_); !written) return written;
      return flush();
    }
    case Action::Kind::send: return send_file(action.argument);
    case Action::Kind::receive: return continue_until([this, wanted = number()] { return received_ >= wanted; });
    case Action::Kind::ticket: return continue_until([this, wanted = number()] { return sessions_ >= wanted; });
    case Action::Kind::updates: return continue_until([this, wanted = number()] { return updates_ >= wanted; });
    case Action::Kind::update: {
      const auto which =
          action.argument == "both" ? sotto::Connection::UpdateKeys::both : sotto::Connection::UpdateKeys::ours;
      if (auto updated = connection_.update_keys(which, out_); !updated) return updated;
      return flush();
    }
    case Action::Kind::renegotiate: {
      if (auto started = connection_.renegotiate(out_); !started) return started;
      return flush();
    }
    case Action::Kind::ask: {
      const auto mode = action.argument == "required" ? sotto::ClientAuth::required : sotto::ClientAuth::optional;
      if (auto asked = connection_.request_client_certificate(mode, out_); !asked) return asked;
      return flush();
    }
    case Action::Kind::renegotiated:
      return continue_until([this, wanted = number()] { return renegotiations_ >= wanted; });
    case Action::Kind::echo: echoing_ = true; return continue_until([this] { return peer_closed_; });
    case Action::Kind::close:
      if (auto closed = connection_.close(out_); !closed) return closed;
      return flush();
    case Action::Kind::drain: return continue_until([this] { return peer_closed_; });
    case Action::Kind::cut:
      cut_ = true;
      socket_.close();
      return {};
  }
  return std::unexpected(misuse("unknown action"));
}

sotto::Result<void> Conversation::send_file(const std::string& file) {
  std::ifstream source(file, std::ios::binary);
  if (!source) return std::unexpected(misuse("cannot read " + file));
  std::vector<char> chunk(64 * 1024);
  while (source.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), source.gcount() > 0) {
    const std::string_view data(chunk.data(), static_cast<std::size_t>(source.gcount()));
    if (auto written = connection_.write(sotto::as_bytes(data), out_); !written) return written;
    const auto has_room = [this] { return out_.size() < high_water && !connection_.is_renegotiating(); };
    if (auto drained = continue_until(has_room); !drained) return drained;
  }
  return flush();
}

sotto::Result<void> Conversation::continue_until(const std::function<bool()>& done) {
  // Asked after each event, so that what came in one piece with what we wait for is left to the next action.
  while (!done()) {
    auto idle = take_step();
    if (!idle) return std::unexpected(idle.error());
    if (!*idle || done()) continue;
    // A question of a moment ago: by now the caller knows the answer.
    if (question_) {
      if (auto answered = answer_question(); !answered) return answered;
      continue;
    }
    if (at_end_) return std::unexpected(misuse("the peer closed before what was waited for came"));
    auto moved = socket_.move(out_, in_, options_.timeout);
    if (!moved) return std::unexpected(moved.error());
    if (!moved->ended) continue;
    at_end_ = true;
    if (auto ended = connection_.end_of_input(); !ended) return ended;
  }
  return {};
}

sotto::Result<bool> Conversation::take_step() {
  auto step = connection_.receive(in_.readable(), out_);
  if (!step) return std::unexpected(step.error());
  const bool idle = std::holds_alternative<sotto::NeedInput>(step->event) ||
                    std::holds_alternative<sotto::AwaitingAnswer>(step->event);
  auto taken = take(step->event);
  in_.consume(step->consumed);
  if (!taken) return std::unexpected(taken.error());
  return idle;
}

sotto::Result<void> Conversation::take(const sotto::Event& event) {
  return std::visit(Overloaded{
                        [this](const sotto::HandshakeDone&) -> sotto::Result<void> {
                          established_ = true;
                          return {};
                        },
                        [this](const sotto::ApplicationData& data) -> sotto::Result<void> {
                          received_ += data.bytes.size();
                          received_file_.write(reinterpret_cast<const char*>(data.bytes.data()),
                                               static_cast<std::streamsize>(data.bytes.size()));
                          if (!echoing_) return {};
                          return connection_.write(data.bytes, out_);
                        },
                        [this](const sotto::EarlyData& data) -> sotto::Result<void> {
                          early_received_.append(reinterpret_cast<const char*>(data.bytes.data()), data.bytes.size());
                          return {};
                        },
                        [this](const sotto::SessionStored&) -> sotto::Result<void> {
                          ++sessions_;
                          return {};
                        },
                        [this](const sotto::KeysUpdated&) -> sotto::Result<void> {
                          ++updates_;
                          return {};
                        },
                        [this](const sotto::Renegotiated&) -> sotto::Result<void> {
                          ++renegotiations_;
                          report_agreement("renegotiated");
                          return {};
                        },
                        [this](const sotto::ClientAuthenticated&) -> sotto::Result<void> {
                          ++renegotiations_;
                          report_agreement("authenticated");
                          return {};
                        },
                        [](const sotto::RenegotiationRefused&) -> sotto::Result<void> {
                          report({{"event", "refused"}});
                          return {};
                        },
                        [this](const sotto::PeerClosed&) -> sotto::Result<void> {
                          peer_closed_ = true;
                          return {};
                        },
                        [this](const sotto::Question& question) -> sotto::Result<void> {
                          question_ = question;
                          return {};
                        },
                        [](const auto&) -> sotto::Result<void> { return {}; },
                    },
                    event);
}

sotto::Result<void> Conversation::flush() {
  while (!out_.empty()) {
    auto moved = socket_.move(out_, in_, options_.timeout);
    if (!moved) return std::unexpected(moved.error());
    if (moved->ended && !out_.empty()) return {};  // nobody reads any more; what follows finds out why
  }
  return {};
}

sotto::Result<void> Conversation::answer_question() {
  const auto question = *std::exchange(question_, std::nullopt);
  return connection_.answer(question.id, answer_to(question, answers_), out_);
}

void Conversation::report_agreement(std::string_view event) {
  const auto& summary = connection_.summary();
  nlohmann::json line{{"event", event},
                      {"version", sotto::to_string(summary.version)},
                      {"suite", sotto::to_string(summary.cipher_suite)},
                      {"group", summary.group ? sotto::to_string(*summary.group) : ""},
                      {"scheme", summary.signature_scheme ? sotto::to_string(*summary.signature_scheme) : ""},
                      {"alpn", summary.application_protocol},
                      {"server_name", summary.server_name},
                      {"resumed", summary.resumed},
                      {"hello_retried", summary.hello_retried},
                      {"sent_record_limit", summary.sent_record_limit},
                      {"received_record_limit", summary.received_record_limit},
                      {"ocsp_response", hexadecimal(summary.ocsp_response)},
                      {"peer_certificate_compressed", algorithm_of(summary.peer_certificate_compressed)},
                      {"own_certificate_compressed", algorithm_of(summary.own_certificate_compressed)},
                      {"peer_subject", subject_of(summary.peer_chain)},
                      {"peer_authenticated", summary.peer_authenticated},
                      {"external_psk", summary.external_psk},
                      {"early_data", sotto::to_string(summary.early_data_reason)},
                      {"early_received", early_received_}};
  using enum sotto::ChannelBinding;
  for (const auto& [name, type] : {std::pair("channel_binding", tls_exporter), std::pair("tls_unique", tls_unique),
                                   std::pair("tls_server_end_point", tls_server_end_point)})
    if (const auto binding = connection_.channel_binding(type)) line[name] = hexadecimal(*binding);
  if (!options_.export_label.empty()) {
    std::vector<std::byte> exported(options_.export_length);
    auto result = connection_.export_keying_material(options_.export_label, {}, exported);
    line["exported"] = result ? hexadecimal(exported) : result.error().message();
  }
  report(line);
}

void Conversation::report_end(const sotto::Result<void>& result) {
  const auto how = [&]() -> std::string {
    if (!result) return result.error().code == sotto::Code::truncated ? "truncated" : "failed";
    if (cut_) return "cut";
    return peer_closed_ ? "closed" : "left";
  };
  nlohmann::json line{{"event", "ended"},
                      {"how", how()},
                      {"received", received_},
                      {"sessions", sessions_},
                      {"key_updates", updates_},
                      {"renegotiations", renegotiations_},
                      {"said", transcript_->sent()},
                      {"heard", transcript_->received()}};
  if (!result) {
    line["code"] = sotto::to_string(result.error().code);
    line["message"] = result.error().message();
    if (result.error().alert) line["alert"] = sotto::to_string(*result.error().alert);
  }
  report(line);
}

}  // namespace peer
