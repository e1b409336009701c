#include "session/ticket.hpp"

#include "session/session_impl.hpp"
#include "wire/fields.hpp"

namespace sotto::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

struct StoredTicket {
  static constexpr std::uint8_t current_format = 5;
  std::uint8_t format = current_format;
  ProtocolVersion version{};
  CipherSuite cipher_suite{};
  View psk;
  std::uint32_t ticket_age_add = 0;
  std::uint64_t issued_milliseconds = 0;
  std::uint64_t began_milliseconds = 0;
  std::uint32_t lifetime_seconds = 0;
  View server_name;
  View application_protocol;
  std::uint32_t max_early_data_size = 0;
  CertificateType server_type = CertificateType::x509;
  CertificateType client_type = CertificateType::x509;
  View client;
  View client_authenticated;
  View client_authorities;
  std::uint16_t max_fragment_length = 0;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("format", self.format);
    visit("version", self.version);
    visit("cipher_suite", self.cipher_suite);
    visit("psk", self.psk, wire::between<32, 64>);
    visit("ticket_age_add", self.ticket_age_add);
    visit("issued_milliseconds", self.issued_milliseconds);
    visit("began_milliseconds", self.began_milliseconds);
    visit("lifetime_seconds", self.lifetime_seconds);
    visit("server_name", self.server_name, wire::between<0, 255>);
    visit("application_protocol", self.application_protocol, wire::between<0, 255>);
    visit("max_early_data_size", self.max_early_data_size);
    visit("server_type", self.server_type);
    visit("client_type", self.client_type);
    visit("client", self.client, wire::between<0, 0xffff>);
    visit("client_authenticated", self.client_authenticated, wire::between<0, 0xffff>);
    visit("client_authorities", self.client_authorities, wire::between<0, 32>);
    visit("max_fragment_length", self.max_fragment_length);
  }
};

std::uint64_t milliseconds_of(system_clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count());
}
system_clock::time_point time_of(std::uint64_t since_epoch) {
  return system_clock::time_point(milliseconds(static_cast<std::int64_t>(since_epoch)));
}

}  // namespace

Result<Bytes> seal_ticket(TicketKeys& keys, const ServerSession& session, system_clock::time_point now) {
  StoredTicket stored;
  stored.version = session.version;
  stored.cipher_suite = session.cipher_suite;
  stored.psk = session.psk.view();
  stored.ticket_age_add = session.ticket_age_add;
  stored.issued_milliseconds = milliseconds_of(session.issued);
  stored.began_milliseconds = milliseconds_of(session.began);
  stored.lifetime_seconds = static_cast<std::uint32_t>(session.lifetime.count());
  stored.server_name = as_view(std::string_view(session.server_name));
  stored.application_protocol = as_view(std::string_view(session.application_protocol));
  stored.max_early_data_size = session.max_early_data_size;
  stored.server_type = session.server_type;
  if (session.client) {
    stored.client_type = session.client->type();
    stored.client = as_view(session.client->der());
  }
  stored.client_authenticated = as_view(std::string_view(session.client_authenticated));
  stored.client_authorities = session.client_authorities;
  stored.max_fragment_length = session.max_fragment_length;

  Bytes bytes;
  bytes.reserve(1024 + stored.client.size() +
                stored.client_authenticated.size());  // growing would leave secrets behind
  wire::Writer writer(bytes);
  wire::FieldWriter visit(writer);
  StoredTicket::fields(stored, visit);
  const SecretBytes content(std::move(bytes));
  if (writer.failed()) return fail(Code::internal_error, "the session is too large for a ticket");
  return keys.impl().seal(content.view(), now);
}

std::optional<ServerSession> open_ticket(TicketKeys& keys, View ticket, system_clock::time_point now) {
  const auto content = keys.impl().open(ticket, now);
  if (!content) return std::nullopt;
  const auto stored = wire::parse<StoredTicket>(content->view());
  if (!stored || stored->format != StoredTicket::current_format || stored->issued_milliseconds > latest_milliseconds ||
      stored->began_milliseconds > latest_milliseconds)
    return std::nullopt;

  ServerSession session;
  session.version = stored->version;
  session.cipher_suite = stored->cipher_suite;
  session.psk = crypto::HashSecret(stored->psk);
  session.ticket_age_add = stored->ticket_age_add;
  session.issued = time_of(stored->issued_milliseconds);
  session.began = time_of(stored->began_milliseconds);
  session.lifetime = std::chrono::seconds(stored->lifetime_seconds);
  session.server_name = as_text(stored->server_name);
  session.application_protocol = as_text(stored->application_protocol);
  session.max_early_data_size = stored->max_early_data_size;
  if (!stored->client.empty()) session.client.emplace(as_public(stored->client), stored->client_type);
  session.server_type = stored->server_type;
  session.client_authenticated = as_text(stored->client_authenticated);
  session.client_authorities = own(stored->client_authorities);
  session.max_fragment_length = stored->max_fragment_length;
  // A clock that was set back a little is forgiven; one that was wrong must not keep tickets alive until it is right.
  if (now + std::chrono::minutes(1) < session.issued || now >= session.expires()) return std::nullopt;
  return session;
}

}  // namespace sotto::session
