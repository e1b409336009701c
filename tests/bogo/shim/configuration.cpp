#include "configuration.hpp"

#include "failure.hpp"
#include "policy.hpp"
#include "stub_verifier.hpp"

namespace sotto::bogo {
namespace {

/// Splits a list in the form of RFC 7301, 3.1: a length before each name.
std::vector<std::string> protocols_of(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < list.size();) {
    const auto length = static_cast<unsigned char>(list[at]);
    names.push_back(list.substr(at + 1, length));
    at += 1 + length;
  }
  return names;
}

/// What the tests take for the most that a server accepts.
constexpr std::size_t early_data_octets = 14336;

/// The tests do not replay anything, and their clock stands still.
class TrustingGuard final : public ReplayGuard {
 public:
  bool is_first(const EarlyDataAttempt&) override { return true; }
};

}  // namespace

Setup::Setup(const Options& asked, const Options& retry, ShimState& kept)
    : options(asked),
      state(kept),
      policy(make_policy(asked)),
      credentials(load_credentials(asked)),
      psks(load_psks(asked)),
      verifier(make_stub_verifier(asked)),
      retry_verifier(make_stub_verifier(retry)) {
  if (!state.ticket_keys) {
    state.ticket_keys = must(TicketKeys::generate());
    state.keys_without_tickets = must(TicketKeys::generate());
  }
}

Clock Setup::clock() const {
  return [now = state.now] { return now; };
}

Ask Setup::questions() const {
  const auto asked = Ask::credential | Ask::signature | Ask::decryption;
  return options.use_custom_verify_callback ? asked | Ask::verification : asked;
}

std::shared_ptr<const ClientConfig> Setup::client_config() const {
  auto builder = ClientConfig::builder();
  builder.policy(policy).verifier(verifier).clock(clock()).key_log(secrets).ask(questions());
  // A client that keeps sessions takes tickets too.
  builder.alpn(protocols_of(options.advertise_alpn)).session_store(options.no_ticket ? nullptr : state.sessions);
  for (const auto& credential : credentials) builder.credential(credential.shown);
  for (const auto& each : psks) builder.external_psk(each.psk);
  if (options.reverify_on_resume) builder.verify_sessions_again();
  // Who has keys and no wish to see certificates wants to see none.
  if (!psks.empty() && !options.verify_peer) builder.require_external_psk();
  return must(builder.build());
}

std::shared_ptr<const ServerConfig> Setup::server_config() const {
  auto builder = ServerConfig::builder();
  builder.policy(policy).clock(clock()).key_log(secrets).ask(questions());
  // Without tickets there are sessions by identifier, and what tickets there were are not known.
  builder.ticket_keys(options.no_ticket ? state.keys_without_tickets : state.ticket_keys);
  builder.session_store(state.server_sessions);
  if (!options.select_alpn.empty()) builder.alpn({options.select_alpn});
  if (options.reject_alpn) builder.alpn({"something that no client offers"});
  for (const auto& each : psks) builder.external_psk(each.psk);
  if (options.enable_early_data) builder.early_data(early_data_octets, std::make_shared<TrustingGuard>());
  if (options.verify_peer)
    builder.request_client_certificate(ClientAuth::optional, verifier);
  else if (options.require_any_client_certificate)
    builder.request_client_certificate(ClientAuth::required, verifier);
  for (const auto& credential : credentials) builder.credential(credential.shown);
  return must(builder.build());
}

Connection Setup::connect(Buffer& out) const {
  const ConnectionOptions settings{watcher,
                                   options.enable_early_data ? EarlyDataUse::allowed : EarlyDataUse::forbidden};
  if (options.server) return must(Connection::server(server_config(), settings));
  // Without a name nothing is sent in server_name, as for an IP address.
  const ServerName name(options.host_name.empty() ? "127.0.0.1" : options.host_name);
  return must(Connection::client(client_config(), name, out, settings));
}

}  // namespace sotto::bogo
