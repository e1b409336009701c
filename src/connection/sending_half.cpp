#include "connection/sending_half.hpp"

#include <algorithm>

#include "connection/alerts.hpp"

namespace sotto::connection {

using record::ContentType;

namespace {

/// The content of a change_cipher_spec record. RFC 5246, 7.1.
constexpr std::array<std::uint8_t, 1> change_cipher_spec = {1};

/// Appends a record as it is, all of it or, where there is no memory, nothing.
void append_plain(View header, View fragment, Buffer& out) {
  static_cast<void>(out.prepare(header.size() + fragment.size()));
  out.append(as_public(header));
  out.append(as_public(fragment));
}

}  // namespace

SendingHalf::SendingHalf(const Policy& policy, std::shared_ptr<Trace> trace)
    : fragment_size_(policy.fragment_size),
      record_octets_(record::max_plaintext),
      next_record_octets_(record::max_plaintext),
      pad_to_(policy.pad_records_to),
      gcm_limit_(policy.limits.gcm_records_per_key),
      trace_(std::move(trace)) {}

Result<void> SendingHalf::flush(Buffer& out) {
  if (gathered_.empty()) return {};
  // RFC 8446, 6.1: close_notify says "that the sender will not send any more messages on this connection".
  if (closed_) {
    gathered_.clear();
    return {};
  }
  auto sent = send(ContentType::handshake, gathered_, out);
  gathered_.clear();
  return sent;
}

Result<void> SendingHalf::install(keys::TrafficSecret secret, Buffer& out) {
  if (auto installed = install_early(secret, out); !installed) return installed;
  secret_ = std::move(secret);
  return {};
}

Result<void> SendingHalf::install_early(const keys::TrafficSecret& secret, Buffer& out) {
  if (auto flushed = flush(out); !flushed) return flushed;
  auto sealer = record::Sealer::create(secret);
  if (!sealer) return std::unexpected(sealer.error());
  sealer_.emplace<record::Sealer>(std::move(*sealer));
  record_octets_ = next_record_octets_;
  record_limit_ = limit_for(*secret.suite);
  return {};
}

Result<void> SendingHalf::install(const keys::DirectionKeys& keys, Buffer& out) {
  if (auto flushed = flush(out); !flushed) return flushed;
  record_limit_ = limit_for(*keys.suite);
  const auto keep = [this](auto sealer) -> Result<void> {
    if (!sealer) return std::unexpected(sealer.error());
    sealer_ = std::move(*sealer);
    record_octets_ = next_record_octets_;
    return {};
  };
  return keys.suite->cbc ? keep(record::CbcSealer::create(record::cbc_keys_of(keys)))
                         : keep(record::Sealer12::create(keys));
}

Result<void> SendingHalf::send_compatibility_change_cipher_spec(Buffer& out) {
  if (std::exchange(compatibility_record_sent_, true) || closed_) return {};
  if (auto flushed = flush(out); !flushed) return flushed;
  // RFC 8446, 5: always unprotected, whatever the keys.
  append_plain(record::make_header(ContentType::change_cipher_spec, change_cipher_spec.size()), change_cipher_spec,
               out);
  tell_change_cipher_spec();
  return {};
}

void SendingHalf::limit(const handshake::RecordLimits& limits) {
  next_record_octets_ = limits.sent;
  const bool keys_are_there = std::holds_alternative<record::Sealer>(sealer_);
  if (keys_are_there || limits.scope == handshake::RecordLimits::Scope::all_records) record_octets_ = limits.sent;
}

Result<void> SendingHalf::send_change_cipher_spec(Buffer& out) {
  if (closed_) return {};
  if (auto flushed = flush(out); !flushed) return flushed;
  tell_change_cipher_spec();
  return send_record(ContentType::change_cipher_spec, change_cipher_spec, out);
}

void SendingHalf::tell_change_cipher_spec() const {
  if (!trace_) return;
  trace_->on(
      {TraceEvent::Kind::change_cipher_spec, Direction::sent, "change_cipher_spec", change_cipher_spec.size(), {}});
}

void SendingHalf::finish_handshake() { gathered_ = Bytes(); }

Result<void> SendingHalf::write(View data, Buffer& out) {
  if (closed_) return fail(Code::closed);
  if (auto settled = settle(out); !settled) return settled;
  const auto records = (data.size() + longest_fragment() - 1) / longest_fragment();
  static_cast<void>(out.prepare(data.size() + records * record::overhead));  // grows once, not for each record
  return send(ContentType::application_data, data, out);
}

Result<void> SendingHalf::update_keys(wire::KeyUpdateRequest request, Buffer& out) {
  if (closed_) return fail(Code::closed);
  if (secret_.suite == nullptr) return fail(Code::wrong_state, "only TLS 1.3 can update its keys");
  key_update_owed_ = false;
  wire::KeyUpdate message;
  message.request_update = request;
  Bytes raw;
  if (auto encoded = wire::encode_message(message, raw); !encoded) return encoded;
  if (trace_)
    trace_->on({TraceEvent::Kind::handshake_message, Direction::sent, wire::KeyUpdate::name, raw.size(),
                wire::print_message(raw)});
  if (auto sent = send_record(ContentType::handshake, raw, out); !sent) return sent;
  auto next = secret_.next();
  if (!next) return std::unexpected(next.error());
  return install(std::move(*next), out);
}

Result<void> SendingHalf::settle(Buffer& out) {
  return key_update_owed_ ? update_keys(wire::KeyUpdateRequest::update_not_requested, out) : Result<void>();
}

void SendingHalf::forget_keys() noexcept {
  closed_ = true;
  sealer_.emplace<std::monostate>();
  secret_ = {};
  gathered_ = Bytes();
}

void SendingHalf::send_alert(Alert alert, Buffer& out) {
  if (closed_) return;
  gathered_.clear();
  closed_ = alert != Alert::user_canceled;
  const auto content = encode_alert(alert);
  if (trace_) trace_->on({TraceEvent::Kind::alert, Direction::sent, to_string(alert), content.size(), {}});
  // If even the alert cannot be sealed there is nothing better to do than to stop.
  auto sent = send_record(ContentType::alert, content, out);
  static_cast<void>(sent);
}

void SendingHalf::send_warning(Alert alert, Buffer& out) {
  if (closed_) return;
  const std::array<std::uint8_t, 2> content = {static_cast<std::uint8_t>(wire::AlertLevel::warning),
                                               static_cast<std::uint8_t>(alert)};
  if (trace_) trace_->on({TraceEvent::Kind::alert, Direction::sent, to_string(alert), content.size(), {}});
  // A warning that cannot be sealed is not missed.
  auto sent = send_record(ContentType::alert, content, out);
  static_cast<void>(sent);
}

std::uint64_t SendingHalf::limit_for(const keys::SuiteParameters& suite) const {
  const bool gcm = suite.aead != crypto::AeadAlgorithm::chacha20_poly1305;
  return gcm ? std::min(gcm_limit_, suite.records_per_key) : suite.records_per_key;
}

bool SendingHalf::is_at_limit() const {
  return std::visit(
      [&](const auto& sealer) {
        if constexpr (requires { sealer.used(); }) return sealer.used() + 1 >= record_limit_;
        return false;
      },
      sealer_);
}

Result<void> SendingHalf::send(ContentType type, View content, Buffer& out) {
  while (!content.empty()) {
    // RFC 8446, 5.5: keys are updated before their limit; the margin leaves room for the KeyUpdate itself. TLS 1.2 has
    // no such message, and ends.
    if (type == ContentType::application_data && is_at_limit()) {
      if (secret_.suite == nullptr) return fail(Code::key_usage_limit_reached);
      if (auto updated = update_keys(wire::KeyUpdateRequest::update_not_requested, out); !updated) return updated;
    }
    const auto fragment = content.first(std::min(content.size(), longest_fragment()));
    if (auto sent = send_record(type, fragment, out); !sent) return sent;
    content = content.subspan(fragment.size());
  }
  return {};
}

Result<void> SendingHalf::send_record(ContentType type, View fragment, Buffer& out) {
  if (auto* newer = std::get_if<record::Sealer>(&sealer_))
    return newer->seal(type, fragment, {pad_to_, record_octets_}, out);
  if (auto* older = std::get_if<record::Sealer12>(&sealer_)) return older->seal(type, fragment, out);
  if (auto* older = std::get_if<record::CbcSealer>(&sealer_)) return older->seal(type, fragment, out);
  // RFC 8446, 5.1: the first ClientHello may say 0x0301, for old servers' sake.
  const bool first = std::exchange(first_flight_, false) && type == ContentType::handshake && !fragment.empty() &&
                     wire::type_of(fragment) == wire::HandshakeType::client_hello;
  append_plain(record::make_header(type, fragment.size(), first ? 0x0301 : record::legacy_record_version), fragment,
               out);
  return {};
}

}  // namespace sotto::connection
