#include "connection/receiving_half.hpp"

#include <algorithm>
#include <array>

#include "handshake/config.hpp"
#include "session/session_impl.hpp"
#include "wire/messages12.hpp"

namespace sotto::connection {
namespace {

using record::ContentType;

/// Returns how long `ticket` may be used. RFC 8446, 4.6.1: "Clients MUST NOT cache tickets for longer than 7 days."
std::chrono::seconds lifetime_of(const TicketTaker& taker, const wire::NewSessionTicket& ticket,
                                 std::chrono::system_clock::time_point now) {
  const auto told = std::min(std::chrono::seconds(ticket.ticket_lifetime), std::chrono::seconds(std::chrono::days(7)));
  return session::lifetime_in_session(told, taker.session_began, now);
}

/// Turns a ticket into a session and puts it into the store.
Result<void> keep_session(TicketTaker& taker, const wire::NewSessionTicket& ticket,
                          std::chrono::system_clock::time_point now) {
  const auto& settings = taker.config->impl();
  const auto* suite = keys::find_suite(taker.cipher_suite);
  auto psk = keys::ticket_psk(suite->hash, taker.resumption_secret.view(), ticket.ticket_nonce);
  if (!psk) return std::unexpected(psk.error());
  auto kept = std::make_unique<Session::Impl>();
  kept->version = ProtocolVersion::tls13;
  kept->cipher_suite = taker.cipher_suite;
  kept->psk = std::move(*psk);
  kept->ticket = own(ticket.ticket);
  kept->ticket_age_add = ticket.ticket_age_add;
  kept->received = now;
  kept->began = taker.session_began;
  kept->lifetime = lifetime_of(taker, ticket, now);
  kept->server_name = taker.server_name;
  kept->application_protocol = taker.application_protocol;
  kept->authenticated = taker.authenticated;
  kept->own_identity = taker.own_identity;
  kept->evidence = taker.evidence;
  kept->max_fragment_length = taker.max_fragment_length;
  kept->sent_record_limit = taker.sent_record_limit;
  if (const auto early = ticket.extensions.find<wire::EarlyDataLimit>())
    kept->max_early_data_size = early->max_early_data_size;
  settings.sessions->put(taker.server_name, Session(std::move(kept)));
  return {};
}

/// Names a certificate for people.
std::string describe(const Certificate& certificate) {
  const auto facts = certificate.facts();
  return facts ? '"' + facts->subject + '"' : std::string("that is a raw public key");
}

}  // namespace

Result<void> ReceivingHalf::install(keys::TrafficSecret secret) {
  auto opener = record::Opener::create(secret);
  if (!opener) return std::unexpected(opener.error());
  opener_.emplace<record::Opener>(std::move(*opener));
  record_octets_ = next_record_octets_;
  early_keys_ = false;
  secret_ = std::move(secret);
  return {};
}

Result<void> ReceivingHalf::install_early(keys::TrafficSecret secret) {
  auto installed = install(std::move(secret));
  early_keys_ = true;
  return installed;
}

Result<void> ReceivingHalf::install(const keys::DirectionKeys& keys) {
  const auto keep = [this](auto opener) -> Result<void> {
    if (!opener) return std::unexpected(opener.error());
    opener_ = std::move(*opener);
    record_octets_ = next_record_octets_;
    return {};
  };
  return keys.suite->cbc ? keep(record::CbcOpener::create(record::cbc_keys_of(keys)))
                         : keep(record::Opener12::create(keys));
}

void ReceivingHalf::forget_keys() noexcept {
  opener_.emplace<std::monostate>();
  secret_ = {};
  tickets_.reset();
}

void ReceivingHalf::limit(const handshake::RecordLimits& limits) {
  next_record_octets_ = limits.received;
  const bool keys_are_there = std::holds_alternative<record::Opener>(opener_) && !early_keys_;
  if (keys_are_there || limits.scope == handshake::RecordLimits::Scope::all_records) record_octets_ = limits.received;
}

Result<std::optional<record::Opened>> ReceivingHalf::open(const record::Record& record) {
  std::optional<record::Opened> opened(record::Opened{record.type, record.fragment, 0});
  // A peer that failed before it had keys can only say so in the clear; nothing was protected by them yet.
  const bool early_alert = record.type == ContentType::alert && !opened_any_ && !is_tls12();
  if (!std::holds_alternative<std::monostate>(opener_) && !early_alert) {
    auto inner = open_protected(record);
    if (!inner || !*inner) return inner;
    opened = **inner;
  } else if (record.type == ContentType::application_data) {
    // RFC 8446, 4.2.10: between a HelloRetryRequest and the second ClientHello early data is skipped unopened.
    return early_data_left_ ? skip(record) : fail(Code::unexpected_record, "application data before there are keys");
  }
  if (!opened->content.empty()) {
    // A warning is no progress: it must not make empty records anew out of those before it.
    if (opened->type != ContentType::alert) empty_records_ = 0;
    return opened;
  }
  // RFC 8446, 5.1: zero-length fragments are for application data only.
  if (opened->type != ContentType::application_data)
    return fail(Code::unexpected_record, "an empty record that is no application data");
  if (++empty_records_ > limits_->empty_records)
    return fail(Code::too_many_empty_records, std::to_string(limits_->empty_records) + " are allowed");
  return opened;
}

Result<std::optional<record::Opened>> ReceivingHalf::open_protected(const record::Record& record) {
  auto inner = std::visit(
      [&](auto& opener) -> Result<record::Opened> {
        if constexpr (requires { opener.open(record); }) return opener.open(record);
        return fail(Code::internal_error, "there are no keys to open a record with");
      },
      opener_);
  if (!inner) {
    if (early_data_left_ && inner.error().code == Code::bad_record_mac) return skip(record);
    return std::unexpected(inner.error());
  }
  // RFC 8449, 4: "A TLS endpoint that receives a record larger than its advertised limit MUST generate a fatal
  // "record_overflow" alert"; padding counts.
  const auto octets = inner->content.size() + inner->padding;
  if (octets > record_octets_)
    return fail(Code::record_overflow, std::to_string(octets) + " octets of content and padding, at most " +
                                           std::to_string(record_octets_) + " were agreed on");
  opened_any_ = true;
  early_data_left_.reset();
  return *inner;
}

Result<std::optional<record::Opened>> ReceivingHalf::skip(const record::Record& record) {
  if (record.fragment.size() > *early_data_left_)
    return fail(Code::too_much_early_data,
                "at most " + std::to_string(limits_->skipped_early_data) + " octets are skipped");
  *early_data_left_ -= record.fragment.size();
  return std::nullopt;
}

Result<void> ReceivingHalf::drop_change_cipher_spec(const record::Record& record) {
  // RFC 8446, 5: a single octet 0x01 during the handshake is dropped, anything else is unexpected_message.
  if (record.fragment.size() != 1 || record.fragment[0] != 1) return fail(Code::bad_change_cipher_spec);
  if (++empty_records_ > limits_->empty_records)
    return fail(Code::too_many_empty_records, "change_cipher_spec records without content");
  if (trace_)
    trace_->on(
        {TraceEvent::Kind::change_cipher_spec, Direction::received, "change_cipher_spec", record.fragment.size(), {}});
  return {};
}

Result<void> ReceivingHalf::count_warning() {
  if (++warning_alerts_ <= limits_->warning_alerts) return {};
  return fail(Code::too_many_warning_alerts, std::to_string(limits_->warning_alerts) + " are allowed");
}

Result<ReceivingHalf::AlertMeaning> ReceivingHalf::take_alert(View content) {
  // RFC 8446, 5.1: alerts are neither fragmented nor coalesced.
  const auto alert = wire::parse<AlertMessage>(content);
  if (!alert) return fail(Code::bad_alert, std::to_string(content.size()) + " octets");
  if (trace_)
    trace_->on({TraceEvent::Kind::alert, Direction::received, to_string(alert->description), content.size(), {}});
  if (alert->description == Alert::close_notify) return AlertMeaning::closed;
  // RFC 5246, 7.2.2: in TLS 1.2 a warning ends nothing, nor before the version is known (RFC 6066, 3: the warning
  // unrecognized_name comes before ServerHello).
  const bool may_be_tls12 = is_tls12() || std::holds_alternative<std::monostate>(opener_);
  const bool warning = may_be_tls12 && alert->level == wire::AlertLevel::warning;
  if (warning || alert->description == Alert::user_canceled) {
    if (auto counted = count_warning(); !counted) return std::unexpected(counted.error());
    return warning && alert->description == Alert::no_renegotiation ? AlertMeaning::renegotiation_declined
                                                                    : AlertMeaning::ignored;
  }
  // RFC 8446, 6: all others are errors, and a level of warning for them is no valid alert.
  if (alert->level != wire::AlertLevel::fatal)
    return fail(Code::bad_alert, std::string(to_string(alert->description)) + " with the level of a warning");
  auto error = make_error(Code::peer_alert, explain(alert->description));
  error.alert = alert->description;
  return std::unexpected(std::move(error));
}

/// A server of TLS 1.3 judges the client's certificate when the client believes the handshake to be over, one of TLS
/// 1.2 within the handshake.
std::string ReceivingHalf::explain(Alert alert) const {
  using Kind = handshake::CertificateAnswer::Kind;
  static constexpr std::array about_certificates = {
      Alert::bad_certificate,     Alert::unsupported_certificate, Alert::certificate_revoked,
      Alert::certificate_expired, Alert::certificate_unknown,     Alert::unknown_ca,
      Alert::access_denied,       Alert::certificate_required,    Alert::decrypt_error};
  const bool plain = std::ranges::find(about_certificates, alert) != about_certificates.end();
  // RFC 5246, 7.4.6: where the certificate is missing a server of TLS 1.2 "MAY ... respond with a fatal
  // handshake_failure alert", and some say decode_error. It can mean other things as well.
  const bool vague = !std::holds_alternative<record::Opener>(opener_) &&
                     (alert == Alert::handshake_failure || alert == Alert::decode_error);
  if (!plain && !vague) return {};
  switch (certificate_answer_.kind) {
    case Kind::not_requested: return {};
    case Kind::none:
      return plain ? "the server wants a client certificate, and none was shown"
                   : "the server asked for a client certificate, and none was shown";
    case Kind::shown: break;
  }
  const auto which = describe(*certificate_answer_.shown);
  return plain ? "the server refused the client certificate " + which
               : "it followed the client certificate " + which + ", which the server may not have accepted";
}

bool ReceivingHalf::is_expected_later(wire::HandshakeType type) const {
  using wire::HandshakeType;
  if (later_ == PostHandshake::certificate_request) return type == HandshakeType::certificate_request;
  return later_ == PostHandshake::certificate &&
         (type == HandshakeType::certificate || type == HandshakeType::certificate_verify ||
          type == HandshakeType::finished);
}

bool ReceivingHalf::is_told_by_handshake(wire::HandshakeType type) const {
  if (!is_tls12()) return is_expected_later(type);
  return takes_openings_ && type == opening_type_ && type == wire::HandshakeType::client_hello;
}

void ReceivingHalf::tell(View raw) const {
  if (!trace_) return;
  trace_->on({TraceEvent::Kind::handshake_message, Direction::received, wire::message_name(raw), raw.size(),
              wire::print_message(raw)});
}

Result<Step> ReceivingHalf::step(MutableView in) {
  std::size_t consumed = 0;
  for (;;) {
    auto waiting = next_message();
    if (!waiting) return std::unexpected(waiting.error());
    if (*waiting) return Step{consumed, std::move(**waiting)};
    // RFC 8446, 6.1: "Any data received after a closure alert has been received MUST be ignored."
    if (peer_closed_) return Step{in.size(), NeedInput{}};

    const auto deframed = deframe(in.subspan(consumed));
    if (!deframed) return std::unexpected(deframed.error());
    if (!deframed->record) return Step{consumed, NeedInput{deframed->needed}};
    consumed += deframed->record->octets();
    const auto opened = open(*deframed->record);
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) continue;
    auto event = take(**opened);
    if (!event) return std::unexpected(event.error());
    if (*event) return Step{consumed, std::move(**event)};
  }
}

Result<std::optional<Event>> ReceivingHalf::take(const record::Opened& opened) {
  // RFC 8446, 5.1: no other records between the fragments of a handshake message.
  if (opened.type != ContentType::handshake && !queue_.empty())
    return fail(Code::unexpected_record, "inside a fragmented handshake message");
  switch (opened.type) {
    case ContentType::application_data: return take_data(opened.content);
    case ContentType::handshake: queue_.feed(opened.content); return std::nullopt;
    case ContentType::alert: {
      const auto meaning = take_alert(opened.content);
      if (!meaning) return std::unexpected(meaning.error());
      if (*meaning == AlertMeaning::renegotiation_declined && std::exchange(awaits_renegotiation_, false))
        return RenegotiationRefused{};
      if (*meaning != AlertMeaning::closed) return std::nullopt;
      peer_closed_ = true;
      return PeerClosed{};
    }
    default: break;
  }
  return fail(Code::unexpected_record, "content type " + std::to_string(static_cast<unsigned>(opened.type)));
}

Result<std::optional<Event>> ReceivingHalf::take_data(MutableView content) {
  if (content.empty()) return std::nullopt;
  key_updates_ = 0;
  warning_alerts_ = 0;
  return ApplicationData{as_public(content)};
}

Result<std::optional<Event>> ReceivingHalf::next_message() {
  for (;;) {
    if (queue_.empty()) {
      queue_.release();
      return std::nullopt;
    }
    const auto raw = queue_.next(*limits_);
    if (!raw) return std::unexpected(raw.error());
    if (!*raw) return std::nullopt;
    if (!is_told_by_handshake(wire::type_of(**raw))) tell(**raw);
    if (is_tls12()) {
      if (auto taken = take_renegotiation(**raw); !taken) return std::unexpected(taken.error());
      if (!opening_.empty()) return NeedInput{};
      continue;
    }
    const auto type = wire::type_of(**raw);
    if (type == wire::HandshakeType::key_update) return take_key_update(**raw);
    if (is_expected_later(type)) {
      opening_ = own(**raw);
      return NeedInput{};
    }
    if (type != wire::HandshakeType::new_session_ticket || !tickets_)
      return fail(Code::unexpected_message,
                  "it sent " + std::string(wire::message_name(**raw)) + " after the handshake");
    auto event = take_ticket(**raw);
    if (!event || *event) return event;
  }
}

Result<std::optional<Event>> ReceivingHalf::take_ticket(View raw) {
  const auto ticket = wire::parse_message<wire::NewSessionTicket>(raw);
  if (!ticket) return std::unexpected(ticket.error());
  if (++tickets_->taken > limits_->tickets_per_connection)
    return fail(Code::too_many_tickets, std::to_string(limits_->tickets_per_connection) + " are allowed");
  if (ticket->ticket.size() > limits_->ticket)
    return fail(Code::ticket_too_large, std::to_string(ticket->ticket.size()) + " octets, at most " +
                                            std::to_string(limits_->ticket) + " are allowed");
  const auto& settings = tickets_->config->impl();
  if (!settings.sessions || !tickets_->server_is_authenticated) return std::nullopt;
  // RFC 8446, 4.6.1: a lifetime of zero says to discard the ticket at once.
  const auto now = settings.clock();
  if (lifetime_of(*tickets_, *ticket, now) <= std::chrono::seconds(0)) return std::nullopt;
  if (auto kept = keep_session(*tickets_, *ticket, now); !kept) return std::unexpected(kept.error());
  return SessionStored{};
}

Result<void> ReceivingHalf::take_renegotiation(View raw) {
  const auto type = wire::type_of(raw);
  if (type != opening_type_)
    return fail(Code::unexpected_message, "it sent " + std::string(wire::message_name(raw)) + " after the handshake");
  // RFC 5246, 7.4.1.1: a HelloRequest is empty.
  if (type == wire::HandshakeType::hello_request)
    if (auto request = wire::parse_message<wire::HelloRequest>(raw); !request) return std::unexpected(request.error());
  if (takes_openings_) {
    // RFC 8446, 5.1 holds for the older version too: nothing may follow under keys that are about to change.
    if (!queue_.empty()) return fail(Code::data_across_key_change, "octets follow in the same record");
    opening_ = own(raw);
    return {};
  }
  if (type == wire::HandshakeType::client_hello) return fail(Code::renegotiation_refused);
  // A peer that asks again and again gets no more out of it than one that sends warnings.
  if (auto counted = count_warning(); !counted) return counted;
  request_refused_ = true;
  return {};
}

Result<Event> ReceivingHalf::take_key_update(View raw) {
  const auto update = wire::parse_message<wire::KeyUpdate>(raw);
  if (!update) return std::unexpected(update.error());
  const auto request = update->request_update;
  // RFC 8446, 4.6.3: any other value is illegal_parameter.
  if (request != wire::KeyUpdateRequest::update_not_requested && request != wire::KeyUpdateRequest::update_requested)
    return fail(Code::wrong_key_update_request, std::to_string(static_cast<unsigned>(request)));
  if (!queue_.empty()) return fail(Code::data_across_key_change, "octets follow KeyUpdate in the same record");
  if (++key_updates_ > limits_->key_updates)
    return fail(Code::too_many_key_updates, std::to_string(limits_->key_updates) + " are allowed");
  auto next = secret_.next();
  if (!next) return std::unexpected(next.error());
  if (auto installed = install(std::move(*next)); !installed) return std::unexpected(installed.error());
  return KeysUpdated{request == wire::KeyUpdateRequest::update_requested};
}

}  // namespace sotto::connection
