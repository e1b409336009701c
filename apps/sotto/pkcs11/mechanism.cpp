#include "pkcs11/mechanism.hpp"

#include <cstdint>

#include <sotto/remote_key.hpp>

namespace program::pkcs11 {
namespace {

using sotto::SignatureScheme;

/// Returns DigestInfo up to the digest: the hash's number (its last arc) and two lengths are all that differs.
std::vector<std::byte> digest_info(std::size_t digest_length) {
  const auto length = static_cast<std::uint8_t>(digest_length);
  const std::uint8_t arc = length == 32 ? 1 : length == 48 ? 2 : 3;
  std::vector<std::byte> info;
  // SEQUENCE { SEQUENCE { OBJECT IDENTIFIER 2.16.840.1.101.3.4.2.arc, NULL }, OCTET STRING }
  for (const std::uint8_t octet :
       {std::uint8_t{0x30}, static_cast<std::uint8_t>(17 + length), std::uint8_t{0x30}, std::uint8_t{0x0d},
        std::uint8_t{0x06}, std::uint8_t{0x09}, std::uint8_t{0x60}, std::uint8_t{0x86}, std::uint8_t{0x48},
        std::uint8_t{0x01}, std::uint8_t{0x65}, std::uint8_t{0x03}, std::uint8_t{0x04}, std::uint8_t{0x02}, arc,
        std::uint8_t{0x05}, std::uint8_t{0x00}, std::uint8_t{0x04}, length})
    info.push_back(std::byte{octet});
  return info;
}

}  // namespace

Need need_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::rsa_pkcs1_sha256:
    case SignatureScheme::rsa_pkcs1_sha384:
    case SignatureScheme::rsa_pkcs1_sha512: return {CKK_RSA, CKM_RSA_PKCS};
    case SignatureScheme::rsa_pss_rsae_sha256:
    case SignatureScheme::rsa_pss_rsae_sha384:
    case SignatureScheme::rsa_pss_rsae_sha512:
    case SignatureScheme::rsa_pss_pss_sha256:
    case SignatureScheme::rsa_pss_pss_sha384:
    case SignatureScheme::rsa_pss_pss_sha512: return {CKK_RSA, CKM_RSA_PKCS_PSS};
    case SignatureScheme::ecdsa_secp256r1_sha256:
    case SignatureScheme::ecdsa_secp384r1_sha384:
    case SignatureScheme::ecdsa_secp521r1_sha512: return {CKK_EC, CKM_ECDSA};
    case SignatureScheme::ed25519: return {edwards_key, CKM_EDDSA};
  }
  return {CKK_VENDOR_DEFINED, CKM_VENDOR_DEFINED};
}

sotto::Result<std::vector<std::byte>> input_for(SignatureScheme scheme, std::span<const std::byte> message) {
  const auto mechanism = need_of(scheme).mechanism;
  if (mechanism == CKM_EDDSA) return std::vector<std::byte>(message.begin(), message.end());
  auto digest = sotto::digest_for(scheme, message);
  if (!digest || mechanism != CKM_RSA_PKCS) return digest;
  auto input = digest_info(digest->size());
  input.insert(input.end(), digest->begin(), digest->end());
  return input;
}

CK_RSA_PKCS_PSS_PARAMS pss_parameters(std::size_t digest_length) {
  const auto salt = static_cast<CK_ULONG>(digest_length);
  if (digest_length == 32) return {CKM_SHA256, CKG_MGF1_SHA256, salt};
  if (digest_length == 48) return {CKM_SHA384, CKG_MGF1_SHA384, salt};
  return {CKM_SHA512, CKG_MGF1_SHA512, salt};
}

sotto::Result<std::vector<std::byte>> output_for(SignatureScheme scheme, std::vector<std::byte> signature) {
  if (need_of(scheme).mechanism == CKM_ECDSA) return sotto::ecdsa_signature_from_halves(signature);
  return signature;
}

}  // namespace program::pkcs11
