#include "handshake/channel.hpp"

namespace sotto::handshake {
namespace {

std::string hexadecimal(View bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const auto octet : bytes) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

bool is_hello_request(View raw) {
  return wire::type_of(raw) == wire::HandshakeType::hello_request && wire::body_of(raw).empty();
}

}  // namespace

Result<void> Channel::send_encoded(View raw) {
  if (auto absorbed = transcript_.absorb(raw); !absorbed) return absorbed;
  tell(Direction::sent, raw);
  return outside_.send_handshake(raw);
}

void Channel::log_secrets_to(std::shared_ptr<danger::KeyLog> log, View client_random) {
  key_log_ = std::move(log);
  if (key_log_) client_random_ = hexadecimal(client_random);
}

void Channel::log_secret(std::string_view label, View secret) const {
  if (!key_log_) return;
  auto line = std::string(label) + " " + client_random_ + " " + hexadecimal(secret);
  key_log_->write(line);
  wipe(MutableView(reinterpret_cast<std::uint8_t*>(line.data()), line.size()));
}

Result<void> Channel::pump(Flow& flow, std::string_view name) {
  for (;;) {
    if (std::exchange(resume_, false)) flow.resume();
    if (flow.outcome()) {
      if (*flow.outcome()) return {};
      return std::unexpected(locate(flow.outcome()->error(), name));
    }
    if (waiting_ == nullptr) return {};
    const auto raw = queue_.next(limits_);
    if (!raw) return std::unexpected(locate(raw.error(), name));
    if (!*raw) return {};
    if (ignores_hello_requests_ && is_hello_request(**raw)) {
      if (auto ignored = ignore_hello_request(**raw); !ignored) return std::unexpected(locate(ignored.error(), name));
      continue;
    }
    if (auto delivered = waiting_->deliver(*waiting_, *this, **raw); !delivered)
      return std::unexpected(locate(delivered.error(), name));
    waiting_ = nullptr;
    resume_ = true;
  }
}

Result<void> Channel::ignore_hello_request(View raw) {
  tell(Direction::received, raw);
  if (++hello_requests_ <= limits_.warning_alerts) return {};
  return fail(Code::too_many_warning_alerts, std::to_string(limits_.warning_alerts) + " HelloRequests are allowed");
}

Result<void> Channel::take_change_cipher_spec() {
  if (waiting_ == nullptr) return fail(Code::bad_change_cipher_spec);
  if (auto taken = waiting_->change_cipher_spec(*waiting_, *this); !taken) return taken;
  waiting_ = nullptr;
  resume_ = true;
  return {};
}

Result<void> Channel::answer(Answer answer) {
  if (question_ == nullptr) return fail(Code::no_such_question);
  using Refusal = PendingQuestion::Refusal;
  if (auto* refusal = std::get_if<Error>(&answer); refusal && question_->refusal == Refusal::ends_the_handshake) {
    question_ = nullptr;
    // A refusal must reach the peer, or it would wait: with the code's own alert, or as a failure of ours.
    if (!refusal->alert) refusal->alert = error_row(refusal->code).alert.value_or(Alert::internal_error);
    return std::unexpected(std::move(*refusal));
  }
  if (auto delivered = question_->deliver(*question_, answer); !delivered) return delivered;
  question_ = nullptr;
  resume_ = true;
  return {};
}

Error Channel::locate(Error error, std::string_view name) const {
  if (!error.during.empty()) return error;
  error.during = name;
  if (waiting_ != nullptr)
    error.during += ": waiting for " + waiting_->describe();
  else if (!at_.empty())
    error.during += ": at " + std::string(at_);
  return error;
}

void Channel::tell(Direction direction, View raw) {
  if (!trace_) return;
  trace_->on(
      {TraceEvent::Kind::handshake_message, direction, wire::message_name(raw), raw.size(), wire::print_message(raw)});
}

}  // namespace sotto::handshake
