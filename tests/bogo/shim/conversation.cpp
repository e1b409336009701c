#include "conversation.hpp"

#include <algorithm>

#include "failure.hpp"

namespace sotto::bogo {

Conversation::Conversation(const Setup& setup, Transport& transport)
    : transport_(transport),
      watcher_(*setup.watcher),
      octet_by_octet_(setup.options.async),
      answers_(setup),
      connection_(setup.connect(out_)) {
  answer_early_question();
  transport_.write(out_);
}

void Conversation::answer_early_question() {
  for (;;) {
    auto step = connection_.receive({}, out_);
    if (!step) give_up(step.error());
    const auto* question = std::get_if<Question>(&step->event);
    if (question == nullptr) return;
    if (auto taken = connection_.answer(question->id, answers_.to(*question), out_); !taken) give_up(taken.error());
  }
}

void Conversation::shake_hands() {
  while (!done_ && !early_data_came_)
    if (!step()) fail_at_end();
}

void Conversation::shake_hands_up_to(int message) {
  const auto received = "read hs " + std::to_string(message) + "\n";
  while (!watcher_.text().ends_with(received)) {
    if (!step()) fail_at_end();
    expect(!done_, "the handshake was done before that message came");
  }
}

void Conversation::fail_at_end() {
  if (auto ended = connection_.end_of_input(); !ended) throw Failure(ended.error());
  throw Failure("the peer closed the connection during the handshake");
}

void Conversation::write_early(std::string_view data) {
  must(connection_.write_early(ReplayableData(as_bytes(data)), out_));
  transport_.write(out_);
}

std::optional<std::string> Conversation::read(std::size_t most) {
  auto part = peek(most);
  if (part) data_.erase(0, part->size());
  return part;
}

std::optional<std::string> Conversation::peek(std::size_t most) {
  while (data_.empty() && !connection_.peer_has_closed()) {
    if (step()) continue;
    if (!done_) fail_at_end();
    return std::nullopt;
  }
  if (data_.empty()) return std::nullopt;
  return data_.substr(0, most);
}

void Conversation::write(std::string_view data) {
  must(connection_.write(as_bytes(data), out_));
  transport_.write(out_);
}

void Conversation::close() {
  must(connection_.close(out_));
  transport_.write(out_);
}

void Conversation::expect_close() {
  while (!connection_.peer_has_closed()) {
    expect(step(), "the peer's close_notify is missing");
    expect(data_.empty(), "the peer sent data instead of close_notify");
  }
}

void Conversation::abort(Alert alert) {
  must(connection_.abort(alert, out_));
  transport_.write(out_);
}

void Conversation::update_keys() {
  must(connection_.update_keys(Connection::UpdateKeys::ours, out_));
  transport_.write(out_);
}

bool Conversation::step() {
  auto step = connection_.receive(in_.readable(), out_);
  if (!step) give_up(step.error());
  note(step->event);
  in_.consume(step->consumed);
  transport_.write(out_);
  if (const auto* question = std::get_if<Question>(&step->event)) {
    if (auto taken = connection_.answer(question->id, answers_.to(*question), out_); !taken) give_up(taken.error());
    return true;
  }
  const auto* needed = std::get_if<NeedInput>(&step->event);
  return needed == nullptr || fetch(needed->at_least);
}

void Conversation::note(const Event& event) {
  if (const auto* answer = std::get_if<EarlyDataAnswered>(&event);
      answer && answer->status == EarlyDataStatus::rejected)
    answers_.early_data_was_rejected();
  if (const auto* early = std::get_if<EarlyData>(&event)) {
    data_.append(reinterpret_cast<const char*>(early->bytes.data()), early->bytes.size());
    early_data_came_ = true;
  }
  if (const auto* got = std::get_if<ApplicationData>(&event))
    data_.append(reinterpret_cast<const char*>(got->bytes.data()), got->bytes.size());
  done_ |= std::holds_alternative<HandshakeDone>(event);
}

bool Conversation::fetch(std::size_t at_least) {
  if (connection_.peer_has_closed()) return true;
  do {
    if (arrived_.empty() && !transport_.read(arrived_)) return false;
    const auto part = arrived_.readable().first(octet_by_octet_ ? 1 : arrived_.size());
    in_.append(part);
    arrived_.consume(part.size());
  } while (!octet_by_octet_ && in_.size() < at_least);
  return true;
}

void Conversation::give_up(const Error& error) {
  transport_.write(out_);
  // Errors are final: asking again changes nothing.
  const auto again = connection_.receive(in_.readable(), out_);
  expect(!again && again.error().code == error.code && out_.empty(), "the error was another one the second time");
  throw Failure(error);
}

}  // namespace sotto::bogo
