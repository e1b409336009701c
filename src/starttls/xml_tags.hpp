/// \file
/// The little XML that XMPP's way into TLS needs: tags one after the other, and no text between them.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::inline v0::starttls::detail {

/// What XML calls white space.
inline constexpr std::string_view xml_blanks = " \t\r\n";

/// One tag.
struct XmlTag {
  enum class Kind : std::uint8_t { start, end, empty, declaration };
  Kind kind = Kind::start;
  std::string name;        ///< with its prefix, such as "stream:features"
  std::string attributes;  ///< as written

  /// Returns the value of an attribute, as written; empty if there is none.
  [[nodiscard]] std::string attribute(std::string_view attribute_name) const;
};

/// Collects tags out of pieces. Comments, processing instructions besides the declaration, DTDs and stray text are
/// errors: RFC 6120, 11.1 and 11.4.
class XmlTagReader {
 public:
  /// Takes octets up to the end of the next tag, and returns how many. `starttls_line_too_long`, `starttls_malformed`.
  Result<std::size_t> take(View in);
  /// Says whether text between tags is passed over, as inside an element that is not looked at; else it is an error.
  void pass_over_text(bool pass) { pass_text_ = pass; }
  [[nodiscard]] bool has_tag() const { return complete_; }
  /// Returns the tag, and begins the next one.
  [[nodiscard]] Result<XmlTag> next();

 private:
  std::string text_;
  char quote_ = '\0';
  bool complete_ = false;
  bool pass_text_ = false;
};

}  // namespace sotto::inline v0::starttls::detail
