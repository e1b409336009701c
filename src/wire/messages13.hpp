/// \file
/// The messages of TLS 1.3 behind the hellos. RFC 8446, 4.3 to 4.6.
#pragma once

#include <string_view>
#include <vector>

#include <sotto/policy.hpp>

#include "wire/extensions.hpp"
#include "wire/message.hpp"

namespace sotto::wire {

template <HandshakeType Type>
struct MessageOf {
  static constexpr auto type = Type;
  static constexpr bool changes_keys = false;
  static bool matches(View raw) { return type_of(raw) == Type; }
};

struct EncryptedExtensions : MessageOf<HandshakeType::encrypted_extensions> {
  static constexpr std::string_view name = "EncryptedExtensions";
  Extensions<In::encrypted_extensions> extensions;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit.extensions(self.extensions);
  }
};

struct EndOfEarlyData : MessageOf<HandshakeType::end_of_early_data> {
  static constexpr std::string_view name = "EndOfEarlyData";
  static constexpr bool changes_keys = true;
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct CertificateRequest : MessageOf<HandshakeType::certificate_request> {
  static constexpr std::string_view name = "CertificateRequest";
  View certificate_request_context;
  Extensions<In::certificate_request> extensions;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("certificate_request_context", self.certificate_request_context, between<0, 0xff>);
    visit.extensions(self.extensions);
  }
};

struct CertificateEntry {
  View cert_data;
  Extensions<In::certificate> extensions;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("cert_data", self.cert_data, between<1, 0xffffff>);
    visit.extensions(self.extensions);
  }
};

struct Certificate : MessageOf<HandshakeType::certificate> {
  static constexpr std::string_view name = "Certificate";
  View certificate_request_context;
  std::vector<CertificateEntry> certificate_list;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("certificate_request_context", self.certificate_request_context, between<0, 0xff>);
    visit("certificate_list", self.certificate_list, between<0, 0xffffff>);
  }
};

struct CompressedCertificate : MessageOf<HandshakeType::compressed_certificate> {  // RFC 8879, 4
  static constexpr std::string_view name = "CompressedCertificate";
  CertificateCompression algorithm{};
  std::uint32_t uncompressed_length = 0;
  View compressed_certificate_message;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("algorithm", self.algorithm);
    visit("uncompressed_length", self.uncompressed_length, exactly<3>);
    visit("compressed_certificate_message", self.compressed_certificate_message, between<1, 0xffffff>);
  }
};

struct CertificateVerify : MessageOf<HandshakeType::certificate_verify> {
  static constexpr std::string_view name = "CertificateVerify";
  static constexpr bool covers_transcript = true;
  SignatureScheme algorithm{};
  View signature;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("algorithm", self.algorithm);
    visit("signature", self.signature, between<0, 0xffff>);
  }
};

struct Finished : MessageOf<HandshakeType::finished> {
  static constexpr std::string_view name = "Finished";
  static constexpr bool covers_transcript = true;
  static constexpr bool changes_keys = true;
  View verify_data;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit.remaining("verify_data", self.verify_data);
  }
};

struct NewSessionTicket : MessageOf<HandshakeType::new_session_ticket> {
  static constexpr std::string_view name = "NewSessionTicket";
  std::uint32_t ticket_lifetime = 0;
  std::uint32_t ticket_age_add = 0;
  View ticket_nonce;
  View ticket;
  Extensions<In::new_session_ticket> extensions;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("ticket_lifetime", self.ticket_lifetime);
    visit("ticket_age_add", self.ticket_age_add);
    visit("ticket_nonce", self.ticket_nonce, between<0, 0xff>);
    visit("ticket", self.ticket, between<1, 0xffff>);
    visit.extensions(self.extensions);
  }
};

struct KeyUpdate : MessageOf<HandshakeType::key_update> {
  static constexpr std::string_view name = "KeyUpdate";
  static constexpr bool changes_keys = true;
  KeyUpdateRequest request_update = KeyUpdateRequest::update_not_requested;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit("request_update", self.request_update);
  }
};

}  // namespace sotto::wire
