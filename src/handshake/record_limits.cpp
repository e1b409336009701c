#include "handshake/record_limits.hpp"

#include <algorithm>
#include <string>

namespace sotto::handshake {
namespace {

using wire::MaxFragmentLength;

/// Returns the octets that `code` stands for; 0 for one that stands for nothing.
std::uint16_t octets_of(MaxFragmentLength code) {
  switch (code) {
    case MaxFragmentLength::octets_512: return 512;
    case MaxFragmentLength::octets_1024: return 1024;
    case MaxFragmentLength::octets_2048: return 2048;
    case MaxFragmentLength::octets_4096: return 4096;
  }
  return 0;
}

/// RFC 8449, 4: in TLS 1.3 the value "includes the content type and padding".
constexpr std::size_t type_octets(ProtocolVersion version) { return version == ProtocolVersion::tls13 ? 1 : 0; }

Result<void> check_value(std::uint16_t value) {
  // RFC 8449, 4: "An endpoint MUST treat receipt of a smaller value as a fatal error and generate an
  // "illegal_parameter" alert."
  if (value < 64) return fail(Code::wrong_record_limit, "record_size_limit is " + std::to_string(value));
  return {};
}

/// Both sides keep to what the other takes. RFC 8449, 4: "Even if a larger record size limit is provided by a peer, an
/// endpoint MUST NOT send records larger than the protocol-defined limit".
void apply_size_limit(RecordAgreement& agreement, std::uint16_t peers, std::uint16_t ours, ProtocolVersion version) {
  agreement.limits.sent = std::min<std::size_t>(peers - type_octets(version), most_content);
  agreement.limits.received = ours - type_octets(version);
}

void apply_fragment_length(RecordAgreement& agreement, std::uint16_t octets) {
  agreement.max_fragment_length = octets;
  agreement.limits = {octets, octets, RecordLimits::Scope::all_records};
}

}  // namespace

std::optional<MaxFragmentLength> code_of_fragment_length(std::size_t octets) {
  for (const auto code : {MaxFragmentLength::octets_512, MaxFragmentLength::octets_1024, MaxFragmentLength::octets_2048,
                          MaxFragmentLength::octets_4096})
    if (octets_of(code) == octets) return code;
  return std::nullopt;
}

std::uint16_t record_size_limit_for(const Policy& policy, ProtocolVersion version) {
  // RFC 8449, 4: "an endpoint MUST NOT send a value higher than the protocol-defined maximum record size".
  return static_cast<std::uint16_t>(std::min(policy.record_size_limit, most_content + type_octets(version)));
}

Result<RecordAgreement> choose_record_limits(const wire::ClientHello& hello, const Policy& policy,
                                             ProtocolVersion version) {
  RecordAgreement agreement;
  const auto limit = hello.extensions.find<wire::RecordSizeLimit>();
  if (limit && policy.record_size_limit != 0) {
    // RFC 8449, 5: a server that supports record_size_limit "MUST ignore a "max_fragment_length"" beside it.
    if (auto checked = check_value(limit->record_size_limit); !checked) return std::unexpected(checked.error());
    agreement.record_size_limit = record_size_limit_for(policy, version);
    apply_size_limit(agreement, limit->record_size_limit, *agreement.record_size_limit, version);
    return agreement;
  }
  if (const auto length = hello.extensions.find<wire::MaxFragmentLengthRow>()) {
    // RFC 6066, 4: for any other value a server "MUST abort the handshake with an "illegal_parameter" alert".
    const auto code = length->max_fragment_length;
    if (octets_of(code) == 0)
      return fail(Code::wrong_record_limit, "max_fragment_length is " + std::to_string(static_cast<unsigned>(code)));
    agreement.echo = code;
    apply_fragment_length(agreement, octets_of(code));
  }
  return agreement;
}

void answer_record_limits(const RecordAgreement& agreement, wire::ExtensionList& extensions) {
  if (agreement.record_size_limit) {
    wire::RecordSizeLimit limit;
    limit.record_size_limit = *agreement.record_size_limit;
    extensions.add(limit);
  }
  if (agreement.echo) {
    wire::MaxFragmentLengthRow length;
    length.max_fragment_length = *agreement.echo;
    extensions.add(length);
  }
}

template <wire::In Message>
Result<RecordAgreement> accept_record_limits(const wire::Extensions<Message>& extensions, const Policy& policy,
                                             const RecordContext& context) {
  RecordAgreement agreement;
  const auto limit = extensions.template find<wire::RecordSizeLimit>();
  const auto length = extensions.template find<wire::MaxFragmentLengthRow>();
  // RFC 8449, 5: "A client MUST treat receipt of both ... as a fatal error".
  if (limit && length) return fail(Code::wrong_record_limit, "record_size_limit and max_fragment_length at once");
  if (limit) {
    if (auto checked = check_value(limit->record_size_limit); !checked) return std::unexpected(checked.error());
    // RFC 8449, 4: a client may refuse what is "greater than the maximum record size permitted by the negotiated
    // protocol version".
    if (limit->record_size_limit > most_content + type_octets(context.version))
      return fail(Code::wrong_record_limit, "record_size_limit is " + std::to_string(limit->record_size_limit));
    apply_size_limit(agreement, limit->record_size_limit, record_size_limit_for(policy, context.version),
                     context.version);
    return agreement;
  }
  // RFC 6066, 4: an answer "that differs from the length it requested" is illegal_parameter.
  if (length && octets_of(length->max_fragment_length) != policy.max_fragment_length)
    return fail(Code::wrong_record_limit, "max_fragment_length is not the one that was asked for");
  // RFC 6066, 4: "The negotiated length applies for the duration of the session including session resumptions."
  const auto octets = length ? octets_of(length->max_fragment_length) : context.session_fragment_length;
  if (octets != 0) apply_fragment_length(agreement, octets);
  return agreement;
}

template Result<RecordAgreement> accept_record_limits(const wire::Extensions<wire::In::server_hello>&, const Policy&,
                                                      const RecordContext&);
template Result<RecordAgreement> accept_record_limits(const wire::Extensions<wire::In::encrypted_extensions>&,
                                                      const Policy&, const RecordContext&);

}  // namespace sotto::handshake
