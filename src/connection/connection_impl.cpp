#include "connection/connection_impl.hpp"

#include "connection/resolver.hpp"
#include "connection/stored_session.hpp"

namespace sotto {
namespace {

/// Gives the halves and the handshake the place of output for one call.
class OutputScope {
 public:
  OutputScope(Buffer*& place, Buffer& out) : place_(place) { place_ = &out; }
  OutputScope(const OutputScope&) = delete;
  OutputScope& operator=(const OutputScope&) = delete;
  ~OutputScope() { place_ = nullptr; }

 private:
  Buffer*& place_;
};

}  // namespace

Connection::Impl::Impl(ClientConfigPointer used, const ServerName& name, const ConnectionOptions& options)
    : config(used),
      trace(options.trace),
      sending(used->impl().policy, trace),
      receiving(used->impl().policy.limits, trace),
      handshake(std::make_unique<handshake::Handshake>(*this, used, name, trace, options.early_data)),
      summary(std::make_unique<Summary>()),
      heard_hello(true) {}

Connection::Impl::Impl(ServerConfigPointer used, const ConnectionOptions& options)
    : config(used),
      trace(options.trace),
      sending(used->impl().policy, trace),
      receiving(used->impl().policy.limits, trace),
      handshake(std::make_unique<handshake::Handshake>(*this, used, trace, options.early_data)),
      summary(std::make_unique<Summary>()) {}

Result<void> Connection::Impl::start(Buffer& out) {
  const OutputScope scope(output, out);
  if (auto advanced = advance(); !advanced) return std::unexpected(give_up(advanced.error(), out));
  question_announced = false;  // the first call of `receive` tells it
  return {};
}

Result<Step> Connection::Impl::receive(MutableView in, Buffer& out) {
  if (error) return std::unexpected(*error);
  const OutputScope scope(output, out);
  auto step = is_authenticating()       ? receive_authentication(in)
              : handshake || unreported ? receive_handshake(in)
                                        : receiving.step(in);
  if (const auto opening = receiving.take_opening(); step && !opening.empty())
    step =
        authentication ? follow_request(opening, std::move(*step), in) : follow_opening(opening, std::move(*step), in);
  if (!step) return std::unexpected(give_up(step.error(), out));
  if (const auto* updated = std::get_if<KeysUpdated>(&step->event); updated != nullptr && updated->reply_pending)
    sending.owe_key_update();
  if (receiving.take_refused_request()) sending.send_warning(Alert::no_renegotiation, out);
  return step;
}

Result<Step> Connection::Impl::receive_handshake(MutableView in) {
  std::size_t consumed = 0;
  for (;;) {
    auto question = advance();
    if (!question) return std::unexpected(question.error());
    if (*question) return Step{consumed, std::move(**question)};
    if (std::exchange(early_answer_unreported, false))
      return Step{consumed, EarlyDataAnswered{summary->early_data, summary->early_data_reason}};
    if (auto done = std::exchange(unreported, std::nullopt)) return Step{consumed, std::move(*done)};
    if (handshake->has_question()) return Step{consumed, AwaitingAnswer{}};
    if (receiving.peer_has_closed()) return fail(Code::peer_alert, "it closed the connection during the handshake");

    const auto deframed = receiving.deframe(in.subspan(consumed));
    if (!deframed) return std::unexpected(deframed.error());
    if (!deframed->record) return Step{consumed, NeedInput{deframed->needed}};
    consumed += deframed->record->octets();
    auto event = take_handshake_record(*deframed->record);
    if (!event) return std::unexpected(event.error());
    if (*event) return Step{consumed, std::move(**event)};
  }
}

Result<std::optional<Event>> Connection::Impl::take_handshake_record(const record::Record& record) {
  using record::ContentType;
  if (record.type == ContentType::change_cipher_spec) {
    if (auto taken = take_change_cipher_spec(record); !taken) return std::unexpected(taken.error());
    return std::nullopt;
  }
  const auto result = receiving.open(record);
  if (!result) return std::unexpected(result.error());
  // RFC 8446, 5.1: no other records between the fragments of a handshake message, skipped ones neither.
  if (!*result && handshake->has_input()) return fail(Code::unexpected_record, "inside a fragmented handshake message");
  if (!*result) return std::nullopt;
  const auto& opened = *result;
  if (opened->type != ContentType::handshake && handshake->has_input())
    return fail(Code::unexpected_record, "inside a fragmented handshake message");
  if (opened->type == ContentType::alert) return take_handshake_alert(opened->content);
  if (opened->type == ContentType::application_data && early_keys && !is_client())
    return take_early_data(opened->content);
  if (opened->type == ContentType::application_data) return take_interleaved_data(opened->content);
  if (opened->type != ContentType::handshake)
    return fail(Code::unexpected_record,
                "content type " + std::to_string(static_cast<unsigned>(opened->type)) + " during the handshake");
  heard_hello = true;
  handshake->feed(opened->content);
  return std::nullopt;
}

Result<std::optional<Event>> Connection::Impl::take_handshake_alert(View content) {
  using Meaning = connection::ReceivingHalf::AlertMeaning;
  // A server of TLS 1.2 judges the client's certificate before it sends its Finished.
  if (handshake->version() == ProtocolVersion::tls12)
    receiving.note_certificate_answer(handshake->outcome().certificate_answer);
  const auto meaning = receiving.take_alert(content);
  if (!meaning) return std::unexpected(meaning.error());
  if (*meaning == Meaning::closed) {
    receiving.note_peer_closed();
    if (!established) return std::nullopt;
    if (auto abandoned = abandon_renegotiation(); !abandoned) return std::unexpected(abandoned.error());
    return PeerClosed{};
  }
  // RFC 5246, 7.2.2: it answers a ClientHello, and nothing that comes later.
  const bool declined = *meaning == Meaning::renegotiation_declined && established && !handshake->version();
  if (!declined) return std::nullopt;
  if (auto abandoned = abandon_renegotiation(); !abandoned) return std::unexpected(abandoned.error());
  return RenegotiationRefused{};
}

Result<std::optional<Event>> Connection::Impl::take_interleaved_data(MutableView content) {
  // Between the peer's change_cipher_spec and its Finished nothing is authenticated.
  if (!established || renegotiation->receiving_keys_changed)
    return fail(Code::unexpected_record, "application data during the handshake");
  if (content.empty()) return std::nullopt;
  return ApplicationData{as_public(content)};
}

Result<std::optional<Event>> Connection::Impl::take_early_data(MutableView content) {
  // RFC 8446, 4.2.10: only the payload counts, "not padding or the inner content type byte".
  if (content.size() > early->left) return fail(Code::too_much_accepted_early_data);
  early->left -= content.size();
  if (content.empty()) return std::nullopt;
  return EarlyData{as_public(content)};
}

Result<void> Connection::Impl::take_change_cipher_spec(const record::Record& record) {
  // RFC 5246, 7.1: in TLS 1.2 it has a place and a meaning; in TLS 1.3 it is dropped during the handshake.
  if (!heard_hello || handshake->has_input()) return fail(Code::bad_change_cipher_spec);
  if (handshake->version() != ProtocolVersion::tls12) return receiving.drop_change_cipher_spec(record);
  // In a renegotiation it comes protected by the keys that it ends.
  if (!established && receiving.protection() != record::Protection::none) return fail(Code::bad_change_cipher_spec);
  const auto opened = receiving.open(record);
  if (!opened) return std::unexpected(opened.error());
  const View content = *opened ? View((*opened)->content) : View();
  if (content.size() != 1 || content[0] != 1) return fail(Code::bad_change_cipher_spec);
  if (trace)
    trace->on({TraceEvent::Kind::change_cipher_spec, Direction::received, "change_cipher_spec", content.size(), {}});
  return handshake->take_change_cipher_spec();
}

Result<std::optional<Question>> Connection::Impl::advance() {
  auto question = run_handshake();
  // One flush for all that this step has to say, so that a flight takes few records.
  if (!question) return question;
  if (auto flushed = sending.flush(*output); !flushed) return std::unexpected(flushed.error());
  if (handshake && handshake->is_done())
    if (auto finished = finish_handshake(); !finished) return std::unexpected(finished.error());
  return question;
}

Result<std::optional<Question>> Connection::Impl::run_handshake() {
  while (handshake) {
    if (auto run = handshake->run(); !run) return std::unexpected(run.error());
    if (handshake->is_done() || !handshake->has_question() || question_announced) break;
    auto question = handshake->question();
    auto answer = resolve_here(question);
    if (!answer) {
      question_announced = true;
      return Question{static_cast<QuestionId>(++questions), std::move(question)};
    }
    if (auto taken = handshake->answer(std::move(*answer)); !taken) return std::unexpected(taken.error());
  }
  return std::nullopt;
}

std::optional<Answer> Connection::Impl::resolve_here(const handshake::QuestionVariant& question) const {
  return std::visit([&](const auto& used) { return resolve(used->impl(), question); }, config);
}

Result<void> Connection::Impl::finish_handshake() {
  if (is_authenticating()) return finish_authentication();
  auto outcome = handshake->take_outcome();
  handshake.reset();
  early.reset();
  sending.finish_handshake();
  exporter = std::move(outcome.exporter);
  keep_session_name(std::move(outcome.stored_session));
  first_finished = outcome.first_finished;
  credential = std::move(outcome.credential);
  keep_ticket_taker(outcome);
  const bool first = !std::exchange(established, true);
  unreported = first ? Event(HandshakeDone{}) : Event(Renegotiated{});
  prepare_renegotiation(outcome);
  prepare_authentication(outcome);
  receiving.note_certificate_answer(std::move(outcome.certificate_answer));
  keep_summary(std::move(outcome.summary));
  return first ? Result<void>() : release_held();
}

/// In place: the caller may hold a reference to the summary.
void Connection::Impl::keep_summary(Summary told) {
  if (summary)
    *summary = std::move(told);
  else
    summary = std::make_unique<Summary>(std::move(told));
}

void Connection::Impl::keep_session_name(handshake::StoredSessionName name) {
  if (name.id.empty()) return;
  forget_session();  // a renegotiation left another one
  stored_session = std::move(name);
}

void Connection::Impl::keep_ticket_taker(handshake::Outcome& outcome) {
  const auto* client = std::get_if<ClientConfigPointer>(&config);
  if (client == nullptr || outcome.summary.version != ProtocolVersion::tls13) return;
  auto taker = std::make_unique<connection::TicketTaker>();
  taker->config = *client;
  taker->resumption_secret = std::move(outcome.resumption_secret);
  taker->cipher_suite = outcome.summary.cipher_suite;
  taker->server_name = outcome.server_name;
  taker->application_protocol = outcome.summary.application_protocol;
  taker->authenticated = outcome.summary.peer_authenticated;
  taker->session_began = outcome.session_began;
  taker->own_identity = std::move(outcome.own_identity);
  taker->evidence = std::move(outcome.evidence);
  taker->max_fragment_length = outcome.max_fragment_length;
  taker->sent_record_limit = static_cast<std::uint16_t>(outcome.summary.sent_record_limit);
  taker->server_is_authenticated = outcome.server_is_authenticated;
  receiving.take_tickets(std::move(taker));
}

Result<void> Connection::Impl::end_of_input() {
  if (error) return std::unexpected(*error);
  if (receiving.peer_has_closed()) return {};
  auto seen = make_error(Code::truncated);
  if (handshake) seen = handshake->locate(std::move(seen));
  error = seen;
  forget_secrets();
  return std::unexpected(std::move(seen));
}

Result<void> Connection::Impl::answer(QuestionId id, Answer answer, Buffer& out) {
  if (error) return std::unexpected(*error);
  if (!question_announced || static_cast<std::uint64_t>(id) != questions) return fail(Code::no_such_question);
  const OutputScope scope(output, out);
  if (auto taken = handshake->answer(std::move(answer)); !taken) {
    if (handshake->has_question()) return taken;  // it is still open
    return std::unexpected(give_up(taken.error(), out));
  }
  question_announced = false;
  return {};
}

Result<void> Connection::Impl::write(View data, Buffer& out) {
  if (error) return std::unexpected(*error);
  if (!established && !may_write_early)
    return fail(Code::wrong_state, "data can be written once the handshake is done");
  if (is_renegotiating()) return hold(data);
  return unless_misused(sending.write(data, out), out);
}

std::size_t Connection::Impl::early_data_limit() const {
  const bool open = !error && early && early_keys && is_client() && !sending.is_closed();
  return open ? early->left : 0;
}

Result<void> Connection::Impl::write_early(View data, Buffer& out) {
  if (error) return std::unexpected(*error);
  if (!early || !early_keys || !is_client() || sending.is_closed())
    return fail(Code::early_data_unavailable,
                handshake ? to_string(handshake->outcome().summary.early_data_reason) : "the handshake is done");
  if (data.size() > early->left)
    return fail(Code::early_data_too_long,
                std::to_string(data.size()) + " octets, at most " + std::to_string(early->left) + " are allowed now");
  if (auto written = sending.write(data, out); !written) return std::unexpected(give_up(written.error(), out));
  early->left -= data.size();
  return {};
}

Result<void> Connection::Impl::close(Buffer& out) {
  if (error) return std::unexpected(*error);
  if (is_renegotiating()) {
    renegotiation->close_held = true;
    return {};
  }
  // A server that may write already may close too: the rest of the handshake is the client's.
  const bool cancels = !established && !may_write_early;
  // RFC 8446, 6.1: user_canceled "SHOULD be followed by a close_notify".
  if (cancels) sending.send_alert(Alert::user_canceled, out);
  sending.send_alert(Alert::close_notify, out);
  if (!cancels) return {};
  error = make_error(Code::closed, "the handshake was cancelled");
  forget_secrets();
  return {};
}

Result<void> Connection::Impl::abort(Alert alert, Buffer& out) {
  if (error) return std::unexpected(*error);
  auto ended = make_error(Code::closed);
  ended.alert = alert;
  static_cast<void>(give_up(std::move(ended), out));
  return {};
}

Result<void> Connection::Impl::update_keys(UpdateKeys which, Buffer& out) {
  if (error) return std::unexpected(*error);
  if (!established) return fail(Code::wrong_state, "keys can be updated once the handshake is done");
  const auto request = which == UpdateKeys::both ? wire::KeyUpdateRequest::update_requested
                                                 : wire::KeyUpdateRequest::update_not_requested;
  return unless_misused(sending.update_keys(request, out), out);
}

Result<void> Connection::Impl::export_keying_material(std::string_view label, std::optional<View> context,
                                                      MutableView out) const {
  if (error) return std::unexpected(*error);
  // A server that may write already may export too.
  const bool before_the_end = !established && may_write_early && handshake;
  return keys::export_from(before_the_end ? handshake->outcome().exporter : exporter, label, context, out);
}

Result<void> Connection::Impl::export_early_keying_material(std::string_view label, View context,
                                                            MutableView out) const {
  if (error) return std::unexpected(*error);
  if (!early) return fail(Code::wrong_state, "there is no early data on this connection, or no longer");
  return keys::export_from(early->exporter, label, context, out);
}

void Connection::Impl::begin_early_data(std::size_t octets, keys::Exporter13 early_exporter) {
  early = std::make_unique<EarlyDataInFlight>(EarlyDataInFlight{octets, std::move(early_exporter)});
}

void Connection::Impl::answer_early_data(EarlyDataStatus status) {
  keep_summary(handshake->outcome().summary);
  early_answer_unreported = true;
  if (status == EarlyDataStatus::accepted) return;
  early.reset();
  early_keys = false;
}

Result<void> Connection::Impl::send_handshake(View message) {
  if (is_authenticating() && is_client()) {
    authentication->answer.insert(authentication->answer.end(), message.begin(), message.end());
    return {};
  }
  sending.gather(message);
  return {};
}

Result<void> Connection::Impl::send_compatibility_change_cipher_spec() {
  return sending.send_compatibility_change_cipher_spec(*output);
}

Result<void> Connection::Impl::send_change_cipher_spec() { return sending.send_change_cipher_spec(*output); }

Result<void> Connection::Impl::install_sending_keys(handshake::Epoch epoch, keys::TrafficSecret secret) {
  tell_keys(Direction::sent, epoch);
  if (is_client()) early_keys = epoch == handshake::Epoch::early;
  may_write_early = !is_client() && early && epoch == handshake::Epoch::application;
  if (epoch == handshake::Epoch::early) return sending.install_early(secret, *output);
  return sending.install(std::move(secret), *output);
}

Result<void> Connection::Impl::install_receiving_keys(handshake::Epoch epoch, keys::TrafficSecret secret) {
  tell_keys(Direction::received, epoch);
  if (!is_client()) early_keys = epoch == handshake::Epoch::early;
  if (epoch == handshake::Epoch::early) return receiving.install_early(std::move(secret));
  return receiving.install(std::move(secret));
}

Result<void> Connection::Impl::install_sending_keys(keys::DirectionKeys keys) {
  tell_keys(Direction::sent, handshake::Epoch::application);
  if (renegotiation) renegotiation->sending_keys_changed = true;
  return sending.install(keys, *output);
}

Result<void> Connection::Impl::install_receiving_keys(keys::DirectionKeys keys) {
  tell_keys(Direction::received, handshake::Epoch::application);
  if (renegotiation) renegotiation->receiving_keys_changed = true;
  return receiving.install(keys);
}

void Connection::Impl::limit_records(const handshake::RecordLimits& limits) {
  sending.limit(limits);
  receiving.limit(limits);
}

Error Connection::Impl::give_up(Error seen, Buffer& out) {
  if (handshake) seen = handshake->locate(std::move(seen));
  if (seen.alert && seen.code != Code::peer_alert) sending.send_alert(*seen.alert, out);
  error = seen;
  if (handshake) keep_session_name(handshake->outcome().stored_session);
  forget_session();
  forget_secrets();
  return seen;
}

Result<void> Connection::Impl::unless_misused(Result<void> done, Buffer& out) {
  if (done || error || done.error().origin == Origin::caller) return done;
  return std::unexpected(give_up(std::move(done.error()), out));
}

Error Connection::Impl::break_off(Error thrown, Buffer* out) noexcept {
  // An error that was final already stays what it is; its words may not fit into memory any more.
  if (error) return {error->code, error->origin, error->alert, {}, {}};
  error = std::move(thrown);
  try {
    if (out != nullptr && error->alert) sending.send_alert(*error->alert, *out);
  } catch (...) {
    // The peer has to do without.
  }
  try {
    if (handshake) keep_session_name(handshake->outcome().stored_session);
    forget_session();
  } catch (...) {
    // A store that has no memory left for it has none for the session either.
  }
  forget_secrets();
  return *error;
}

// RFC 8446, 6: "Servers and clients MUST forget the secret values and keys established in failed connections".
void Connection::Impl::forget_secrets() noexcept {
  handshake.reset();
  early.reset();
  unreported.reset();
  renegotiation.reset();
  authentication.reset();
  sending.forget_keys();
  receiving.forget_keys();
  exporter.emplace<std::monostate>();
}

void Connection::Impl::forget_session() { connection::forget(config, stored_session); }

void Connection::Impl::tell_keys(Direction direction, handshake::Epoch epoch) const {
  if (!trace) return;
  static constexpr std::array<std::string_view, 3> names = {"early data keys", "handshake keys", "application keys"};
  trace->on({TraceEvent::Kind::new_keys, direction, names.at(static_cast<std::size_t>(epoch)), 0, {}});
}

}  // namespace sotto
