#include "wire/certificate_view.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "wire/der.hpp"

namespace sotto::wire {
namespace {

// id-ce, 2.5.29.*: RFC 5280, appendix A.2.
constexpr std::array<std::uint8_t, 3> key_usage_id{0x55, 0x1d, 15};
constexpr std::array<std::uint8_t, 3> subject_alternative_name_id{0x55, 0x1d, 17};
constexpr std::array<std::uint8_t, 3> basic_constraints_id{0x55, 0x1d, 19};
constexpr std::array<std::uint8_t, 3> name_constraints_id{0x55, 0x1d, 30};

std::unexpected<Error> malformed(const char* what) { return fail(Code::certificate_malformed, what); }

// RFC 5280, 4.1: Version ::= INTEGER { v1(0), v2(1), v3(2) }, in an EXPLICIT [0] with the default v1.
Result<void> read_version(DerReader& tbs) {
  const auto tagged = tbs.optional(constructed_context_tag(0));
  if (!tagged) return std::unexpected(tagged.error());
  if (!*tagged) return malformed("it is no X.509 certificate of version 3");
  const auto version = read_der((*tagged)->content, DerTag::integer);
  if (!version) return std::unexpected(version.error());
  const auto number = der_small_unsigned(version->content);
  if (!number) return std::unexpected(number.error());
  if (*number != 2) return malformed("it is no X.509 certificate of version 3");
  return {};
}

Result<void> read_key_usage(View value, CertificateView& certificate) {
  const auto element = read_der(value, DerTag::bit_string);
  if (!element) return std::unexpected(element.error());
  const auto bits = der_bits(element->content);
  if (!bits) return std::unexpected(bits.error());
  certificate.may_sign = bits->is_set(0);
  certificate.may_encipher = bits->is_set(2);
  return {};
}

Result<void> read_basic_constraints(View value, CertificateView& certificate) {
  const auto element = read_der(value, DerTag::sequence);
  if (!element) return std::unexpected(element.error());
  DerReader reader(element->content);
  const auto authority = reader.optional(DerTag::boolean);
  if (!authority) return std::unexpected(authority.error());
  if (!*authority) return {};
  const auto is_authority = der_boolean((*authority)->content);
  if (!is_authority) return std::unexpected(is_authority.error());
  certificate.is_authority = *is_authority;
  return {};
}

Result<void> read_sequence(View value, std::optional<View>& into) {
  const auto element = read_der(value, DerTag::sequence);
  if (!element) return std::unexpected(element.error());
  into = element->whole;
  return {};
}

Result<void> read_known_extension(View id, View value, CertificateView& certificate) {
  if (same(id, key_usage_id)) return read_key_usage(value, certificate);
  if (same(id, basic_constraints_id)) return read_basic_constraints(value, certificate);
  if (same(id, subject_alternative_name_id)) return read_sequence(value, certificate.subject_alternative_name);
  if (same(id, name_constraints_id)) return read_sequence(value, certificate.name_constraints);
  return {};
}

// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }. Returns extnID.
Result<View> read_extension(View content, CertificateView& certificate) {
  DerReader reader(content);
  const auto id = reader.expect(DerTag::object_identifier);
  if (!id) return std::unexpected(id.error());
  const auto critical = reader.optional(DerTag::boolean);
  if (!critical) return std::unexpected(critical.error());
  const auto value = reader.expect(DerTag::octet_string);
  if (!value) return std::unexpected(value.error());
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  if (auto read = read_known_extension(id->content, value->content, certificate); !read)
    return std::unexpected(std::move(read.error()));
  return id->content;
}

Result<void> read_extensions(View tagged, CertificateView& certificate) {
  const auto list = read_der(tagged, DerTag::sequence);
  if (!list) return std::unexpected(list.error());
  std::vector<View> seen;
  for (DerReader reader(list->content); !reader.at_end();) {
    const auto extension = reader.expect(DerTag::sequence);
    if (!extension) return std::unexpected(extension.error());
    const auto id = read_extension(extension->content, certificate);
    if (!id) return std::unexpected(id.error());
    // RFC 5280, 4.2: "A certificate MUST NOT include more than one instance of a particular extension."
    if (std::ranges::any_of(seen, [&](View other) { return same(other, *id); }))
      return malformed("it has an extension twice");
    seen.push_back(*id);
  }
  return {};
}

Result<CertificateView> read_tbs(View content) {
  CertificateView certificate;
  DerReader tbs(content);
  if (auto version = read_version(tbs); !version) return std::unexpected(std::move(version.error()));
  const std::array<std::pair<DerTag, View*>, 6> fields{{{DerTag::integer, nullptr},   // serialNumber
                                                        {DerTag::sequence, nullptr},  // signature
                                                        {DerTag::sequence, &certificate.issuer},
                                                        {DerTag::sequence, nullptr},  // validity
                                                        {DerTag::sequence, &certificate.subject},
                                                        {DerTag::sequence, &certificate.subject_public_key_info}}};
  for (const auto& [tag, into] : fields) {
    const auto element = tbs.expect(tag);
    if (!element) return std::unexpected(element.error());
    if (into != nullptr) *into = element->whole;
  }
  // issuerUniqueID and subjectUniqueID, BIT STRINGs with implicit tags, then the extensions.
  for (const auto tag : {context_tag(1), context_tag(2)})
    if (const auto unique = tbs.optional(tag); !unique) return std::unexpected(unique.error());
  const auto extensions = tbs.optional(constructed_context_tag(3));
  if (!extensions) return std::unexpected(extensions.error());
  if (*extensions)
    if (auto read = read_extensions((*extensions)->content, certificate); !read)
      return std::unexpected(std::move(read.error()));
  if (auto end = tbs.expect_end(); !end) return std::unexpected(std::move(end.error()));
  return certificate;
}

}  // namespace

Result<CertificateView> parse_certificate(View der) {
  const auto outer = read_der(der, DerTag::sequence);
  if (!outer) return std::unexpected(outer.error());
  DerReader reader(outer->content);
  const auto tbs = reader.expect(DerTag::sequence);
  if (!tbs) return std::unexpected(tbs.error());
  for (const auto tag : {DerTag::sequence, DerTag::bit_string})  // signatureAlgorithm, signatureValue
    if (const auto element = reader.expect(tag); !element) return std::unexpected(element.error());
  if (auto end = reader.expect_end(); !end) return std::unexpected(std::move(end.error()));
  return read_tbs(tbs->content);
}

}  // namespace sotto::wire
