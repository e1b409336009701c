#include "crypto/signature_schemes.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>

#include "crypto/algorithms.hpp"

namespace sotto::crypto {
namespace {

// RFC 8446, 4.2.3, in our order of preference for one key.
constexpr auto table = std::to_array<SchemeFacts>({
    {SignatureScheme::ecdsa_secp256r1_sha256, KeyType::ecdsa_p256, HashAlgorithm::sha256, Padding::none},
    {SignatureScheme::ecdsa_secp384r1_sha384, KeyType::ecdsa_p384, HashAlgorithm::sha384, Padding::none},
    {SignatureScheme::ecdsa_secp521r1_sha512, KeyType::ecdsa_p521, HashAlgorithm::sha512, Padding::none},
    {SignatureScheme::ed25519, KeyType::ed25519, std::nullopt, Padding::none},
    {SignatureScheme::rsa_pss_rsae_sha256, KeyType::rsa, HashAlgorithm::sha256, Padding::pss},
    {SignatureScheme::rsa_pss_rsae_sha384, KeyType::rsa, HashAlgorithm::sha384, Padding::pss},
    {SignatureScheme::rsa_pss_rsae_sha512, KeyType::rsa, HashAlgorithm::sha512, Padding::pss},
    {SignatureScheme::rsa_pss_pss_sha256, KeyType::rsa_pss, HashAlgorithm::sha256, Padding::pss},
    {SignatureScheme::rsa_pss_pss_sha384, KeyType::rsa_pss, HashAlgorithm::sha384, Padding::pss},
    {SignatureScheme::rsa_pss_pss_sha512, KeyType::rsa_pss, HashAlgorithm::sha512, Padding::pss},
    {SignatureScheme::rsa_pkcs1_sha256, KeyType::rsa, HashAlgorithm::sha256, Padding::pkcs1},
    {SignatureScheme::rsa_pkcs1_sha384, KeyType::rsa, HashAlgorithm::sha384, Padding::pkcs1},
    {SignatureScheme::rsa_pkcs1_sha512, KeyType::rsa, HashAlgorithm::sha512, Padding::pkcs1},
});

// RFC 8446, 4.2.3: PKCS#1 signatures "are not defined for use in signed TLS handshake messages".
bool is_for_tls13(const SchemeFacts& row) { return row.padding != Padding::pkcs1; }

bool is_ecdsa(KeyType type) {
  return type == KeyType::ecdsa_p256 || type == KeyType::ecdsa_p384 || type == KeyType::ecdsa_p521;
}

// RFC 8446, 4.2.3: "ECDSA signature schemes align with TLS 1.2's ECDSA hash/signature pairs. However, the old semantics
// did not constrain the signing curve."
bool is_for_tls12(const SchemeFacts& row, KeyType type) {
  return row.key == type || (is_ecdsa(row.key) && is_ecdsa(type));
}

// RFC 8017, 9.1.1: the encoded message must hold the hash, a salt as long as the hash and two octets more.
bool hash_fits(const SchemeFacts& row, std::size_t key_bits) {
  if (row.padding != Padding::pss) return true;
  return (key_bits + 6) / 8 >= 2 * hash_length(*row.hash) + 2;
}

}  // namespace

const SchemeFacts* facts_of(SignatureScheme scheme) {
  const auto* found = std::ranges::find(table, scheme, &SchemeFacts::scheme);
  return found == table.end() ? nullptr : &*found;
}

KeyContext signature_context(EVP_PKEY* key, const SchemeFacts& scheme, SignatureUse use) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context) return nullptr;
  std::string hash = md_name(*scheme.hash);
  std::string padding = scheme.padding == Padding::pss ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15;
  std::string salt = OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST;
  const auto text = [](const char* name, std::string& value) {
    return OSSL_PARAM_construct_utf8_string(name, value.data(), value.size());
  };
  std::vector<OSSL_PARAM> parameters{text(OSSL_SIGNATURE_PARAM_DIGEST, hash)};
  if (scheme.padding != Padding::none) parameters.push_back(text(OSSL_SIGNATURE_PARAM_PAD_MODE, padding));
  if (scheme.padding == Padding::pss) {
    // RFC 8446, 4.2.3: "the length of the Salt MUST be equal to the length of the output of the digest algorithm", and
    // the mask generation function is MGF1 with the same hash.
    parameters.push_back(text(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, salt));
    parameters.push_back(text(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, hash));
  }
  parameters.push_back(OSSL_PARAM_construct_end());
  const auto ready = use == SignatureUse::sign ? EVP_PKEY_sign_init_ex(context.get(), parameters.data())
                                               : EVP_PKEY_verify_init_ex(context.get(), parameters.data());
  if (ready != 1) return nullptr;
  return context;
}

Result<void> check_signature(EVP_PKEY* key, const SchemeFacts& scheme, View message, View signature) {
  int verdict = 0;
  if (!scheme.hash) {
    const MdContext context(EVP_MD_CTX_new());
    if (context && EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) == 1)
      verdict = EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size());
  } else {
    const auto hashed = digest(*scheme.hash, message);
    if (!hashed) return std::unexpected(hashed.error());
    if (const auto context = signature_context(key, scheme, SignatureUse::verify))
      verdict =
          EVP_PKEY_verify(context.get(), signature.data(), signature.size(), hashed->view().data(), hashed->size());
  }
  if (verdict != 1) return fail_clean(Code::bad_signature);
  return {};
}

std::vector<SignatureScheme> usable_schemes(EVP_PKEY* key, KeyType type, std::vector<SignatureScheme> schemes,
                                            SignatureUse use) {
  if (type == KeyType::rsa_pss)
    std::erase_if(schemes, [&](SignatureScheme scheme) { return !signature_context(key, *facts_of(scheme), use); });
  clear_errors();
  return schemes;
}

std::vector<SignatureScheme> tls13_schemes_of(KeyType type, std::size_t key_bits) {
  std::vector<SignatureScheme> schemes;
  for (const auto& row : table)
    if (row.key == type && is_for_tls13(row) && hash_fits(row, key_bits)) schemes.push_back(row.scheme);
  return schemes;
}

std::vector<SignatureScheme> tls12_schemes_of(KeyType type, std::size_t key_bits) {
  auto schemes = tls13_schemes_of(type, key_bits);
  for (const auto& row : table)
    if (is_for_tls12(row, type) && hash_fits(row, key_bits) && std::ranges::find(schemes, row.scheme) == schemes.end())
      schemes.push_back(row.scheme);
  return schemes;
}

bool scheme_fits_tls12(SignatureScheme scheme, KeyType type) {
  const auto* row = facts_of(scheme);
  return row != nullptr && is_for_tls12(*row, type);
}

bool scheme_fits(SignatureScheme scheme, KeyType type) {
  const auto* row = facts_of(scheme);
  return row != nullptr && row->key == type && is_for_tls13(*row);
}

}  // namespace sotto::crypto
