// Channel bindings: RFC 9266 and RFC 5929.
#include "connection/connection_impl.hpp"
#include "crypto/certificate_facts.hpp"

namespace sotto {

Result<std::vector<std::byte>> Connection::Impl::channel_binding(ChannelBinding type) const {
  switch (type) {
    case ChannelBinding::tls_exporter: {
      // RFC 9266, 2: label "EXPORTER-Channel-Binding", zero-length context, 32 octets.
      std::vector<std::byte> binding(32);
      if (auto exported = export_keying_material("EXPORTER-Channel-Binding", View(), as_view(std::span(binding)));
          !exported)
        return std::unexpected(exported.error());
      return binding;
    }
    case ChannelBinding::tls_unique:
      if (!first_finished) return fail(Code::wrong_state, "tls-unique needs TLS 1.2 and an extended master secret");
      return own_public(*first_finished);
    case ChannelBinding::tls_server_end_point: {
      const auto certificate = server_certificate();
      if (!certificate) return fail(Code::wrong_state, "the server's certificate is not at hand");
      const auto hash = crypto::end_point_hash(as_view(certificate->der()));
      if (!hash) return std::unexpected(hash.error());
      return own_public(hash->view());
    }
  }
  return fail(Code::wrong_state, "there is no such type of channel binding");
}

std::optional<Certificate> Connection::Impl::server_certificate() const {
  if (std::holds_alternative<ServerConfigPointer>(config))
    return credential ? std::optional(credential->chain().front()) : std::nullopt;
  return summary && !summary->peer_chain.empty() ? std::optional(summary->peer_chain.front()) : std::nullopt;
}

}  // namespace sotto
