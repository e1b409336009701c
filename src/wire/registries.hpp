/// \file
/// Code points of the record and handshake layers, with the RFC's names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sotto::wire {

/// RFC 8446, B.1.
enum class ContentType : std::uint8_t {
  invalid = 0,
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23
};

/// RFC 8446, B.3; RFC 5246, 7.4; RFC 8879, 7.2.
enum class HandshakeType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  new_session_ticket = 4,
  end_of_early_data = 5,
  encrypted_extensions = 8,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
  certificate_status = 22,
  key_update = 24,
  compressed_certificate = 25,
  message_hash = 254,
};

/// RFC 8446, B.3.1 and the IANA registry.
enum class ExtensionType : std::uint16_t {
  server_name = 0,
  max_fragment_length = 1,
  status_request = 5,
  supported_groups = 10,
  ec_point_formats = 11,
  signature_algorithms = 13,
  application_layer_protocol_negotiation = 16,
  signed_certificate_timestamp = 18,
  client_certificate_type = 19,
  server_certificate_type = 20,
  encrypt_then_mac = 22,
  extended_master_secret = 23,
  compress_certificate = 27,
  record_size_limit = 28,
  session_ticket = 35,
  pre_shared_key = 41,
  early_data = 42,
  supported_versions = 43,
  cookie = 44,
  psk_key_exchange_modes = 45,
  certificate_authorities = 47,
  post_handshake_auth = 49,
  signature_algorithms_cert = 50,
  key_share = 51,
  renegotiation_info = 0xff01,
};

/// RFC 6066, 4.
enum class MaxFragmentLength : std::uint8_t { octets_512 = 1, octets_1024 = 2, octets_2048 = 3, octets_4096 = 4 };

/// RFC 6066, 8.
enum class CertificateStatusType : std::uint8_t { ocsp = 1 };

/// RFC 8422, 5.1.2.
enum class EcPointFormat : std::uint8_t { uncompressed = 0 };

/// RFC 8446, 4.2.9.
enum class PskKeyExchangeMode : std::uint8_t { psk_ke = 0, psk_dhe_ke = 1 };

/// RFC 8446, 6.
enum class AlertLevel : std::uint8_t { warning = 1, fatal = 2 };

/// RFC 8446, 4.6.3.
enum class KeyUpdateRequest : std::uint8_t { update_not_requested = 0, update_requested = 1 };

/// Returns the RFC's name of the message ("ClientHello"), or "message 99" for an unknown type.
[[nodiscard]] std::string name_of(HandshakeType type);
/// Returns the RFC's name of the extension ("key_share"), or "extension 99".
[[nodiscard]] std::string name_of(ExtensionType type);

}  // namespace sotto::wire
