#include "starttls/xml_tags.hpp"

#include <algorithm>
#include <utility>

#include "starttls/lines.hpp"

namespace sotto::inline v0::starttls::detail {
namespace {

constexpr std::size_t longest_tag = 8192;

}  // namespace

std::string XmlTag::attribute(std::string_view attribute_name) const {
  std::string_view rest = attributes;
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(xml_blanks), rest.size()));
    const auto equals = rest.find('=');
    if (equals == rest.npos) return {};
    const auto found = rest.substr(0, std::min(rest.find_first_of(xml_blanks), equals));
    rest.remove_prefix(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_of("'\""), rest.size()));
    if (rest.empty()) return {};
    const auto end = rest.find(rest.front(), 1);
    if (end == rest.npos) return {};
    if (found == attribute_name) return std::string(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
}

Result<std::size_t> XmlTagReader::take(View in) {
  std::size_t used = 0;
  while (used < in.size() && !complete_) {
    const auto octet = static_cast<char>(in[used++]);
    if (text_.empty() && (xml_blanks.contains(octet) || (pass_text_ && octet != '<')))
      continue;  // RFC 6120, 4.6.1: keepalives
    if (text_.empty() && octet != '<') return fail(Code::starttls_malformed, "text where an XML element belongs");
    if (octet == '\0') return fail(Code::starttls_malformed, "a NUL character");
    text_ += octet;
    if (text_.size() > longest_tag)
      return fail(Code::starttls_line_too_long, "a tag of more than " + std::to_string(longest_tag) + " octets");
    complete_ = octet == '>' && quote_ == '\0';
    if (quote_ != '\0' && octet == quote_)
      quote_ = '\0';
    else if (quote_ == '\0' && (octet == '\'' || octet == '"'))
      quote_ = octet;
  }
  return used;
}

Result<XmlTag> XmlTagReader::next() {
  complete_ = false;
  const auto text = std::exchange(text_, {});
  auto inside = std::string_view(text).substr(1, text.size() - 2);
  XmlTag tag;
  if (inside.starts_with("?xml ") && inside.ends_with('?')) {
    tag.kind = XmlTag::Kind::declaration;
    return tag;
  }
  if (inside.starts_with('/')) {
    tag.kind = XmlTag::Kind::end;
    inside.remove_prefix(1);
  } else if (inside.ends_with('/')) {
    tag.kind = XmlTag::Kind::empty;
    inside.remove_suffix(1);
  }
  const auto name_end = std::min(inside.find_first_of(xml_blanks), inside.size());
  tag.name = inside.substr(0, name_end);
  tag.attributes = inside.substr(name_end);
  const bool is_name = !tag.name.empty() && tag.name.find_first_of("<>!?/='\"") == std::string::npos;
  if (!is_name || tag.attributes.find('<') != std::string::npos) return malformed(text);
  return tag;
}

}  // namespace sotto::inline v0::starttls::detail
