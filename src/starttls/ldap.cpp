// LDAP's StartTLS operation. RFC 4511, 4.14 and 5.1: messages in BER, with definite lengths only.
#include <array>

#include "starttls/dialects.hpp"
#include "starttls/packets.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::string_view starttls_oid = "1.3.6.1.4.1.1466.20037";

constexpr std::uint8_t sequence = 0x30;
constexpr std::uint8_t integer = 0x02;
constexpr std::uint8_t enumerated = 0x0a;
constexpr std::uint8_t octet_string = 0x04;
constexpr std::uint8_t extended_request = 0x77;
constexpr std::uint8_t extended_response = 0x78;
constexpr std::uint8_t request_name = 0x80;
constexpr std::uint8_t response_name = 0x8a;
constexpr std::uint8_t unbind_request = 0x42;
constexpr std::uint8_t abandon_request = 0x50;
constexpr std::uint8_t success = 0;
constexpr std::uint8_t confidentiality_required = 13;

std::unexpected<Error> malformed_ber(std::string_view what) {
  return fail(Code::starttls_malformed, "an LDAP message: " + std::string(what));
}

/// Reads identifier and length; nothing if they are not complete. Returns the length of header and content.
Result<std::optional<std::size_t>> measure_element(View in, std::size_t& header) {
  if (in.size() < 2) return std::nullopt;
  if (in[1] < 0x80) {
    header = 2;
    return header + in[1];
  }
  const std::size_t octets = in[1] & 0x7fU;
  if (octets == 0 || octets > 4) return malformed_ber("a length that no message has");
  if (in.size() < 2 + octets) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8U | in[2 + i];
  header = 2 + octets;
  return header + length;
}

struct Element {
  std::uint8_t tag = 0;
  View content;
};

/// Takes the first element off `in`.
Result<Element> take_element(View& in) {
  std::size_t header = 0;
  const auto length = measure_element(in, header);
  if (!length) return std::unexpected(length.error());
  if (!*length || **length > in.size()) return malformed_ber("an element runs over its end");
  const Element element{in[0], in.subspan(header, **length - header)};
  in = in.subspan(**length);
  return element;
}

Result<Element> take_element(View& in, std::uint8_t tag, std::string_view name) {
  auto element = take_element(in);
  if (element && element->tag != tag) return malformed_ber("there is no " + std::string(name));
  return element;
}

/// Appends an element of at most 65535 octets.
void append_element(Bytes& out, std::uint8_t tag, View content) {
  out.push_back(tag);
  if (content.size() >= 0x80) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(content.size() >> 8U));
  }
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
}

Bytes message(View id, std::uint8_t operation, View content) {
  Bytes inside;
  append_element(inside, integer, id);
  append_element(inside, operation, content);
  Bytes whole;
  append_element(whole, sequence, inside);
  return whole;
}

/// What a message consists of: RFC 4511, 4.1.1.
struct Message {
  View id;
  Element operation;
};

Result<Message> parse_message(View packet) {
  auto outside = packet;
  const auto whole = take_element(outside, sequence, "LDAPMessage");
  if (!whole) return std::unexpected(whole.error());
  auto inside = whole->content;
  const auto id = take_element(inside, integer, "messageID");
  if (!id) return std::unexpected(id.error());
  if (id->content.empty() || id->content.size() > 4) return malformed_ber("its messageID is no number of LDAP's");
  const auto operation = take_element(inside);
  if (!operation) return std::unexpected(operation.error());
  return Message{id->content, *operation};
}

class LdapDialogue : public PacketDialogue {
 protected:
  using PacketDialogue::PacketDialogue;
  [[nodiscard]] Result<std::optional<std::size_t>> measure(View start) const override {
    if (start[0] != sequence) return malformed_ber("it does not begin like one");
    std::size_t header = 0;
    return measure_element(start, header);
  }
};

class LdapClient final : public LdapDialogue {
 public:
  explicit LdapClient(Protocol protocol) : LdapDialogue(protocol, Role::client, "waiting for the answer to StartTLS") {
    Bytes request;
    append_element(request, request_name, as_view(starttls_oid));
    send(message(our_id, extended_request, request));
  }

 private:
  static constexpr std::array<std::uint8_t, 1> our_id = {1};

  Result<void> on_packet(View packet) override {
    const auto answer = parse_message(packet);
    if (!answer) return std::unexpected(answer.error());
    if (answer->operation.tag != extended_response) return malformed_ber("it is no ExtendedResponse");
    auto fields = answer->operation.content;
    const auto code = take_element(fields, enumerated, "resultCode");
    if (!code) return std::unexpected(code.error());
    const auto matched = take_element(fields, octet_string, "matchedDN");
    if (!matched) return std::unexpected(matched.error());
    const auto diagnostic = take_element(fields, octet_string, "diagnosticMessage");
    if (!diagnostic) return std::unexpected(diagnostic.error());
    if (code->content.size() != 1) return malformed_ber("its resultCode is none of LDAP's");
    // RFC 4511, 4.4.1: messageID 0 is a notice of disconnection.
    const bool is_ours = same(answer->id, our_id);
    if (!is_ours && !(answer->id.size() == 1 && answer->id[0] == 0)) return malformed_ber("it answers another message");
    if (is_ours && code->content[0] == success) {
      upgrade();
      return {};
    }
    refuse("result " + std::to_string(code->content[0]) + " " + std::string(as_text(diagnostic->content)));
    return {};
  }
};

/// RFC 4511, 4.2.1 and 6.1.4 of RFC 4513: what comes before TLS is answered with confidentialityRequired.
class LdapServer final : public LdapDialogue {
 public:
  explicit LdapServer(Protocol protocol) : LdapDialogue(protocol, Role::server, "waiting for StartTLS") {}

 private:
  Result<void> on_packet(View packet) override {
    const auto request = parse_message(packet);
    if (!request) return std::unexpected(request.error());
    const auto tag = request->operation.tag;
    if (tag == unbind_request) {
      refuse("the client said unbind");
      return {};
    }
    if (tag == abandon_request) return {};
    const auto answer = answer_to(tag);
    if (!answer) return malformed_ber("an operation that LDAP does not have");
    if (tag != extended_request) {
      send(message(request->id, *answer, result(confidentiality_required, "StartTLS first")));
      return {};
    }
    auto fields = request->operation.content;
    const auto name = take_element(fields, request_name, "requestName");
    if (!name) return std::unexpected(name.error());
    if (as_text(name->content) != starttls_oid) {
      send(message(request->id, extended_response, result(confidentiality_required, "StartTLS first")));
      return {};
    }
    auto consent = result(success, "");
    append_element(consent, response_name, as_view(starttls_oid));
    send(message(request->id, extended_response, consent));
    upgrade();
    return {};
  }

  static Bytes result(std::uint8_t code, std::string_view diagnostic) {
    Bytes fields;
    append_element(fields, enumerated, std::array{code});
    append_element(fields, octet_string, {});
    append_element(fields, octet_string, as_view(diagnostic));
    return fields;
  }

  /// Returns the tag of the response to a request.
  static std::optional<std::uint8_t> answer_to(std::uint8_t request) {
    switch (request) {
      case 0x60:  // bind
      case 0x66:  // modify
      case 0x68:  // add
      case 0x6c:  // modify DN
      case 0x6e:  // compare
      case extended_request: return static_cast<std::uint8_t>(request + 1);
      case 0x4a: return 0x6b;  // delete
      case 0x63: return 0x65;  // search, of which this is the end
      default: return std::nullopt;
    }
  }
};

}  // namespace

std::unique_ptr<Dialogue> ldap_client(Protocol protocol, std::string_view) {
  return std::make_unique<LdapClient>(protocol);
}
std::unique_ptr<Dialogue> ldap_server(Protocol protocol, const ServerOptions&) {
  return std::make_unique<LdapServer>(protocol);
}

}  // namespace sotto::inline v0::starttls::detail
