#include "connection/renegotiation.hpp"

#include <algorithm>
#include <utility>

#include "connection/connection_impl.hpp"
#include "wire/messages12.hpp"

namespace sotto {
namespace {

using wire::HandshakeType;

/// Returns whether this renegotiation asks for the client's certificate: because the client had shown one and must stay
/// who it is, or it could become another by way of none; because the application wants it; or by configuration.
ClientAuth mode_of(const connection::Renegotiation& state, const ServerConfig::Impl& settings) {
  if (!state.before.peer_identity.empty()) return ClientAuth::required;
  return state.demanded.value_or(settings.client_auth);
}

/// Counts a renegotiation that the peer started.
Result<void> count(connection::Renegotiation& state, const Limits& limits, std::chrono::system_clock::time_point now) {
  if (state.started_by_peer.allows(limits.renegotiations_per_minute, now)) return {};
  return fail(Code::too_many_renegotiations,
              std::to_string(limits.renegotiations_per_minute) + " are allowed in a minute");
}

/// Appends `data`. When a vector grows by itself it leaves a copy of what it held behind.
void append_secret(Bytes& held, View data) {
  if (held.capacity() < held.size() + data.size()) {
    Bytes grown;
    grown.reserve(std::max(2 * held.capacity(), held.size() + data.size()));
    grown.insert(grown.end(), held.begin(), held.end());
    wipe(held);
    held = std::move(grown);
  }
  held.insert(held.end(), data.begin(), data.end());
}

}  // namespace

void Connection::Impl::prepare_renegotiation(handshake::Outcome& outcome) {
  if (outcome.summary.version != ProtocolVersion::tls12) return;
  const bool client = std::holds_alternative<ClientConfigPointer>(config);
  receiving.recognise_openings(client ? HandshakeType::hello_request : HandshakeType::client_hello,
                               outcome.renegotiable != nullptr);
  if (!outcome.renegotiable) {
    renegotiation.reset();
    return;
  }
  if (!renegotiation) renegotiation = std::make_unique<connection::Renegotiation>();
  renegotiation->before = std::move(*outcome.renegotiable);
  renegotiation->sending_keys_changed = renegotiation->receiving_keys_changed = false;
}

Result<void> Connection::Impl::check_renegotiable() const {
  if (error) return std::unexpected(*error);
  if (!established) return fail(Code::wrong_state, "the handshake comes before a renegotiation");
  if (summary && summary->version != ProtocolVersion::tls12)
    return fail(Code::wrong_state, "only TLS 1.2 has renegotiation");
  if (!renegotiation)
    return fail(Code::wrong_state, "the policy, the peer or HTTP/2 does not allow renegotiation here");
  if (handshake || receiving.awaits_renegotiation())
    return fail(Code::wrong_state, "a renegotiation is under way already");
  if (sending.is_closed()) return fail(Code::closed);
  return {};
}

Result<void> Connection::Impl::renegotiate(Buffer& out) {
  if (auto checked = check_renegotiable(); !checked) return checked;
  if (std::holds_alternative<ServerConfigPointer>(config)) return unless_misused(send_hello_request(out), out);
  start_renegotiation();
  return start(out);
}

Result<void> Connection::Impl::request_client_certificate(ClientAuth mode, Buffer& out) {
  const bool is_tls13 = std::holds_alternative<keys::Exporter13>(exporter);
  if (error) return std::unexpected(*error);
  if (!is_tls13)
    if (auto checked = check_renegotiable(); !checked) return checked;
  const auto* server = std::get_if<ServerConfigPointer>(&config);
  if (server == nullptr) return fail(Code::wrong_state, "only a server asks for a client certificate");
  if (!(*server)->impl().client_verifier)
    return fail(Code::wrong_state, "the configuration has nothing to verify client certificates with");
  if (mode != ClientAuth::optional && mode != ClientAuth::required)
    return fail(Code::wrong_state, "a client certificate can be optional or required");
  if (is_tls13) return unless_misused(request_later(mode, out), out);
  renegotiation->demanded = mode;
  return unless_misused(send_hello_request(out), out);
}

Result<void> Connection::Impl::send_hello_request(Buffer& out) {
  Bytes raw;
  if (auto encoded = wire::encode_message(wire::HelloRequest{}, raw); !encoded) return encoded;
  if (trace)
    trace->on({TraceEvent::Kind::handshake_message, Direction::sent, wire::HelloRequest::name, raw.size(),
               wire::print_message(raw)});
  sending.gather(raw);
  receiving.await_renegotiation();
  return sending.flush(out);
}

void Connection::Impl::start_renegotiation() {
  receiving.stop_awaiting_renegotiation();
  auto before = std::make_unique<handshake::Renegotiable>(renegotiation->before);
  if (const auto* client = std::get_if<ClientConfigPointer>(&config)) {
    handshake = std::make_unique<handshake::Handshake>(*this, *client, std::move(before), trace);
    return;
  }
  const auto& server = std::get<ServerConfigPointer>(config);
  const auto mode = mode_of(*renegotiation, server->impl());
  renegotiation->demanded.reset();
  handshake = std::make_unique<handshake::Handshake>(*this, server, std::move(before), mode, trace);
}

Result<Step> Connection::Impl::follow_opening(View opening, Step step, MutableView in) {
  const bool asked = receiving.awaits_renegotiation();
  const auto limits_and_time =
      std::visit([](const auto& used) { return std::pair(used->impl().policy.limits, used->impl().clock()); }, config);
  if (!asked)
    if (auto counted = count(*renegotiation, limits_and_time.first, limits_and_time.second); !counted)
      return std::unexpected(counted.error());
  const auto remaining = in.subspan(step.consumed);
  const bool possible = !sending.is_closed();  // nothing can be negotiated after close_notify
  if (possible) start_renegotiation();
  if (!is_client()) {
    if (possible)
      handshake->feed(opening);
    else
      receiving.tell(opening);
  }
  auto rest = possible ? receive_handshake(remaining) : receiving.step(remaining);
  if (rest) rest->consumed += step.consumed;
  return rest;
}

Result<void> Connection::Impl::hold(View data) {
  if (sending.is_closed() || renegotiation->close_held) return fail(Code::closed);
  auto& held = renegotiation->held;
  const auto limit = std::visit([](const auto& used) { return used->impl().policy.limits.held_data; }, config);
  if (data.size() > limit - held.size())
    return fail(Code::wrong_state,
                "a renegotiation is under way, for which at most " + std::to_string(limit) + " octets are kept back");
  append_secret(held, data);
  return {};
}

Result<void> Connection::Impl::release_held() {
  if (!renegotiation) return {};
  const SecretBytes held(std::exchange(renegotiation->held, {}));
  if (!held.empty())
    if (auto written = sending.write(held.view(), *output); !written) return written;
  if (std::exchange(renegotiation->close_held, false)) sending.send_alert(Alert::close_notify, *output);
  return {};
}

Result<void> Connection::Impl::abandon_renegotiation() {
  handshake.reset();
  question_announced = false;
  if (!renegotiation->sending_keys_changed) return release_held();
  // New keys that the peer's Finished did not confirm must not carry data, neither now nor later; and RFC 5246, 7.2.1
  // has whoever hears close_notify "close down the connection immediately, discarding any pending writes".
  wipe(renegotiation->held);
  renegotiation->held = Bytes();
  sending.forget_keys();
  return {};
}

}  // namespace sotto
