#include <array>

#include "base/contain.hpp"
#include "base/secret.hpp"
#include "session/session_impl.hpp"
#include "wire/fields.hpp"

namespace sotto {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using std::chrono::system_clock;

struct StoredCertificate {
  CertificateType type{};
  View der;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("type", self.type);
    visit("der", self.der, wire::between<1, 0xffffff>);
  }
};

/// The stored form; every version of it starts with its own format number.
struct StoredSession {
  static constexpr std::uint32_t current_format = 0x534f5405;  // "SOT", 5
  std::uint32_t format = current_format;
  ProtocolVersion version{};
  CipherSuite cipher_suite{};
  View psk;
  View ticket;
  View session_id;
  std::uint32_t ticket_age_add = 0;
  std::uint64_t received_milliseconds = 0;
  std::uint64_t began_milliseconds = 0;
  std::uint32_t lifetime_seconds = 0;
  View server_name;
  View application_protocol;
  std::uint32_t max_early_data_size = 0;
  View authenticated;
  std::uint16_t max_fragment_length = 0;
  View server_identity;
  View own_identity;
  std::uint16_t sent_record_limit = 0;
  std::vector<StoredCertificate> chain;
  View ocsp_response;
  View sct_list;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("format", self.format);
    visit("version", self.version);
    visit("cipher_suite", self.cipher_suite);
    visit("psk", self.psk, wire::between<32, 64>);
    visit("ticket", self.ticket, wire::between<0, 0xffff>);
    visit("session_id", self.session_id, wire::between<0, 32>);
    visit("ticket_age_add", self.ticket_age_add);
    visit("received_milliseconds", self.received_milliseconds);
    visit("began_milliseconds", self.began_milliseconds);
    visit("lifetime_seconds", self.lifetime_seconds);
    visit("server_name", self.server_name, wire::between<0, 255>);
    visit("application_protocol", self.application_protocol, wire::between<0, 255>);
    visit("max_early_data_size", self.max_early_data_size);
    visit("authenticated", self.authenticated, wire::between<0, 0xffff>);
    visit("max_fragment_length", self.max_fragment_length);
    visit("server_identity", self.server_identity, wire::between<0, 64>);
    visit("own_identity", self.own_identity, wire::between<0, 64>);
    visit("sent_record_limit", self.sent_record_limit);
    visit("chain", self.chain, wire::between<0, 0xffffff>);
    visit("ocsp_response", self.ocsp_response, wire::between<0, 0xffffff>);
    visit("sct_list", self.sct_list, wire::between<0, 0xffff>);
  }
};

std::uint64_t milliseconds_of(system_clock::time_point time) {
  return static_cast<std::uint64_t>(duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}
system_clock::time_point time_of(std::uint64_t milliseconds) {
  return system_clock::time_point(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

std::shared_ptr<const session::Evidence> evidence_of(const StoredSession& stored) {
  if (stored.chain.empty()) return nullptr;
  auto evidence = std::make_shared<session::Evidence>();
  for (const auto& each : stored.chain) evidence->chain.emplace_back(as_public(each.der), each.type);
  evidence->ocsp_response = own_public(stored.ocsp_response);
  evidence->sct_list = own_public(stored.sct_list);
  return evidence;
}

}  // namespace

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

std::vector<std::byte> Session::serialize() const {
  StoredSession stored;
  stored.version = impl_->version;
  stored.cipher_suite = impl_->cipher_suite;
  stored.psk = impl_->psk.view();
  stored.ticket = impl_->ticket;
  stored.session_id = impl_->session_id;
  stored.ticket_age_add = impl_->ticket_age_add;
  stored.received_milliseconds = milliseconds_of(impl_->received);
  stored.began_milliseconds = milliseconds_of(impl_->began);
  stored.lifetime_seconds = static_cast<std::uint32_t>(impl_->lifetime.count());
  stored.server_name = as_view(std::string_view(impl_->server_name));
  stored.application_protocol = as_view(std::string_view(impl_->application_protocol));
  stored.max_early_data_size = impl_->max_early_data_size;
  stored.authenticated = as_view(std::string_view(impl_->authenticated));
  stored.max_fragment_length = impl_->max_fragment_length;
  stored.server_identity = impl_->server_identity;
  stored.own_identity = impl_->own_identity;
  stored.sent_record_limit = impl_->sent_record_limit;
  std::size_t evidence_octets = 0;
  if (const auto* evidence = impl_->evidence.get()) {
    for (const auto& each : evidence->chain) {
      stored.chain.push_back({each.type(), as_view(each.der())});
      evidence_octets += 4 + each.der().size();
    }
    stored.ocsp_response = as_view(evidence->ocsp_response);
    stored.sct_list = as_view(evidence->sct_list);
    evidence_octets += stored.ocsp_response.size() + stored.sct_list.size();
  }

  Bytes bytes;
  bytes.reserve(1024 + impl_->ticket.size() + impl_->authenticated.size() +
                evidence_octets);  // growing would leave copies of the secret
  wire::Writer writer(bytes);
  wire::FieldWriter visit(writer);
  StoredSession::fields(stored, visit);
  SecretBytes secret(std::move(bytes));
  return own_public(secret.view());
}

Result<Session> Session::parse(std::span<const std::byte> bytes) {
  return contain([&]() -> Result<Session> {
    const auto stored = wire::parse<StoredSession>(as_view(bytes));
    if (!stored || stored->format != StoredSession::current_format ||
        stored->received_milliseconds > latest_milliseconds || stored->began_milliseconds > latest_milliseconds)
      return fail(Code::malformed_session);
    if (stored->ticket.empty() == stored->session_id.empty()) return fail(Code::malformed_session);
    if (stored->sent_record_limit == 0 || stored->sent_record_limit > record_octets)
      return fail(Code::malformed_session);
    auto impl = std::make_unique<Impl>();
    impl->version = stored->version;
    impl->cipher_suite = stored->cipher_suite;
    impl->psk = crypto::HashSecret(stored->psk);
    impl->ticket = own(stored->ticket);
    impl->session_id = own(stored->session_id);
    impl->ticket_age_add = stored->ticket_age_add;
    impl->received = time_of(stored->received_milliseconds);
    impl->began = time_of(stored->began_milliseconds);
    impl->lifetime = seconds(stored->lifetime_seconds);
    impl->server_name = as_text(stored->server_name);
    impl->application_protocol = as_text(stored->application_protocol);
    impl->max_early_data_size = stored->max_early_data_size;
    impl->authenticated = as_text(stored->authenticated);
    impl->max_fragment_length = stored->max_fragment_length;
    impl->server_identity = own(stored->server_identity);
    impl->own_identity = own(stored->own_identity);
    impl->sent_record_limit = stored->sent_record_limit;
    impl->evidence = evidence_of(*stored);
    return Session(std::move(impl));
  });
}

ProtocolVersion Session::version() const { return impl_->version; }
CipherSuite Session::cipher_suite() const { return impl_->cipher_suite; }
std::string_view Session::server_name() const { return impl_->server_name; }
std::uint32_t Session::max_early_data_size() const { return impl_->max_early_data_size; }
system_clock::time_point Session::expires() const { return impl_->expires(); }

Result<std::vector<std::byte>> Session::id() const {
  return contain([&]() -> Result<std::vector<std::byte>> {
    const auto id = impl_->id();
    if (!id) return std::unexpected(id.error());
    return own_public(id->view());
  });
}

Result<crypto::Digest> Session::Impl::id() const {
  // One-way, and of nothing but the secret: a session of TLS 1.2 keeps its master secret when its ticket is renewed.
  auto hash = crypto::Hash::create(crypto::HashAlgorithm::sha256);
  if (!hash) return std::unexpected(hash.error());
  if (auto begun = hash->update(as_view(std::string_view("sotto session id"))); !begun)
    return std::unexpected(begun.error());
  if (auto ended = hash->update(psk.view()); !ended) return std::unexpected(ended.error());
  return hash->snapshot();
}

}  // namespace sotto
