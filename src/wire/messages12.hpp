/// \file
/// The messages of TLS 1.2 behind the hellos. RFC 5246, 7.4; RFC 8422, 5; RFC 5077, 3.3.
#pragma once

#include <string_view>
#include <vector>

#include <sotto/policy.hpp>

#include "wire/messages13.hpp"

namespace sotto::wire {

/// RFC 8422, 5.4.
enum class EcCurveType : std::uint8_t { named_curve = 3 };

struct HelloRequest : MessageOf<HandshakeType::hello_request> {
  static constexpr std::string_view name = "HelloRequest";
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

/// The content is read once it is known what it is: a list of certificates, or a raw public key (RFC 7250, 3).
struct Certificate12 : MessageOf<HandshakeType::certificate> {
  static constexpr std::string_view name = "Certificate";
  View content;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("certificates", self.content, between<0, 0xffffff>);
  }
};

struct CertificateStatus : MessageOf<HandshakeType::certificate_status> {  // RFC 6066, 8
  static constexpr std::string_view name = "CertificateStatus";
  CertificateStatusType status_type{};
  View response;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("status_type", self.status_type);
    visit("response", self.response, between<1, 0xffffff>);
  }
};

/// ServerECDHParams: the part of ServerKeyExchange that is signed.
struct ServerEcdhParams {
  EcCurveType curve_type = EcCurveType::named_curve;
  NamedGroup named_curve{};
  View public_value;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("curve_type", self.curve_type);
    visit("named_curve", self.named_curve);
    visit("public", self.public_value, between<1, 0xff>);
  }
};
struct ServerKeyExchange : MessageOf<HandshakeType::server_key_exchange> {
  static constexpr std::string_view name = "ServerKeyExchange";
  ServerEcdhParams params;
  SignatureScheme algorithm{};
  View signature;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    ServerEcdhParams::fields(self.params, visit);
    visit("algorithm", self.algorithm);
    visit("signature", self.signature, between<0, 0xffff>);
  }
};

/// ServerDHParams. RFC 5246, 7.4.3.
struct ServerDhParams {
  View dh_p;
  View dh_g;
  View dh_ys;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("dh_p", self.dh_p, between<1, 0xffff>);
    visit("dh_g", self.dh_g, between<1, 0xffff>);
    visit("dh_Ys", self.dh_ys, between<1, 0xffff>);
  }
};
struct ServerKeyExchangeDhe : MessageOf<HandshakeType::server_key_exchange> {
  static constexpr std::string_view name = "ServerKeyExchange";
  ServerDhParams params;
  SignatureScheme algorithm{};
  View signature;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    ServerDhParams::fields(self.params, visit);
    visit("algorithm", self.algorithm);
    visit("signature", self.signature, between<0, 0xffff>);
  }
};

struct CertificateRequest12 : MessageOf<HandshakeType::certificate_request> {
  static constexpr std::string_view name = "CertificateRequest";
  Codes<ClientCertificateType> certificate_types;
  Codes<SignatureScheme> supported_signature_algorithms;
  std::vector<DistinguishedName> certificate_authorities;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("certificate_types", self.certificate_types, between<1, 0xff>);
    visit("supported_signature_algorithms", self.supported_signature_algorithms, between<2, 0xfffe>);
    visit("certificate_authorities", self.certificate_authorities, between<0, 0xffff>);
  }
};

struct ServerHelloDone : MessageOf<HandshakeType::server_hello_done> {
  static constexpr std::string_view name = "ServerHelloDone";
  static constexpr bool changes_keys = true;  // it ends the flight: nothing may follow it before the client spoke
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

/// ClientECDiffieHellmanPublic.
struct ClientKeyExchange : MessageOf<HandshakeType::client_key_exchange> {
  static constexpr std::string_view name = "ClientKeyExchange";
  View public_value;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("public", self.public_value, between<1, 0xff>);
  }
};

/// ClientDiffieHellmanPublic, or EncryptedPreMasterSecret: both are one vector with two octets of length. RFC
/// 5246, 7.4.7.
struct ClientKeyExchangeClassic : MessageOf<HandshakeType::client_key_exchange> {
  static constexpr std::string_view name = "ClientKeyExchange";
  View exchange_keys;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("exchange_keys", self.exchange_keys, between<1, 0xffff>);
  }
};

/// CertificateVerify of TLS 1.2 covers the messages themselves, not their hash.
struct CertificateVerify12 : MessageOf<HandshakeType::certificate_verify> {
  static constexpr std::string_view name = "CertificateVerify";
  static constexpr bool absorbed_by_step = true;
  SignatureScheme algorithm{};
  View signature;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("algorithm", self.algorithm);
    visit("signature", self.signature, between<0, 0xffff>);
  }
};

struct NewSessionTicket12 : MessageOf<HandshakeType::new_session_ticket> {
  static constexpr std::string_view name = "NewSessionTicket";
  static constexpr bool changes_keys = true;
  std::uint32_t ticket_lifetime_hint = 0;
  View ticket;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("ticket_lifetime_hint", self.ticket_lifetime_hint);
    visit("ticket", self.ticket, between<0, 0xffff>);
  }
};

/// Stands for the change_cipher_spec record in the lists of what a flow waits for; it is no handshake message.
/// RFC 5246, 7.1.
struct ChangeCipherSpec {
  static constexpr std::string_view name = "change_cipher_spec";
  static bool matches(View) { return false; }
};

}  // namespace sotto::wire
