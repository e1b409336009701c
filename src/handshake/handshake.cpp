#include "handshake/handshake.hpp"

#include "handshake/flows.hpp"

namespace sotto::handshake {

Handshake::Handshake(Outside& outside, std::shared_ptr<const ClientConfig> config, ServerName name,
                     std::shared_ptr<Trace> trace, EarlyDataUse early_data)
    : state_(std::in_place_type<ClientState>, config, std::move(name), early_data),
      channel_(outside, config->impl().policy.limits, std::move(trace)),
      flow_(client_hello(channel_, std::get<ClientState>(state_))),
      flow_name_("client_hello") {}

Handshake::Handshake(Outside& outside, std::shared_ptr<const ServerConfig> config, std::shared_ptr<Trace> trace,
                     EarlyDataUse early_data)
    : state_(std::in_place_type<ServerState>, config, early_data),
      channel_(outside, config->impl().policy.limits, std::move(trace)),
      flow_(server_hello(channel_, std::get<ServerState>(state_))),
      flow_name_("server_hello") {}

Handshake::Handshake(Outside& outside, std::shared_ptr<const ClientConfig> config,
                     std::unique_ptr<const Renegotiable> before, std::shared_ptr<Trace> trace)
    : state_(std::in_place_type<ClientState>, config, ServerName(before->server_name), std::move(before)),
      channel_(outside, config->impl().policy.limits, std::move(trace)),
      flow_(client_hello(channel_, std::get<ClientState>(state_))),
      flow_name_("renegotiation: client_hello") {
  channel_.ignore_hello_requests();
}

Handshake::Handshake(Outside& outside, std::shared_ptr<const ServerConfig> config,
                     std::unique_ptr<const Renegotiable> before, ClientAuth mode, std::shared_ptr<Trace> trace)
    : state_(std::in_place_type<ServerState>, config, std::move(before), mode),
      channel_(outside, config->impl().policy.limits, std::move(trace)),
      flow_(server_hello(channel_, std::get<ServerState>(state_))),
      flow_name_("renegotiation: server_hello") {}

Handshake::Handshake(Outside& outside, std::shared_ptr<const ClientConfig> config, LaterAnswer later,
                     std::shared_ptr<Trace> trace)
    : state_(std::in_place_type<ClientState>, config, ServerName(""), EarlyDataUse::forbidden),
      channel_(outside, config->impl().policy.limits, std::move(trace)),
      flow_(client13_authentication(channel_, std::get<ClientState>(state_))),
      flow_name_("client13_authentication"),
      version_(ProtocolVersion::tls13) {
  channel_.transcript() = std::move(later.context);
  std::get<ClientState>(state_).own_type = later.own_type;
}

Handshake::Handshake(Outside& outside, std::shared_ptr<const ServerConfig> config, LaterRequest later,
                     std::shared_ptr<Trace> trace)
    : state_(std::in_place_type<ServerState>, config, EarlyDataUse::forbidden),
      channel_(outside, config->impl().policy.limits, std::move(trace)),
      flow_(server13_authentication(channel_, std::get<ServerState>(state_))),
      flow_name_("server13_authentication"),
      version_(ProtocolVersion::tls13) {
  channel_.transcript() = std::move(later.context);
  auto& state = std::get<ServerState>(state_);
  state.client_auth = later.mode;
  state.client_type = later.client_type;
  state.outcome.summary = std::move(later.summary);
}

Result<void> Handshake::run() {
  while (!done_) {
    if (auto pumped = channel_.pump(flow_, flow_name_); !pumped) return pumped;
    if (!flow_.outcome()) return {};
    start_next_flow();
  }
  return {};
}

/// The hello flow decides the version; the flow of that version does the rest.
void Handshake::start_next_flow() {
  if (version_) {
    flow_ = Flow();
    done_ = true;
    return;
  }
  if (auto* client = std::get_if<ClientState>(&state_)) {
    start_client_flow(*client);
  } else {
    start_server_flow(std::get<ServerState>(state_));
  }
  channel_.start_flow();
}

void Handshake::start_client_flow(ClientState& state) {
  version_ = state.version;
  if (version_ == ProtocolVersion::tls13) {
    flow_ = client13(channel_, state);
    flow_name_ = "client13";
  } else if (state.resumed) {
    flow_ = client12_resuming(channel_, state);
    flow_name_ = "client12_resuming";
  } else {
    flow_ = client12(channel_, state);
    flow_name_ = "client12";
  }
}

void Handshake::start_server_flow(ServerState& state) {
  version_ = state.agreed.version;
  if (version_ == ProtocolVersion::tls13) {
    flow_ = server13(channel_, state);
    flow_name_ = "server13";
  } else if (state.session) {
    flow_ = server12_resuming(channel_, state);
    flow_name_ = "server12_resuming";
  } else {
    flow_ = server12(channel_, state);
    flow_name_ = "server12";
  }
}

Result<void> Handshake::take_change_cipher_spec() {
  if (auto taken = channel_.take_change_cipher_spec(); !taken)
    return std::unexpected(channel_.locate(taken.error(), flow_name_));
  return {};
}

Result<void> Handshake::answer(Answer answer) {
  auto taken = channel_.answer(std::move(answer));
  if (!taken) return std::unexpected(channel_.locate(taken.error(), flow_name_));
  return {};
}

const Outcome& Handshake::outcome() const {
  return std::visit([](const auto& state) -> const Outcome& { return state.outcome; }, state_);
}

Outcome Handshake::take_outcome() {
  return std::visit([](auto& state) { return std::move(state.outcome); }, state_);
}

}  // namespace sotto::handshake
