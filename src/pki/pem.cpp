#include "pki/pem.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sotto::pki {
namespace {

constexpr std::string_view begin_certificate = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_certificate = "-----END CERTIFICATE-----";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t line_length = 64;

bool is_space(char character) { return character == ' ' || (character >= '\t' && character <= '\r'); }

// RFC 4648, 4, with white space between the characters as RFC 7468, 3 has parsers ignore it.
std::optional<Bytes> decode_base64(std::string_view text) {
  static constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(0xff);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
      table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
  }();
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char character : text) {
    if (is_space(character)) continue;
    if (character == '=') {
      ++padding;
      continue;
    }
    const auto value = values[static_cast<unsigned char>(character)];
    if (value == 0xff || padding != 0) return std::nullopt;
    group = group << 6 | value;
    if (++digits % 4 != 0) continue;
    bytes.push_back(static_cast<std::uint8_t>(group >> 16));
    bytes.push_back(static_cast<std::uint8_t>(group >> 8));
    bytes.push_back(static_cast<std::uint8_t>(group));
    group = 0;
  }
  const auto left = digits % 4;
  if (left == 1 || (left == 0 ? padding != 0 : padding != 4 - left)) return std::nullopt;
  if (left == 2) bytes.push_back(static_cast<std::uint8_t>(group >> 4));
  if (left == 3) {
    bytes.push_back(static_cast<std::uint8_t>(group >> 10));
    bytes.push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return bytes;
}

std::string encode_base64(View bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? alphabet[group >> (18 - 6 * j) & 63U] : '=';
  }
  return text;
}

}  // namespace

Result<std::vector<Bytes>> read_pem_certificates(std::string_view pem) {
  std::vector<Bytes> certificates;
  for (auto start = pem.find(begin_certificate); start != std::string_view::npos; start = pem.find(begin_certificate)) {
    pem.remove_prefix(start + begin_certificate.size());
    const auto which = "certificate " + std::to_string(certificates.size() + 1);
    const auto end = pem.find(end_certificate);
    if (end == std::string_view::npos) return fail(Code::malformed_pem, which + " in it has no end");
    auto der = decode_base64(pem.substr(0, end));
    if (!der) return fail(Code::malformed_pem, which + " in it is not base64");
    certificates.push_back(std::move(*der));
    pem.remove_prefix(end + end_certificate.size());
  }
  if (certificates.empty()) return fail(Code::malformed_pem, "there is no certificate in it");
  return certificates;
}

std::string write_pem_certificate(View der) {
  const auto text = encode_base64(der);
  std::string pem(begin_certificate);
  for (std::size_t i = 0; i < text.size(); i += line_length) pem.append("\n").append(text, i, line_length);
  return pem.append("\n").append(end_certificate).append("\n");
}

}  // namespace sotto::pki
