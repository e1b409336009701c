#include "connection/authentication.hpp"

#include <utility>

#include "connection/connection_impl.hpp"

namespace sotto {

using connection::PostHandshake;

void Connection::Impl::prepare_authentication(handshake::Outcome& outcome) {
  if (!outcome.context) return;
  authentication = std::make_unique<connection::Authentication>();
  authentication->context = std::move(*outcome.context);
  authentication->client_type = outcome.client_type;
  receiving.expect_later(is_client() ? PostHandshake::certificate_request : PostHandshake::no_authentication);
}

Result<void> Connection::Impl::request_later(ClientAuth mode, Buffer& out) {
  if (!authentication)
    return fail(Code::wrong_state, "this client does not take requests after the handshake, or HTTP/2 forbids them");
  if (is_authenticating()) return fail(Code::wrong_state, "a request for a certificate is under way already");
  if (sending.is_closed()) return fail(Code::closed);
  auto context = authentication->context.clone();
  if (!context) return std::unexpected(context.error());
  const auto& server = std::get<ServerConfigPointer>(config);
  handshake = std::make_unique<handshake::Handshake>(
      *this, server,
      handshake::LaterRequest{std::move(*context), mode, authentication->client_type, summary ? *summary : Summary()},
      trace);
  authentication->under_way = true;
  authentication->answer_begun = false;
  receiving.expect_later(PostHandshake::certificate);
  return start(out);
}

Result<Step> Connection::Impl::follow_request(View request, Step step, MutableView in) {
  if (sending.is_closed()) {  // nothing can be answered after close_notify
    auto rest = receiving.step(in.subspan(step.consumed));
    if (rest) rest->consumed += step.consumed;
    return rest;
  }
  const auto& client = std::get<ClientConfigPointer>(config);
  const auto most = client->impl().policy.limits.renegotiations_per_minute;
  if (!authentication->requests.allows(most, client->impl().clock()))
    return fail(Code::too_many_renegotiations,
                "requests for a certificate; " + std::to_string(most) + " are allowed in a minute");
  auto context = authentication->context.clone();
  if (!context) return std::unexpected(context.error());
  handshake = std::make_unique<handshake::Handshake>(
      *this, client, handshake::LaterAnswer{std::move(*context), authentication->client_type}, trace);
  authentication->under_way = true;
  handshake->feed(request);
  auto rest = receive_authentication(in.subspan(step.consumed));
  if (rest) rest->consumed += step.consumed;
  return rest;
}

Result<Step> Connection::Impl::receive_authentication(MutableView in) {
  std::size_t consumed = 0;
  for (;;) {
    auto question = advance();
    if (!question) return std::unexpected(question.error());
    if (*question) return Step{consumed, std::move(**question)};
    if (auto done = std::exchange(unreported, std::nullopt)) return Step{consumed, std::move(*done)};
    if (handshake->has_question()) return Step{consumed, AwaitingAnswer{}};

    auto step = receiving.step(in.subspan(consumed));
    if (!step) return step;
    consumed += step->consumed;
    const auto message = receiving.take_opening();
    if (!message.empty()) {
      authentication->answer_begun = true;
      handshake->feed(message);
      continue;
    }
    // RFC 8446, 4.6.2: "All of the client's messages for a given response MUST appear consecutively on the wire".
    if (authentication->answer_begun && !std::holds_alternative<NeedInput>(step->event))
      return fail(Code::unexpected_message, "something else between the messages of the client's authentication");
    step->consumed = consumed;
    return step;
  }
}

Result<void> Connection::Impl::finish_authentication() {
  auto outcome = handshake->take_outcome();
  handshake.reset();
  authentication->under_way = false;
  const auto answer = std::exchange(authentication->answer, {});
  if (!answer.empty()) {
    sending.gather(answer);
    if (auto flushed = sending.flush(*output); !flushed) return flushed;
  }
  if (is_client()) {
    if (!outcome.own_identity.empty()) receiving.note_own_identity(std::move(outcome.own_identity));
    receiving.note_certificate_answer(std::move(outcome.certificate_answer));
  } else {
    receiving.expect_later(PostHandshake::no_authentication);
    keep_summary(std::move(outcome.summary));
  }
  unreported = ClientAuthenticated{};
  return {};
}

}  // namespace sotto
