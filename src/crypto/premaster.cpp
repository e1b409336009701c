#include "crypto/premaster.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <array>

#include "crypto/handles.hpp"
#include "crypto/random.hpp"
#include "crypto/signature.hpp"

namespace sotto::crypto {
namespace {

using constant_time::are_equal;

// libcrypto's padding mode for exactly this: it removes the padding, checks length and version, and answers with random
// octets where something is wrong, all in constant time.
KeyContext decryption(EVP_PKEY* key, ProtocolVersion client_hello_version) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  int padding = RSA_PKCS1_WITH_TLS_PADDING;
  auto version = static_cast<unsigned>(client_hello_version);
  const std::array parameters{OSSL_PARAM_construct_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, &padding),
                              OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &version),
                              OSSL_PARAM_construct_end()};
  if (!context || EVP_PKEY_decrypt_init_ex(context.get(), parameters.data()) != 1) return nullptr;
  return context;
}

KeyContext encryption(EVP_PKEY* key) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  int padding = RSA_PKCS1_PADDING;
  const std::array parameters{OSSL_PARAM_construct_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, &padding),
                              OSSL_PARAM_construct_end()};
  if (!context || EVP_PKEY_encrypt_init_ex(context.get(), parameters.data()) != 1) return nullptr;
  return context;
}

}  // namespace

Result<PremasterSecret> PrivateKey::decrypt_premaster(View encrypted, ProtocolVersion client_hello_version) const {
  // What fails here fails for every ciphertext.
  if (key_ == nullptr || type_ != KeyType::rsa) return fail(Code::crypto_failed, "the private key cannot decrypt");
  PremasterSecret substitute;
  if (auto drawn = fill_random(substitute.resize(premaster_length)); !drawn)
    return std::unexpected(std::move(drawn.error()));
  const auto context = decryption(key_, client_hello_version);
  if (!context) return fail_clean(Code::crypto_failed, "the private key cannot decrypt");

  // RFC 5246, 7.4.7.1: "a TLS server MUST NOT generate an alert if processing an RSA-encrypted premaster secret message
  // fails, or the version number is not as expected. Instead, it MUST continue the handshake with a randomly generated
  // premaster secret." libcrypto reports nothing but a ciphertext that is not below the modulus, which no key is needed
  // to see; all that is secret is in the octets.
  PremasterSecret premaster;
  const auto octets = premaster.resize(premaster_length);
  auto length = octets.size();
  const auto done = EVP_PKEY_decrypt(context.get(), octets.data(), &length, encrypted.data(), encrypted.size());
  ERR_clear_error();
  const auto decrypted = are_equal(static_cast<std::uint64_t>(done), 1) & are_equal(length, premaster_length) &
                         are_equal(encrypted.size(), static_cast<std::uint64_t>(EVP_PKEY_get_size(key_)));
  keep_or_replace(decrypted, client_hello_version, substitute.view(), octets);
  return premaster;
}

Result<Bytes> PublicKey::encrypt_premaster(View premaster) const {
  if (type_ != KeyType::rsa) return fail(Code::certificate_unsupported_key, "RSA key exchange needs an RSA key");
  if (key_ == nullptr || premaster.size() != premaster_length)
    return fail(Code::crypto_failed, "a pre-master secret has a wrong length");
  const auto context = encryption(key_);
  Bytes encrypted(static_cast<std::size_t>(EVP_PKEY_get_size(key_)));
  auto length = encrypted.size();
  if (!context || EVP_PKEY_encrypt(context.get(), encrypted.data(), &length, premaster.data(), premaster.size()) != 1 ||
      length != encrypted.size())
    return fail_clean(Code::crypto_failed, "a pre-master secret could not be encrypted");
  return encrypted;
}

}  // namespace sotto::crypto
