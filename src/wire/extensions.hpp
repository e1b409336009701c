/// \file
/// Extensions: one row each, with its code point, the messages it may appear in (RFC 8446, 4.2) and its fields. The
/// rows give the checks for duplicates, for places and for content to every message.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <sotto/policy.hpp>

#include "wire/fields.hpp"
#include "wire/registries.hpp"

namespace sotto::wire {

/// Names the messages that carry extensions; a set of them.
enum class In : std::uint8_t {
  client_hello = 1,
  server_hello = 2,
  hello_retry_request = 4,
  encrypted_extensions = 8,
  certificate = 16,
  certificate_request = 32,
  new_session_ticket = 64,
};
constexpr In operator|(In left, In right) {
  return static_cast<In>(static_cast<std::uint8_t>(left) | static_cast<std::uint8_t>(right));
}
constexpr bool includes(In set, In message) {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(message)) != 0;
}

// ---- items of lists ----

struct ServerNameItem {  // RFC 6066, 3
  std::uint8_t name_type = 0;
  View host_name;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("name_type", self.name_type);
    visit("host_name", self.host_name, between<1, 0xffff>);
  }
};
struct ProtocolName {  // RFC 7301, 3.1
  View name;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("name", self.name, between<1, 0xff>);
  }
};
struct DistinguishedName {  // RFC 8446, 4.2.4
  View name;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("name", self.name, between<1, 0xffff>);
  }
};
struct KeyShareEntry {  // RFC 8446, 4.2.8
  NamedGroup group{};
  View key_exchange;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("group", self.group);
    visit("key_exchange", self.key_exchange, between<1, 0xffff>);
  }
};
struct PskIdentity {  // RFC 8446, 4.2.11
  View identity;
  std::uint32_t obfuscated_ticket_age = 0;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("identity", self.identity, between<1, 0xffff>);
    visit("obfuscated_ticket_age", self.obfuscated_ticket_age);
  }
};
struct PskBinderEntry {  // RFC 8446, 4.2.11
  View binder;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    // RFC 8446 has <32..255>; a shorter one is no syntax error here, for it fails where the binder is checked, and a
    // server that does not resume has no use for it.
    visit("binder", self.binder, between<0, 0xff>);
  }
};

// ---- the rows ----

template <ExtensionType Type, In Messages>
struct Row {
  static constexpr ExtensionType type = Type;
  static constexpr In messages = Messages;
};
template <ExtensionType Type, In Messages>
struct EmptyRow : Row<Type, Messages> {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct ServerNameOffer : Row<ExtensionType::server_name, In::client_hello> {
  std::vector<ServerNameItem> server_name_list;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("server_name_list", self.server_name_list, between<1, 0xffff>);
  }
};
struct ServerNameAccepted : EmptyRow<ExtensionType::server_name, In::server_hello | In::encrypted_extensions> {};

struct SupportedGroups  // in ServerHello by servers of TLS 1.2 that say more than they should
    : Row<ExtensionType::supported_groups, In::client_hello | In::server_hello | In::encrypted_extensions> {
  Codes<NamedGroup> named_group_list;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("named_group_list", self.named_group_list, between<2, 0xffff>);
  }
};

struct SignatureAlgorithms : Row<ExtensionType::signature_algorithms, In::client_hello | In::certificate_request> {
  Codes<SignatureScheme> supported_signature_algorithms;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("supported_signature_algorithms", self.supported_signature_algorithms, between<2, 0xfffe>);
  }
};
struct SignatureAlgorithmsCert
    : Row<ExtensionType::signature_algorithms_cert, In::client_hello | In::certificate_request> {
  Codes<SignatureScheme> supported_signature_algorithms;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("supported_signature_algorithms", self.supported_signature_algorithms, between<2, 0xfffe>);
  }
};

struct ApplicationProtocols : Row<ExtensionType::application_layer_protocol_negotiation,
                                  In::client_hello | In::server_hello | In::encrypted_extensions> {
  std::vector<ProtocolName> protocol_name_list;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("protocol_name_list", self.protocol_name_list, between<2, 0xffff>);
  }
};

struct SupportedVersionsOffer : Row<ExtensionType::supported_versions, In::client_hello> {
  Codes<ProtocolVersion> versions;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("versions", self.versions, between<2, 254>);
  }
};
struct SupportedVersionsChoice : Row<ExtensionType::supported_versions, In::server_hello | In::hello_retry_request> {
  ProtocolVersion selected_version{};
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("selected_version", self.selected_version);
  }
};

struct Cookie : Row<ExtensionType::cookie, In::client_hello | In::hello_retry_request> {
  View cookie;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("cookie", self.cookie, between<1, 0xffff>);
  }
};

struct PskKeyExchangeModes : Row<ExtensionType::psk_key_exchange_modes, In::client_hello> {
  Codes<PskKeyExchangeMode> ke_modes;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("ke_modes", self.ke_modes, between<1, 0xff>);
  }
};

struct CertificateAuthorities
    : Row<ExtensionType::certificate_authorities, In::client_hello | In::certificate_request> {
  std::vector<DistinguishedName> authorities;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("authorities", self.authorities, between<3, 0xffff>);
  }
};

struct KeyShareOffer : Row<ExtensionType::key_share, In::client_hello> {
  std::vector<KeyShareEntry> client_shares;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("client_shares", self.client_shares, between<0, 0xffff>);
  }
};
struct KeyShareChoice : Row<ExtensionType::key_share, In::server_hello> {
  KeyShareEntry server_share;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    KeyShareEntry::fields(self.server_share, visit);
  }
};
struct KeyShareRetry : Row<ExtensionType::key_share, In::hello_retry_request> {
  NamedGroup selected_group{};
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("selected_group", self.selected_group);
  }
};

struct PreSharedKeyOffer : Row<ExtensionType::pre_shared_key, In::client_hello> {
  std::vector<PskIdentity> identities;
  std::vector<PskBinderEntry> binders;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("identities", self.identities, between<7, 0xffff>);
    visit("binders", self.binders, between<1, 0xffff>);
  }
};
struct PreSharedKeyChoice : Row<ExtensionType::pre_shared_key, In::server_hello> {
  std::uint16_t selected_identity = 0;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("selected_identity", self.selected_identity);
  }
};

struct MaxFragmentLengthRow  // RFC 6066, 4
    : Row<ExtensionType::max_fragment_length, In::client_hello | In::server_hello | In::encrypted_extensions> {
  MaxFragmentLength max_fragment_length{};
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("max_fragment_length", self.max_fragment_length);
  }
};
struct RecordSizeLimit  // RFC 8449, 4
    : Row<ExtensionType::record_size_limit, In::client_hello | In::server_hello | In::encrypted_extensions> {
  std::uint16_t record_size_limit = 0;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("record_size_limit", self.record_size_limit);
  }
};

struct PostHandshakeAuth : EmptyRow<ExtensionType::post_handshake_auth, In::client_hello> {};  // RFC 8446, 4.2.6

struct StatusRequest : Row<ExtensionType::status_request, In::client_hello> {  // RFC 6066, 8
  CertificateStatusType status_type{};
  View request;  // of that type; for OCSP two lists, of responders and of extensions
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("status_type", self.status_type);
    visit.remaining("request", self.request);
  }
};
/// Empty in a TLS 1.2 ServerHello (RFC 6066, 8) and in a CertificateRequest (RFC 8446, 4.4.2.1).
struct StatusPromise : EmptyRow<ExtensionType::status_request, In::server_hello | In::certificate_request> {};
struct CertificateStatusEntry : Row<ExtensionType::status_request, In::certificate> {  // RFC 8446, 4.4.2.1
  CertificateStatusType status_type{};
  View response;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("status_type", self.status_type);
    visit("response", self.response, between<1, 0xffffff>);
  }
};
struct TimestampRequest  // RFC 6962, 3.3.1
    : EmptyRow<ExtensionType::signed_certificate_timestamp, In::client_hello | In::certificate_request> {};
struct TimestampList : Row<ExtensionType::signed_certificate_timestamp, In::server_hello | In::certificate> {
  View sct_list;  // RFC 6962, 3.3: a list of SerializedSCT
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("sct_list", self.sct_list, between<1, 0xffff>);
  }
};

struct CompressCertificate  // RFC 8879, 3
    : Row<ExtensionType::compress_certificate, In::client_hello | In::certificate_request> {
  Codes<CertificateCompression> algorithms;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("algorithms", self.algorithms, between<2, 0xfe>);
  }
};

struct EarlyDataIndication : EmptyRow<ExtensionType::early_data, In::client_hello | In::encrypted_extensions> {};
struct EarlyDataLimit : Row<ExtensionType::early_data, In::new_session_ticket> {
  std::uint32_t max_early_data_size = 0;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("max_early_data_size", self.max_early_data_size);
  }
};

// ---- rows of TLS 1.2 ----

struct EcPointFormats : Row<ExtensionType::ec_point_formats, In::client_hello | In::server_hello> {  // RFC 8422, 5.1.2
  Codes<EcPointFormat> ec_point_format_list;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("ec_point_format_list", self.ec_point_format_list, between<1, 0xff>);
  }
};
struct EncryptThenMac  // RFC 7366, 2
    : EmptyRow<ExtensionType::encrypt_then_mac, In::client_hello | In::server_hello> {};
struct ExtendedMasterSecret  // RFC 7627, 5.1
    : EmptyRow<ExtensionType::extended_master_secret, In::client_hello | In::server_hello> {};
struct RenegotiationInfo
    : Row<ExtensionType::renegotiation_info, In::client_hello | In::server_hello> {  // RFC 5746, 3.2
  View renegotiated_connection;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("renegotiated_connection", self.renegotiated_connection, between<0, 0xff>);
  }
};
struct SessionTicketOffer : Row<ExtensionType::session_ticket, In::client_hello> {  // RFC 5077, 3.2
  View ticket;                                                                      // empty: none yet
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit.remaining("ticket", self.ticket);
  }
};
struct SessionTicketPromise : EmptyRow<ExtensionType::session_ticket, In::server_hello> {};

// ---- rows of raw public keys, RFC 7250, 3 ----

/// Which kinds of identities the client can show, or takes from the server. The step looks at what the RFC forbids.
template <ExtensionType Type>
struct CertificateTypesOffer : Row<Type, In::client_hello> {
  Codes<CertificateType> types;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("types", self.types, between<0, 0xff>);
  }
};
template <ExtensionType Type>
struct CertificateTypeChoice : Row<Type, In::server_hello | In::encrypted_extensions> {
  CertificateType certificate_type{};
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("certificate_type", self.certificate_type);
  }
};
using ClientCertificateTypesOffer = CertificateTypesOffer<ExtensionType::client_certificate_type>;
using ServerCertificateTypesOffer = CertificateTypesOffer<ExtensionType::server_certificate_type>;
using ClientCertificateTypeChoice = CertificateTypeChoice<ExtensionType::client_certificate_type>;
using ServerCertificateTypeChoice = CertificateTypeChoice<ExtensionType::server_certificate_type>;

template <class... Rows>
struct RowList {
  /// Calls `visit` with the row of `type` in `message`, if there is one. Returns whether the type is known.
  template <class Visit>
  static bool with(ExtensionType type, In message, Visit visit) {
    const auto one = [&](auto row) {
      if (row.type == type && includes(row.messages, message)) visit(row);
    };
    (one(Rows{}), ...);
    return ((Rows::type == type) || ...);
  }
  [[nodiscard]] static constexpr bool allows(ExtensionType type, In message) {
    return ((Rows::type == type && includes(Rows::messages, message)) || ...);
  }
};
using AllRows =
    RowList<ServerNameOffer, ServerNameAccepted, SupportedGroups, SignatureAlgorithms, SignatureAlgorithmsCert,
            ApplicationProtocols, SupportedVersionsOffer, SupportedVersionsChoice, Cookie, PskKeyExchangeModes,
            CertificateAuthorities, KeyShareOffer, KeyShareChoice, KeyShareRetry, PreSharedKeyOffer, PreSharedKeyChoice,
            MaxFragmentLengthRow, RecordSizeLimit, StatusRequest, StatusPromise, CertificateStatusEntry,
            TimestampRequest, TimestampList, CompressCertificate, PostHandshakeAuth, EarlyDataIndication,
            EarlyDataLimit, EcPointFormats, EncryptThenMac, ExtendedMasterSecret, RenegotiationInfo, SessionTicketOffer,
            SessionTicketPromise, ClientCertificateTypesOffer, ServerCertificateTypesOffer, ClientCertificateTypeChoice,
            ServerCertificateTypeChoice>;

// ---- blocks of extensions ----

struct RawExtension {
  ExtensionType type{};
  View data;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("extension_type", self.type);
    visit("extension_data", self.data, between<0, 0xffff>);
  }
};

/// Checks that the block has no duplicates, that each extension we know may stand in `message` and that its content can
/// be read. Errors: `malformed_message`, `duplicate_extension`, `extension_not_allowed`, `malformed_extension`.
void check_extensions(Reader& reader, View encoded, In message);

/// Borrows the extensions of one message. After reading, every known one is well-formed.
template <In Message>
class Extensions {
 public:
  Extensions() = default;
  /// `encoded`: a list of extensions without its length, as `ExtensionList` makes it.
  explicit Extensions(View encoded) : encoded_(encoded) {}

  void read(Reader& reader) {
    // RFC 5246, 7.4.1.2 and 7.4.1.3: the hellos of TLS 1.2 may end without extensions.
    if ((Message == In::client_hello || Message == In::server_hello) && reader.at_end()) return;
    encoded_ = reader.vector(between<0, 0xffff>);
    if (!reader.failed()) check_extensions(reader, encoded_, Message);
  }
  void write(Writer& writer) const {
    // RFC 5246, 7.4.1.3: a server that answers no extension leaves the whole block out; a client may not know of any.
    if (Message == In::server_hello && encoded_.empty()) return;
    writer.vector(between<0, 0xffff>, encoded_);
  }

  /// Calls `visit(RawExtension)` for each, in order.
  template <class Visit>
  void each(Visit visit) const {
    Reader reader(encoded_);
    while (!reader.at_end()) {
      RawExtension extension;
      FieldReader fields(reader);
      RawExtension::fields(extension, fields);
      if (reader.failed()) return;
      visit(extension);
    }
  }
  [[nodiscard]] std::optional<View> data_of(ExtensionType type) const {
    std::optional<View> found;
    each([&](const RawExtension& extension) {
      if (extension.type == type) found = extension.data;
    });
    return found;
  }
  [[nodiscard]] bool has(ExtensionType type) const { return data_of(type).has_value(); }
  /// Returns the extension of that row, or nothing.
  template <class R>
  [[nodiscard]] std::optional<R> find() const {
    static_assert(includes(R::messages, Message), "this extension does not appear in this message");
    const auto data = data_of(R::type);
    if (!data) return std::nullopt;
    auto parsed = parse<R>(*data);
    if (!parsed) return std::nullopt;  // cannot happen after read(), which parsed it once
    return std::move(*parsed);
  }
  [[nodiscard]] View encoded() const { return encoded_; }

 private:
  View encoded_;
};

/// Collects extensions to be sent, in order.
class ExtensionList {
 public:
  template <class R>
  void add(const R& row) {
    Writer writer(encoded_);
    writer.u16(static_cast<std::uint16_t>(R::type));
    writer.vector(between<0, 0xffff>, [&row](Writer& body) {
      FieldWriter visit(body);
      R::fields(row, visit);
    });
    failed_ = failed_ || writer.failed();
  }
  /// Adds an extension without a row.
  void add_raw(ExtensionType type, View data) {
    Writer writer(encoded_);
    writer.u16(static_cast<std::uint16_t>(type));
    writer.vector(between<0, 0xffff>, data);
  }
  template <In Message>
  [[nodiscard]] Extensions<Message> view() const {
    return Extensions<Message>(encoded_);
  }
  /// Sorts the extensions by `key(ExtensionType)`.
  template <class Key>
  void order_by(Key key) {
    std::vector<RawExtension> list;
    view<In::client_hello>().each([&](const RawExtension& extension) { list.push_back(extension); });
    std::ranges::sort(list, {}, [&](const RawExtension& extension) { return key(extension.type); });
    ExtensionList ordered;
    for (const auto& extension : list) ordered.add_raw(extension.type, extension.data);
    encoded_ = std::move(ordered.encoded_);
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  Bytes encoded_;
  bool failed_ = false;
};

}  // namespace sotto::wire
