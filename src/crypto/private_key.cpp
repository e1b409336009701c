#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/contain.hpp"
#include "base/secret.hpp"
#include "crypto/handles.hpp"
#include "crypto/signature.hpp"
#include "crypto/signature_schemes.hpp"

namespace sotto::crypto {
namespace {

std::unexpected<Error> signing_failed() { return fail_clean(Code::crypto_failed, "the private key could not sign"); }

// What the PEM reader asked for, and why it got nothing.
struct Asking {
  const PassphraseSource& source;
  bool asked = false;
  std::optional<Error> refusal;
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* state) {
  auto& asking = *static_cast<Asking*>(state);
  asking.asked = true;
  if (!asking.source) return -1;
  // Nothing may be thrown through libcrypto.
  auto passphrase = contain(asking.source);
  if (!passphrase) {
    asking.refusal = std::move(passphrase.error());
    return -1;
  }
  const auto given = as_view(std::string_view(*passphrase));
  const auto fits = given.size() <= static_cast<std::size_t>(size);
  if (fits) copy(given, {reinterpret_cast<std::uint8_t*>(buffer), static_cast<std::size_t>(size)});
  const auto length = static_cast<int>(passphrase->size());
  wipe({reinterpret_cast<std::uint8_t*>(passphrase->data()), passphrase->size()});
  return fits ? length : -1;
}

Result<Key> read_pem(std::string_view pem, const PassphraseSource& source) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 1U << 20))));
  if (!bio) return fail_clean(Code::crypto_failed, "a private key could not be read");
  Asking asking{source, false, std::nullopt};
  // The callback stands there even without a source: libcrypto's own would ask on the terminal.
  Key key(PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, give_passphrase, &asking, nullptr, nullptr));
  ERR_clear_error();
  if (key) return key;
  if (asking.refusal) return std::unexpected(std::move(*asking.refusal));
  if (asking.asked) return fail(Code::wrong_passphrase, source ? "" : "no passphrase was given");
  if (pem.find("PRIVATE KEY-----") == std::string_view::npos)
    return fail(Code::malformed_pem, "there is no private key in it");
  return fail(Code::malformed_pem, "its private key cannot be read");
}

std::optional<KeyType> type_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::ed25519;
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyType::rsa;
  if (EVP_PKEY_is_a(key, "RSA-PSS") == 1) return KeyType::rsa_pss;
  if (EVP_PKEY_is_a(key, "EC") != 1) return std::nullopt;
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return std::nullopt;
  const std::string_view name(group.data());
  if (name == "prime256v1") return KeyType::ecdsa_p256;
  if (name == "secp384r1") return KeyType::ecdsa_p384;
  if (name == "secp521r1") return KeyType::ecdsa_p521;
  return std::nullopt;
}

/// Cuts a signature to its length. libcrypto 3.0 reports one of 2^32 - 1 octets where memory ran out while it wrote
/// ECDSA's.
Result<Bytes> cut_to(Bytes signature, std::size_t length) {
  if (length == 0 || length > signature.size()) return signing_failed();
  signature.resize(length);
  return signature;
}

Result<Bytes> sign_message(EVP_PKEY* key, View message) {
  const MdContext context(EVP_MD_CTX_new());
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  auto length = signature.size();
  if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) != 1)
    return signing_failed();
  return cut_to(std::move(signature), length);
}

Result<Bytes> sign_hash(EVP_PKEY* key, const SchemeFacts& scheme, View message) {
  const auto hashed = digest(*scheme.hash, message);
  if (!hashed) return std::unexpected(hashed.error());
  const auto context = signature_context(key, scheme, SignatureUse::sign);
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  auto length = signature.size();
  if (!context || EVP_PKEY_sign(context.get(), signature.data(), &length, hashed->view().data(), hashed->size()) != 1)
    return signing_failed();
  return cut_to(std::move(signature), length);
}

}  // namespace

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, const PassphraseSource& passphrase) {
  auto key = read_pem(pem, passphrase);
  if (!key) return std::unexpected(std::move(key.error()));
  const auto type = type_of(key->get());
  if (!type)
    return fail_clean(Code::unsupported_key, "the private key is none of ECDSA P-256, P-384, P-521, RSA and Ed25519");
  const auto bits = static_cast<std::size_t>(EVP_PKEY_get_bits(key->get()));
  if ((*type == KeyType::rsa || *type == KeyType::rsa_pss) && bits < 2048)
    return fail(Code::unsupported_key,
                "the private key is RSA with " + std::to_string(bits) + " bits; 2048 are the least");
  return PrivateKey(*type, bits, key->release());
}

PrivateKey::PrivateKey(PrivateKey&& other) noexcept
    : type_(other.type_), bits_(other.bits_), key_(std::exchange(other.key_, nullptr)) {}

PrivateKey& PrivateKey::operator=(PrivateKey&& other) noexcept {
  std::swap(type_, other.type_);
  std::swap(bits_, other.bits_);
  std::swap(key_, other.key_);
  return *this;
}

PrivateKey::~PrivateKey() { EVP_PKEY_free(key_); }

std::vector<SignatureScheme> PrivateKey::tls13_schemes() const {
  return usable_schemes(key_, type_, tls13_schemes_of(type_, bits_), SignatureUse::sign);
}

std::vector<SignatureScheme> PrivateKey::tls12_schemes() const {
  return usable_schemes(key_, type_, tls12_schemes_of(type_, bits_), SignatureUse::sign);
}

Result<Bytes> PrivateKey::subject_public_key_info() const {
  unsigned char* encoded = nullptr;
  const auto length = i2d_PUBKEY(key_, &encoded);
  const Octets owned(encoded);
  if (length <= 0) return fail_clean(Code::crypto_failed, "the public half of a private key could not be written");
  return Bytes(encoded, encoded + length);
}

Result<Bytes> PrivateKey::sign(SignatureScheme scheme, View message) const {
  const auto* facts = facts_of(scheme);
  if (key_ == nullptr || facts == nullptr || !scheme_fits_tls12(scheme, type_))
    return fail(Code::crypto_failed, "the private key cannot sign with " + to_string(scheme));
  auto signature = facts->hash ? sign_hash(key_, *facts, message) : sign_message(key_, message);
  if (!signature) return signature;
  // A single wrong RSA-CRT signature gives away the factors (Boneh, DeMillo and Lipton).
  if (facts->padding != Padding::none && !check_signature(key_, *facts, message, *signature)) return signing_failed();
  return signature;
}

}  // namespace sotto::crypto
