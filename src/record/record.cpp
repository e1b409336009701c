#include "record/record.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "wire/reader.hpp"

namespace sotto::record {
namespace {

bool is_content_type(ContentType type) {
  return type == ContentType::change_cipher_spec || type == ContentType::alert || type == ContentType::handshake ||
         type == ContentType::application_data;
}

bool begins_with_http_method(std::string_view text) {
  constexpr std::string_view methods[] = {"GET ", "HEAD", "POST", "PUT ", "DELE", "OPTI", "PATC", "CONN", "TRAC"};
  return std::any_of(std::begin(methods), std::end(methods), [&](auto method) { return text.starts_with(method); });
}

/// The ClientHello of SSL 2.0: a two-octet length with the high bit set, then message type 1. RFC 6101, E.
bool looks_like_ssl2(View input) { return input.size() >= 3 && (input[0] & 0x80) != 0 && input[2] == 1; }

/// Returns how long a record may be that has at most `limit` octets of content.
std::size_t longest_fragment(Protection protection, std::size_t limit) {
  if (protection == Protection::none) return limit;
  if (protection == Protection::aead) return max_ciphertext - (max_plaintext - limit);
  return limit == max_plaintext ? max_ciphertext12 : limit + max_expansion12;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Says whether a server may have begun so: "220 ", "+OK", "* OK", "SSH-2.0".
bool looks_like_greeting(std::string_view text) {
  constexpr std::string_view beginnings[] = {"+OK", "-ERR", "* ", "SSH-", "HTTP/"};
  const bool begins_with_code = text.size() > 3 && is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]) &&
                                (text[3] == ' ' || text[3] == '-');
  return begins_with_code ||
         std::any_of(std::begin(beginnings), std::end(beginnings), [&](auto words) { return text.starts_with(words); });
}

/// Quotes what tells a protocol: a greeting's line, and of anything else the first word. A client's words may be a
/// login, and errors are logged.
std::string quote(std::string_view text) {
  const auto is_graphic = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!looks_like_greeting(text)) {
    const auto* const end = std::find_if_not(text.begin(), text.end(), is_graphic);
    return {text.begin(), end};
  }
  std::string line(text.substr(0, text.find_first_of("\r\n")));
  std::replace_if(line.begin(), line.end(), [&](char c) { return c != ' ' && !is_graphic(c); }, '.');
  return line;
}

/// Explains octets that are no TLS record.
std::unexpected<Error> refuse(View input) {
  const auto text = as_text(input.first(std::min<std::size_t>(input.size(), 32)));
  if (begins_with_http_method(text)) return fail(Code::http_request);
  if (looks_like_ssl2(input)) return fail(Code::obsolete_version, "it sent a ClientHello in the format of SSL 2.0");
  const auto seen = quote(text);
  const auto sent = seen.empty() ? "the octet " + std::to_string(input[0]) : "\"" + seen + "\"";
  return fail(Code::not_tls, "it sent " + sent + " where a TLS record was expected");
}

}  // namespace

Result<Deframed> deframe(MutableView input, Protection protection, std::size_t limit) {
  if (input.size() < header_octets) {
    // The first octet already tells most other protocols; an answer should not wait for more.
    if (!input.empty() && input.size() >= 3 && !is_content_type(static_cast<ContentType>(input[0])))
      return refuse(input);
    return Deframed{};
  }
  wire::Reader reader(input);
  const auto type = static_cast<ContentType>(reader.u8());
  const auto version = reader.u16();
  const std::size_t length = reader.u16();
  // RFC 8446, 5.1: legacy_record_version MUST be ignored; its major number alone tells TLS from everything else.
  if (version >> 8 != 3) return refuse(input);
  if (!is_content_type(type))
    return fail(Code::unexpected_record, "content type " + std::to_string(static_cast<unsigned>(type)));

  const auto longest = longest_fragment(protection, limit);
  if (length > longest)
    return fail(Code::record_overflow,
                std::to_string(length) + " octets, at most " + std::to_string(longest) + " are allowed");
  if (input.size() < header_octets + length) return Deframed{std::nullopt, header_octets + length};
  return Deframed{Record{type, input.first(header_octets), input.subspan(header_octets, length)}, 0};
}

std::array<std::uint8_t, header_octets> make_header(ContentType type, std::size_t length, std::uint16_t version) {
  return {static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(version >> 8), static_cast<std::uint8_t>(version),
          static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
}

}  // namespace sotto::record
