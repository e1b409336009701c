/// \file
/// The framing of handshake messages (RFC 8446, 4) and how a message is recognised, parsed, encoded and printed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/fields.hpp"
#include "wire/registries.hpp"

namespace sotto::wire {

inline constexpr std::size_t handshake_header_octets = 4;

/// Returns the type of a framed message; `raw` holds at least the header.
[[nodiscard]] inline HandshakeType type_of(View raw) { return static_cast<HandshakeType>(Reader(raw).u8()); }

/// Returns the body of a framed message.
[[nodiscard]] inline View body_of(View raw) {
  Reader reader(raw);
  (void)reader.u8();
  return reader.vector(between<0, 0xffffff>);
}

/// Parses the framed message `raw`, of which the type was recognised.
template <class M>
[[nodiscard]] Result<M> parse_message(View raw) {
  auto message = parse<M>(body_of(raw));
  if (!message) return fail(message.error().code, "in " + std::string(M::name));
  return message;
}

/// Appends `message` with its header to `out`; `Code::internal_error` if a field exceeds its bounds.
template <class M>
[[nodiscard]] Result<void> encode_message(const M& message, Bytes& out) {
  Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(M::type));
  bool fits = true;
  writer.vector(between<0, 0xffffff>, [&](Writer& body) {
    FieldWriter visit(body);
    M::fields(message, visit);
    fits = !body.failed();
  });
  if (!fits || writer.failed()) return fail(Code::internal_error, std::string(M::name) + " is too large to encode");
  return {};
}

/// Lists the fields of the framed message `raw` in words, for people.
using PrintedFields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] PrintedFields print_message(View raw);
/// Returns the RFC's name of the framed message, telling HelloRetryRequest from ServerHello.
[[nodiscard]] std::string_view message_name(View raw);

}  // namespace sotto::wire
