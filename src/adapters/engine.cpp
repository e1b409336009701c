#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <variant>

#include <sotto/adapter/engine.hpp>

#include "base/contain.hpp"
#include "base/result.hpp"

namespace sotto::inline v0::adapter {
namespace {

// RFC 8446, 5.2: a protected record holds at most 2^14 + 256 octets behind a header of 5.
constexpr std::size_t one_record = 5 + 16384 + 256;
// While data streams in, several records are read with one call of the transport.
constexpr std::size_t several_records = 4 * one_record;

template <class T>
bool is(const Event& event) {
  return std::holds_alternative<T>(event);
}

}  // namespace

Engine::Engine(std::shared_ptr<const ClientConfig> config, const ServerName& name, ConnectionOptions options) {
  options.early_data = EarlyDataUse::forbidden;
  auto connection = Connection::client(std::move(config), name, out_, std::move(options));
  if (connection) {
    connection_.emplace(std::move(*connection));
    return;
  }
  keep_error(std::move(connection.error()));
}

Engine::Engine(std::shared_ptr<const ServerConfig> config, ConnectionOptions options) : is_server_(true) {
  options.early_data = EarlyDataUse::forbidden;  // it has no place among what `read` returns
  auto connection = Connection::server(std::move(config), std::move(options));
  if (connection) {
    connection_.emplace(std::move(*connection));
    return;
  }
  keep_error(std::move(connection.error()));
}

Progress Engine::handshake() {
  while (!broken_ && !is_established()) {
    const auto next = advance();
    if (next != Next::done) return {next};
  }
  if (!broken_ && is_server_ && summary().version == ProtocolVersion::tls13) return {};
  return flush();
}

Progress Engine::read(std::span<std::byte> into) {
  if (into.empty()) return {};
  if (!broken_ && !is_established())
    return contained([&] { return misuse(make_error(Code::wrong_state, "the handshake comes before reading")); });
  std::size_t count = 0;
  while (count < into.size()) {
    if (plaintext_.empty()) {
      const auto next = advance();
      // What has arrived is delivered first; the same end or failure is met again by the next call.
      if (next != Next::done) return count != 0 ? Progress{Next::done, count} : Progress{next};
    }
    count += take_plaintext(into.subspan(count));
  }
  return {Next::done, count};
}

Progress Engine::write(std::span<const std::byte> data) {
  if (broken_) return {failure()};
  if (data.empty()) return {};
  return contained([&]() -> Progress {
    if (output_lost_) {
      remember(make_error(Code::io_failed, "the transport takes no more data"));
      return {Next::failed};  // reading goes on
    }
    if (auto written = connection_->write(data, out_); !written) return misuse(std::move(written.error()));
    return {Next::done, data.size()};
  });
}

Progress Engine::flush() {
  if (has_output()) return {Next::write_output};
  return {broken_ ? Next::failed : Next::done};
}

Progress Engine::close() {
  if (broken_) return {failure()};
  if (!closed_) {
    if (auto sent = connection_->close(out_); !sent) return misuse(std::move(sent.error()));
    closed_ = true;
  }
  return flush();
}

Progress Engine::shutdown() {
  const bool established = is_established();
  if (auto sent = close(); sent.next != Next::done || !established) return sent;
  for (;;) {
    if (!plaintext_.empty()) drop_record();
    const auto next = advance();
    if (next == Next::ended) return {};
    if (next != Next::done) return {next};
  }
}

Progress Engine::update_keys(Connection::UpdateKeys which) {
  if (broken_) return {failure()};
  if (auto updated = connection_->update_keys(which, out_); !updated) return misuse(std::move(updated.error()));
  return flush();
}

Result<void> Engine::answer(QuestionId id, Answer answer) {
  return contain([&]() -> Result<void> {
    if (broken_) return std::unexpected(*error());
    return connection_->answer(id, std::move(answer), out_);
  });
}

std::span<const std::byte> Engine::begin_write() {
  if (sending_.empty()) sending_ = std::exchange(out_, Buffer());
  writing_ = true;
  return std::as_const(sending_).readable();
}

void Engine::end_write(std::size_t count) {
  writing_ = false;
  sending_.consume(count);
  if (sending_.empty()) sending_.release();
}

bool Engine::lose_output() {
  if (broken_ || !is_established()) return false;
  output_lost_ = true;
  out_.release();
  sending_.release();
  return true;
}

std::span<std::byte> Engine::begin_read() {
  const auto wished = std::max(drained_ ? one_record : several_records, needed_);
  try {
    // What is already here counts: a record never needs more than `wished` in all.
    const auto room = in_.prepare(wished > in_.size() ? wished - in_.size() : one_record);
    room_ = room.size();
    reading_ = true;
    return room;
  } catch (...) {
    break_off();
    return {};
  }
}

void Engine::end_read(std::size_t count) {
  reading_ = false;
  in_.commit(count);
  drained_ = count < room_;
  if (in_.empty()) in_.release();
}

void Engine::input_ended() {
  if (broken_ || connection_->peer_has_closed()) return;
  if (auto end = connection_->end_of_input(); !end) keep_error(std::move(end.error()));
}

const Summary& Engine::summary() const {
  static const Summary nothing;
  return connection_ ? connection_->summary() : nothing;
}

template <class Operation>
Progress Engine::contained(const Operation& operation) noexcept {
  try {
    return operation();
  } catch (...) {
    break_off();
    return {failure()};
  }
}

// Only for catch blocks: ends the connection with what was thrown, and tells the peer if that can be done.
void Engine::break_off() noexcept {
  keep_error(error_of_exception());
  if (connection_) (void)connection_->abort(Alert::internal_error, out_);
}

// Runs the connection until there is news: a plaintext or an established connection (`done`), an end, or a need.
Next Engine::advance() noexcept {
  return contained([&] { return Progress{run_until_news()}; }).next;
}

Next Engine::run_until_news() {
  for (;;) {
    if (broken_) return failure();
    if (connection_->peer_has_closed()) return Next::ended;
    // The record at the front is incomplete, and its rest is on its way into the buffer.
    if (reading_) return Next::read_input;
    auto event = take_step();
    if (!event) return failure();
    if (is<NeedInput>(*event)) {
      needed_ = std::get<NeedInput>(*event).at_least;
      return Next::read_input;
    }
    if (is<AwaitingAnswer>(*event)) return Next::await_answer;
    if (is<HandshakeDone>(*event)) return Next::done;
    if (!plaintext_.empty()) return Next::done;
    if (is<Question>(*event)) ask(std::move(std::get<Question>(*event)));
  }
}

std::optional<Event> Engine::take_step() {
  auto step = connection_->receive(in_.readable(), out_);
  if (!step) {
    keep_error(std::move(step.error()));
    in_.release();
    return {};
  }
  const auto* data = std::get_if<ApplicationData>(&step->event);
  if (data == nullptr || data->bytes.empty()) {
    consume(step->consumed);
    return std::move(step->event);
  }
  plaintext_ = data->bytes;
  record_ = step->consumed;
  return std::move(step->event);
}

void Engine::ask(Question question) {
  if (ask_) return ask_(std::move(question));
  auto refusal = make_error(Code::invalid_configuration, "a question is asked late, but nobody is there to answer it");
  refusal.alert = Alert::internal_error;  // a mistake of configuration, but the peer is waiting
  if (auto refused = connection_->answer(question.id, std::move(refusal), out_); !refused) keep_error(refused.error());
}

std::size_t Engine::take_plaintext(std::span<std::byte> into) {
  const auto count = std::min(into.size(), plaintext_.size());
  if (count != 0) std::memcpy(into.data(), plaintext_.data(), count);
  plaintext_ = plaintext_.subspan(count);
  if (plaintext_.empty()) drop_record();
  return count;
}

void Engine::drop_record() {
  plaintext_ = {};
  consume(std::exchange(record_, 0));
}

void Engine::consume(std::size_t count) {
  if (count != 0) in_.consume(count);
  if (in_.empty() && !reading_) in_.release();
}

void Engine::keep_error(Error error) noexcept {
  if (broken_) return;
  broken_ = true;
  remember(std::move(error));
}

// An operation that was refused but leaves the connection as it was, unless the library or the keys failed.
Progress Engine::misuse(Error error) {
  if (error.origin != Origin::caller) {
    keep_error(std::move(error));
    return {failure()};
  }
  remember(std::move(error));
  return {Next::failed};
}

void Engine::remember(Error error) noexcept {
  try {
    error_ = std::make_unique<Error>(std::move(error));
  } catch (const std::bad_alloc&) {
    error_.reset();  // what is told then stands in error()
    unremembered_ = true;
  }
}

const Error* Engine::error() const {
  static const auto no_memory = make_error(Code::internal_error, "memory ran out");
  return !error_ && unremembered_ ? &no_memory : error_.get();
}

}  // namespace sotto::inline v0::adapter
