/// \file
/// ClientHello, ServerHello and HelloRetryRequest. RFC 8446, 4.1.
#pragma once

#include <array>
#include <string_view>

#include <sotto/policy.hpp>

#include "wire/extensions.hpp"
#include "wire/message.hpp"

namespace sotto::wire {

inline constexpr std::size_t random_octets = 32;
using Random = std::array<std::uint8_t, random_octets>;

/// Names a compression method; only null is left.
enum class CompressionMethod : std::uint8_t { null = 0 };

struct ClientHello {
  static constexpr auto type = HandshakeType::client_hello;
  static constexpr std::string_view name = "ClientHello";
  static constexpr bool changes_keys = true;
  static constexpr bool absorbed_by_step = true;  // binders cover the transcript before it (RFC 8446, 4.2.11.2)
  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  View random;
  View legacy_session_id;
  Codes<CipherSuite> cipher_suites;
  Codes<CompressionMethod> legacy_compression_methods;
  Extensions<In::client_hello> extensions;
  static bool matches(View raw) { return type_of(raw) == type; }
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("legacy_version", self.legacy_version);
    visit("random", self.random, exactly<random_octets>);
    visit("legacy_session_id", self.legacy_session_id, between<0, 32>);
    visit("cipher_suites", self.cipher_suites, between<2, 0xfffe>);
    visit("legacy_compression_methods", self.legacy_compression_methods, between<1, 0xff>);
    visit.extensions(self.extensions);
  }
};

/// RFC 8446, 4.1.3: the random of a HelloRetryRequest is the SHA-256 of "HelloRetryRequest".
inline constexpr Random hello_retry_request_random = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                                      0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                                      0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/// Says whether the framed message `raw` is a ServerHello with the random of a HelloRetryRequest.
[[nodiscard]] bool is_hello_retry_request(View raw);

template <In Message>
struct ServerHelloFields {
  static constexpr auto type = HandshakeType::server_hello;
  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  View random;
  View legacy_session_id_echo;
  CipherSuite cipher_suite{};
  CompressionMethod legacy_compression_method = CompressionMethod::null;
  Extensions<Message> extensions;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("legacy_version", self.legacy_version);
    visit("random", self.random, exactly<random_octets>);
    visit("legacy_session_id_echo", self.legacy_session_id_echo, between<0, 32>);
    visit("cipher_suite", self.cipher_suite);
    visit("legacy_compression_method", self.legacy_compression_method);
    visit.extensions(self.extensions);
  }
};

struct ServerHello : ServerHelloFields<In::server_hello> {
  static constexpr std::string_view name = "ServerHello";
  static constexpr bool changes_keys = false;  // only in TLS 1.3, and the version stands inside: its step checks
  static bool matches(View raw) { return type_of(raw) == type && !is_hello_retry_request(raw); }
};

struct HelloRetryRequest : ServerHelloFields<In::hello_retry_request> {
  static constexpr std::string_view name = "HelloRetryRequest";
  static constexpr bool changes_keys = true;      // nothing may follow it in the same flight
  static constexpr bool absorbed_by_step = true;  // the first ClientHello is replaced before it (RFC 8446, 4.4.1)
  static bool matches(View raw) { return type_of(raw) == type && is_hello_retry_request(raw); }
};

}  // namespace sotto::wire
