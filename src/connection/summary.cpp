#include <sotto/connection.hpp>

#include "keys/cipher_suites.hpp"

namespace sotto {

std::string Summary::key_exchange() const {
  const auto* suite = keys::find_suite(cipher_suite);
  const auto agreement = suite == nullptr ? keys::KeyAgreement::any : suite->key_agreement;
  // RFC 5246, 7.3: a resumed TLS 1.2 handshake agrees on nothing new.
  if (version == ProtocolVersion::tls12 && resumed) return "the resumed session";
  if (agreement == keys::KeyAgreement::rsa_transport) return "RSA";
  const std::string kind = agreement == keys::KeyAgreement::dhe ? "DHE" : "ECDHE";
  return group ? kind + " with " + to_string(*group) : kind;
}

std::string CompressedForm::in_words() const {
  return "with " + to_string(algorithm) + ", " + std::to_string(octets) + " to " + std::to_string(compressed_octets) +
         " octets";
}

}  // namespace sotto
