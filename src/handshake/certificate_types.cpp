#include "handshake/certificate_types.hpp"

#include <algorithm>

namespace sotto::handshake {
namespace {

using namespace wire;

/// Reads one of the client's lists; X.509 alone where there is none.
template <class R>
Result<std::vector<CertificateType>> read_types(const ClientHello& hello) {
  const auto offer = hello.extensions.find<R>();
  if (!offer) return std::vector{CertificateType::x509};
  std::vector<CertificateType> types(offer->types.begin(), offer->types.end());
  // RFC 7250, 4.1: a client that has nothing else to say "MUST omit" the extension.
  if (types.empty() || types == std::vector{CertificateType::x509})
    return fail(Code::wrong_certificate_types, name_of(R::type));
  return types;
}

bool contains(const std::vector<CertificateType>& types, CertificateType type) {
  return std::ranges::find(types, type) != types.end();
}

}  // namespace

std::vector<CertificateType> own_types(const ClientConfig::Impl& settings) {
  if (!settings.policy.own_certificate_types.empty()) return settings.policy.own_certificate_types;
  std::vector<CertificateType> types;
  for (const auto& credential : settings.credentials)
    if (!contains(types, credential.type())) types.push_back(credential.type());
  return types.empty() ? std::vector{CertificateType::x509} : types;
}

Result<void> accept_certificate_types(ServerState& state) {
  auto of_server = read_types<ServerCertificateTypesOffer>(state.hello);
  if (!of_server) return std::unexpected(of_server.error());
  state.server_types = std::move(*of_server);
  const auto of_client = read_types<ClientCertificateTypesOffer>(state.hello);
  if (!of_client) return std::unexpected(of_client.error());
  if (!state.asks_for_certificate()) return {};
  for (const auto type : state.settings().policy.peer_certificate_types) {
    if (!contains(*of_client, type)) continue;
    state.client_type = type;
    return {};
  }
  return fail(Code::no_common_certificate_type, "of the client");
}

CertificateType server_type_of(const ServerState& state) {
  if (state.session) return state.session->server_type;
  return state.credential ? state.credential->type() : CertificateType::x509;
}

bool answers_client_type(const ServerState& state) {
  return state.asks_for_certificate() && !state.session &&
         state.hello.extensions.has(ExtensionType::client_certificate_type);
}

void answer_certificate_types(const ServerState& state, ExtensionList& extensions) {
  if (answers_client_type(state)) {
    ClientCertificateTypeChoice choice;
    choice.certificate_type = state.client_type;
    extensions.add(choice);
  }
  // RFC 8446, 4.2: with an external pre-shared key there is nothing to say.
  const bool shows = state.session || state.credential;
  if (shows && state.hello.extensions.has(ExtensionType::server_certificate_type)) {
    ServerCertificateTypeChoice choice;
    choice.certificate_type = server_type_of(state);
    extensions.add(choice);
  }
}

}  // namespace sotto::handshake
