#include "crypto/aead.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/secret.hpp"
#include "crypto/algorithms.hpp"
#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

// libcrypto counts in int.
constexpr std::size_t max_length = std::numeric_limits<int>::max() / 2;

bool set_nonce(EVP_CIPHER_CTX* context, const AeadNonce& nonce) {
  return context && EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), -1, nullptr) == 1;
}

bool take(EVP_CIPHER_CTX* context, View additional_data) {
  int written = 0;
  return (additional_data.empty() || EVP_CipherUpdate(context, nullptr, &written, additional_data.data(),
                                                      static_cast<int>(additional_data.size())) == 1);
}

bool start(EVP_CIPHER_CTX* context, const AeadNonce& nonce, View additional_data) {
  return set_nonce(context, nonce) && take(context, additional_data);
}

bool transform(EVP_CIPHER_CTX* context, View in, std::uint8_t* out) {
  int written = 0;
  return in.empty() || (EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(in.size())) == 1 &&
                        static_cast<std::size_t>(written) == in.size());
}

// CCM must know all lengths before it starts, and takes the plaintext at once.
bool is_ccm(AeadAlgorithm algorithm) { return algorithm >= AeadAlgorithm::aes_128_ccm; }

// The lengths come before the key: CCM encrypts them first.
bool set_ccm_lengths_and_key(EVP_CIPHER_CTX* context, AeadAlgorithm algorithm, View key) {
  auto nonce = aead_nonce_length;
  const std::array parameters{
      OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce),
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, nullptr, aead_tag_length_of(algorithm)),
      OSSL_PARAM_construct_end()};
  return EVP_CIPHER_CTX_set_params(context, parameters.data()) == 1 &&
         EVP_CipherInit_ex2(context, nullptr, key.data(), nullptr, -1, nullptr) == 1;
}

bool announce_ccm_length(EVP_CIPHER_CTX* context, std::size_t length) {
  int written = 0;
  return EVP_CipherUpdate(context, nullptr, &written, nullptr, static_cast<int>(length)) == 1;
}

// Even a text of no octets has to pass, for that makes or checks the tag.
bool transform_ccm(EVP_CIPHER_CTX* context, View in, std::uint8_t* out) {
  std::uint8_t nothing = 0;
  int written = 0;
  return EVP_CipherUpdate(context, out, &written, in.empty() ? &nothing : in.data(), static_cast<int>(in.size())) ==
             1 &&
         static_cast<std::size_t>(written) == in.size();
}

// libcrypto decrypts before it knows whether that was right. RFC 5116, 2.2: the output is then FAIL, and nothing else.
std::unexpected<Error> refuse(MutableView decrypted) {
  wipe(decrypted);
  return fail_clean(Code::bad_record_mac);
}

std::array<OSSL_PARAM, 2> tag_parameter(MutableView tag) {
  return {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag.data(), tag.size()),
          OSSL_PARAM_construct_end()};
}

}  // namespace

Result<Aead> Aead::create(AeadAlgorithm algorithm, Direction direction, View key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  const auto* cipher = cipher_of(algorithm);
  const bool ccm = is_ccm(algorithm);
  if (!context || !cipher || key.size() != aead_key_length(algorithm) ||
      EVP_CipherInit_ex2(context.get(), cipher, ccm ? nullptr : key.data(), nullptr,
                         direction == Direction::seal ? 1 : 0, nullptr) != 1 ||
      (ccm && !set_ccm_lengths_and_key(context.get(), algorithm, key)))
    return fail_clean(Code::crypto_failed, "an AEAD could not be keyed");
  return Aead(algorithm, context.release());
}

Aead::Aead(Aead&& other) noexcept : algorithm_(other.algorithm_), context_(std::exchange(other.context_, nullptr)) {}

Aead& Aead::operator=(Aead&& other) noexcept {
  std::swap(algorithm_, other.algorithm_);
  std::swap(context_, other.context_);
  return *this;
}

Aead::~Aead() { EVP_CIPHER_CTX_free(context_); }

Result<void> Aead::seal(const AeadNonce& nonce, View additional_data, View plaintext, View trailer, MutableView out) {
  const auto length = plaintext.size() + trailer.size();
  if (std::max({additional_data.size(), plaintext.size(), trailer.size()}) > max_length ||
      out.size() != length + aead_tag_length_of(algorithm_))
    return fail(Code::crypto_failed, "a buffer for sealing has the wrong size");
  if (is_ccm(algorithm_)) return seal_ccm(nonce, additional_data, plaintext, trailer, out);
  int written = 0;
  auto tag = tag_parameter(out.subspan(length));
  if (!start(context_, nonce, additional_data) || !transform(context_, plaintext, out.data()) ||
      !transform(context_, trailer, out.data() + plaintext.size()) ||
      EVP_CipherFinal_ex(context_, out.data() + length, &written) != 1 || written != 0 ||
      EVP_CIPHER_CTX_get_params(context_, tag.data()) != 1)
    return fail_clean(Code::crypto_failed, "an AEAD could not seal");
  return {};
}

Result<MutableView> Aead::open(const AeadNonce& nonce, View additional_data, MutableView sealed) {
  const auto tag_length = aead_tag_length_of(algorithm_);
  if (sealed.size() < tag_length) return fail(Code::bad_record_mac);
  if (std::max(additional_data.size(), sealed.size()) > max_length)
    return fail(Code::crypto_failed, "a buffer for opening has the wrong size");
  const auto body = sealed.first(sealed.size() - tag_length);
  if (is_ccm(algorithm_)) return open_ccm(nonce, additional_data, body, sealed.last(tag_length));
  int written = 0;
  std::array<std::uint8_t, 1> nothing{};
  auto tag = tag_parameter(sealed.subspan(body.size()));
  if (!start(context_, nonce, additional_data) || EVP_CIPHER_CTX_set_params(context_, tag.data()) != 1)
    return fail_clean(Code::crypto_failed, "an AEAD could not be started");
  if (!transform(context_, body, body.data()) || EVP_CipherFinal_ex(context_, nothing.data(), &written) != 1)
    return refuse(body);
  return body;
}

Result<void> Aead::seal_ccm(const AeadNonce& nonce, View additional_data, View plaintext, View trailer,
                            MutableView out) {
  const auto body = out.first(plaintext.size() + trailer.size());
  // The trailer first: where `out` begins with the plaintext, nothing is overwritten that is still to be read.
  copy(trailer, body.subspan(plaintext.size()));
  if (plaintext.data() != body.data()) copy(plaintext, body);
  auto tag = tag_parameter(out.subspan(body.size()));
  if (!set_nonce(context_, nonce) || !announce_ccm_length(context_, body.size()) || !take(context_, additional_data) ||
      !transform_ccm(context_, body, body.data()) || EVP_CIPHER_CTX_get_params(context_, tag.data()) != 1)
    return fail_clean(Code::crypto_failed, "an AEAD could not seal");
  return {};
}

Result<MutableView> Aead::open_ccm(const AeadNonce& nonce, View additional_data, MutableView body, MutableView tag) {
  auto parameter = tag_parameter(tag);
  if (!set_nonce(context_, nonce) || EVP_CIPHER_CTX_set_params(context_, parameter.data()) != 1 ||
      !announce_ccm_length(context_, body.size()) || !take(context_, additional_data))
    return fail_clean(Code::crypto_failed, "an AEAD could not be started");
  if (!transform_ccm(context_, body, body.data())) return refuse(body);
  return body;
}

}  // namespace sotto::crypto
