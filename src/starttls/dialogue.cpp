#include "starttls/dialogue.hpp"

#include "base/printable.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::size_t longest_words = 300;

}  // namespace

Dialogue::Dialogue(Protocol protocol, Role role, std::string_view first_step)
    : protocol_(protocol), role_(role), step_(first_step) {}

Result<std::size_t> Dialogue::receive(View in) {
  if (error_) return std::unexpected(*error_);
  if (!is_talking()) return fail(Code::wrong_state, "the dialogue before TLS is over");
  octets_ += in.size();
  if (octets_ > most_octets)
    return finish(fail(Code::starttls_too_much, "more than " + std::to_string(most_octets) + " octets"), in);
  return finish(take(in), in);
}

/// RFC 3207, 4.2, 5 and 6: whatever is there already when TLS begins was not protected by it. It must not be processed,
/// and a peer that goes by its protocol sends nothing there.
Result<std::size_t> Dialogue::finish(Result<std::size_t> taken, View in) {
  const bool something_follows = taken && state_ == State::upgrade_now && *taken != in.size();
  if (something_follows && !(record_may_follow_ && in[*taken] == handshake_record)) taken = injected();
  if (taken) return taken;
  state_ = State::failed;
  taken.error().during = waiting_for();
  error_ = taken.error();
  return taken;
}

Error Dialogue::failure() const {
  if (error_) return *error_;
  auto error = state_ != State::refused ? make_error(Code::starttls_cut)
               : role_ == Role::client  ? make_error(Code::starttls_refused, refusal_)
                                        : make_error(Code::starttls_declined, refusal_);
  error.during = waiting_for();
  return error;
}

std::string Dialogue::waiting_for() const {
  return std::string(starttls::facts(protocol_).name) + (role_ == Role::client ? " client: " : " server: ") +
         std::string(step_);
}

void Dialogue::upgrade_before_record() {
  record_may_follow_ = true;
  upgrade();
}

void Dialogue::upgrade_at_once() {
  began_at_once_ = true;
  upgrade_before_record();
}

void Dialogue::refuse(std::string_view said) {
  refusal_ = words(said);
  state_ = State::refused;
}

void Dialogue::fail_at_start(Error error) {
  error.during = waiting_for();
  error_ = std::move(error);
  state_ = State::failed;
}

Result<void> Dialogue::count_message() {
  if (++messages_ > most_messages)
    return fail(Code::starttls_too_much, "more than " + std::to_string(most_messages) + " lines or messages");
  return {};
}

std::unexpected<Error> Dialogue::injected() const {
  return fail(role_ == Role::client ? Code::starttls_injected_reply : Code::starttls_pipelined_command);
}

std::string words(std::string_view text) {
  auto result = with_marks_for_unprintable(text.substr(0, longest_words));
  if (text.size() > longest_words) result += " ...";
  return result;
}

std::string safe_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter_or_digit || std::string_view("-._:[]").contains(c)) result += c;
  }
  return result.empty() || result.size() > 255 ? "localhost" : result;
}

}  // namespace sotto::inline v0::starttls::detail
