#include "pki/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "wire/certificate_view.hpp"
#include "wire/der.hpp"

namespace sotto::pki {
namespace {

using wire::DerReader;
using wire::DerTag;

constexpr std::size_t max_name_length = 253;
constexpr std::size_t max_label_length = 63;

// GeneralName's choices, RFC 5280, 4.2.1.6.
constexpr auto dns_name_tag = wire::context_tag(2);
constexpr auto ip_address_tag = wire::context_tag(7);

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_label_character(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'z') || character == '-' || character == '_';
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Bytes parse_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return {};
  Bytes address;
  for (const auto part : parts) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    // A leading zero would mean octal to some, so nobody may write it.
    const bool odd_zero = part.size() > 1 && part[0] == '0';
    if (error != std::errc() || end != part.data() + part.size() || odd_zero || value > 255) return {};
    address.push_back(static_cast<std::uint8_t>(value));
  }
  return address;
}

// Reads groups of up to four hexadecimal digits; the last may be an IPv4 address. Nothing if one is malformed.
std::optional<Bytes> parse_groups(std::string_view text) {
  Bytes octets;
  if (text.empty()) return octets;
  const auto groups = split(text, ':');
  for (const auto& group : groups) {
    if (&group == &groups.back() && group.find('.') != std::string_view::npos) {
      const auto ipv4 = parse_ipv4(group);
      if (ipv4.empty()) return std::nullopt;
      octets.insert(octets.end(), ipv4.begin(), ipv4.end());
      continue;
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc() || end != group.data() + group.size() || group.size() > 4) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(value >> 8));
    octets.push_back(static_cast<std::uint8_t>(value));
  }
  return octets;
}

// RFC 4291, 2.2.
Bytes parse_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto whole = parse_groups(text);
    return whole && whole->size() == 16 ? std::move(*whole) : Bytes();
  }
  if (text.substr(0, gap).find('.') != std::string_view::npos) return {};
  const auto front = parse_groups(text.substr(0, gap));
  const auto back = parse_groups(text.substr(gap + 2));
  if (!front || !back || front->size() + back->size() > 14) return {};
  Bytes address(16, 0);
  std::ranges::copy(*front, address.begin());
  std::ranges::copy_backward(*back, address.end());
  return address;
}

std::string ipv6_text(View address) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(address[2 * i] << 8 | address[2 * i + 1]);
  // RFC 5952, 4.2: "::" for the longest run of at least two zero groups, the first of equals.
  std::size_t start = 0;
  std::size_t length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t run = 0;
    while (i + run < 8 && groups[i + run] == 0) ++run;
    if (run > length) {
      start = i;
      length = run;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (length > 1 && i == start) {
      text += "::";
      i += length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr);
  }
  return text;
}

std::string_view fault_in_label(std::string_view label) {
  if (label.empty()) return "it has an empty label";
  if (label.size() > max_label_length) return "it has a label of more than 63 characters";
  if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
  if (!std::ranges::all_of(label, is_label_character))
    return "it has a character that DNS names of hosts do not have (international names are written as xn--...)";
  return {};
}

std::string_view suffix_after_first_label(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

bool is_wildcard(std::string_view pattern) { return pattern.starts_with("*."); }

// Calls `use` with the tag and content of each GeneralName.
template <class Use>
Result<void> for_each_general_name(View general_names, Use use) {
  const auto sequence = wire::read_der(general_names, DerTag::sequence);
  if (!sequence) return std::unexpected(sequence.error());
  for (DerReader reader(sequence->content); !reader.at_end();) {
    const auto name = reader.next();
    if (!name) return std::unexpected(name.error());
    use(name->tag, name->content);
  }
  return {};
}

// NameConstraints ::= SEQUENCE { permittedSubtrees [0], excludedSubtrees [1] }, each a SEQUENCE OF GeneralSubtree whose
// first element is a GeneralName. RFC 5280, 4.2.1.10.
Result<std::vector<std::string>> excluded_dns_names(View name_constraints) {
  std::vector<std::string> names;
  const auto sequence = wire::read_der(name_constraints, DerTag::sequence);
  if (!sequence) return std::unexpected(sequence.error());
  DerReader fields(sequence->content);
  if (const auto permitted = fields.optional(wire::constructed_context_tag(0)); !permitted)
    return std::unexpected(permitted.error());
  const auto excluded = fields.optional(wire::constructed_context_tag(1));
  if (!excluded) return std::unexpected(excluded.error());
  if (!*excluded) return names;
  for (DerReader subtrees((*excluded)->content); !subtrees.at_end();) {
    const auto subtree = subtrees.expect(DerTag::sequence);
    if (!subtree) return std::unexpected(subtree.error());
    const auto base = DerReader(subtree->content).next();
    if (!base) return std::unexpected(base.error());
    if (base->tag == dns_name_tag) names.push_back(lower_case(as_text(base->content)));
  }
  return names;
}

}  // namespace

Bytes parse_ip_address(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_ipv4(text) : parse_ipv6(text);
}

std::string ip_address_text(View address) {
  if (address.size() == 16) return ipv6_text(address);
  std::string text;
  for (const auto octet : address) text.append(text.empty() ? "" : ".").append(std::to_string(octet));
  return text;
}

std::string_view fault_in_dns_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > max_name_length) return "it has more than 253 characters";
  const auto labels = split(name, '.');
  for (const auto label : labels)
    if (const auto fault = fault_in_label(label); !fault.empty()) return fault;
  // RFC 1123, 2.1: the last label of a host's name is alphabetic, so that it cannot be taken for an address.
  if (std::ranges::all_of(labels.back(), is_digit)) return "its last label is a number, but it is no IP address";
  return {};
}

std::string_view fault_in_dns_pattern(std::string_view pattern) {
  return fault_in_dns_name(is_wildcard(pattern) ? pattern.substr(2) : pattern);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (auto& character : lower)
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  return lower;
}

bool matches(std::string_view pattern, std::string_view name) {
  if (!is_wildcard(pattern)) return pattern == name;
  const auto base = pattern.substr(2);
  // A wildcard for a whole top-level domain is nobody's name.
  if (base.find('.') == std::string_view::npos) return false;
  return suffix_after_first_label(name) == base && name.front() != '.';
}

bool AlternativeNames::include(std::string_view name) const {
  if (const auto address = parse_ip_address(name); !address.empty()) return std::ranges::find(ip, address) != ip.end();
  if (!fault_in_dns_name(name).empty()) return false;
  return std::ranges::any_of(dns, [&](const std::string& pattern) { return matches(pattern, name); });
}

std::vector<std::string> AlternativeNames::texts() const {
  auto texts = dns;
  for (const auto& address : ip) texts.push_back(ip_address_text(address));
  return texts;
}

Result<AlternativeNames> alternative_names(View certificate) {
  const auto view = wire::parse_certificate(certificate);
  if (!view) return std::unexpected(view.error());
  AlternativeNames names;
  if (!view->subject_alternative_name) return names;
  const auto read = for_each_general_name(*view->subject_alternative_name, [&](DerTag tag, View content) {
    if (tag == ip_address_tag && (content.size() == 4 || content.size() == 16)) names.ip.push_back(own(content));
    if (tag != dns_name_tag) return;
    auto pattern = lower_case(as_text(content));
    if (fault_in_dns_pattern(pattern).empty()) names.dns.push_back(std::move(pattern));
  });
  if (!read) return std::unexpected(read.error());
  return names;
}

Result<bool> wildcard_evades(const AlternativeNames& names, View authority) {
  const auto view = wire::parse_certificate(authority);
  // A trusted root may be of version 1, which has no constraints.
  if (!view || !view->name_constraints) return false;
  const auto excluded = excluded_dns_names(*view->name_constraints);
  if (!excluded) return std::unexpected(excluded.error());
  return std::ranges::any_of(names.dns, [&](const std::string& pattern) {
    return is_wildcard(pattern) && std::ranges::any_of(*excluded, [&](const std::string& name) {
             return suffix_after_first_label(name) == std::string_view(pattern).substr(2);
           });
  });
}

}  // namespace sotto::pki
