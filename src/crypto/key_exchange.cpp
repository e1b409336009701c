#include "crypto/key_exchange.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <optional>
#include <utility>

#include "crypto/curves.hpp"
#include "crypto/ffdhe.hpp"
#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t x25519_length = 32;

std::unexpected<Error> exchange_failed() {
  return fail_clean(Code::crypto_failed, "a key agreement could not be made");
}
std::unexpected<Error> bad_share(const char* why) { return fail_clean(Code::bad_key_share, why); }

std::optional<Curve> curve_of(NamedGroup group) {
  switch (group) {
    case NamedGroup::secp256r1: return Curve::p256;
    case NamedGroup::secp384r1: return Curve::p384;
    case NamedGroup::secp521r1: return Curve::p521;
    case NamedGroup::x25519:
    case NamedGroup::ffdhe2048:
    case NamedGroup::ffdhe3072:
    case NamedGroup::ffdhe4096: return std::nullopt;
  }
  return std::nullopt;
}

std::size_t slot_of(NamedGroup group) {
  const auto curve = curve_of(group);
  return curve ? static_cast<std::size_t>(*curve) : curve_count;
}

// A generator per thread and group: setting one up costs more than a microsecond.
KeyContext& generator_slot(NamedGroup group) {
  thread_local std::array<KeyContext, curve_count + 1> generators;
  return generators.at(slot_of(group));
}
EVP_PKEY_CTX* generator(NamedGroup group) {
  auto& slot = generator_slot(group);
  if (slot) return slot.get();
  const auto curve = curve_of(group);
  KeyContext made(EVP_PKEY_CTX_new_from_name(nullptr, curve ? "EC" : "X25519", nullptr));
  if (!made || EVP_PKEY_keygen_init(made.get()) != 1) return nullptr;
  if (curve && EVP_PKEY_CTX_set_group_name(made.get(), curve_name(*curve)) != 1) return nullptr;
  slot = std::move(made);
  return slot.get();
}

Bytes public_value_of(NamedGroup group, EVP_PKEY* key) {
  const auto curve = curve_of(group);
  Bytes value(curve ? point_length(*curve) : x25519_length);
  std::size_t length = value.size();
  const bool done = curve ? EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, value.data(),
                                                            value.size(), &length) == 1
                          : EVP_PKEY_get_raw_public_key(key, value.data(), &length) == 1;
  if (!done || length != value.size()) value.clear();
  return value;
}

// A key object per thread and group that takes the peer's value in place: making one costs as much as setting it.
class PeerKey {
 public:
  static EVP_PKEY* import(NamedGroup group, View value) {
    thread_local std::array<PeerKey, curve_count + 1> peers;
    return peers.at(slot_of(group)).set(group, value);
  }

 private:
  EVP_PKEY* set(NamedGroup group, View value) {
    if (!key_) key_ = make(group, value);
    if (!key_) return nullptr;
    if (EVP_PKEY_set1_encoded_public_key(key_.get(), value.data(), value.size()) != 1) key_.reset();
    return key_.get();
  }
  static Key make(NamedGroup group, View value) {
    if (const auto curve = curve_of(group)) return empty_key(*curve);
    return Key(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, value.data(), value.size()));
  }
  Key key_;
};

Result<void> check_form(NamedGroup group, View value) {
  const auto curve = curve_of(group);
  if (value.size() != (curve ? point_length(*curve) : x25519_length))
    return bad_share("the public value has a wrong length");
  // RFC 8446, 4.2.8.2: "legacy_form = 4", the uncompressed form, is the only one.
  if (curve && value[0] != 4) return bad_share("the point is not in the uncompressed form");
  return {};
}

}  // namespace

Result<KeyExchange> KeyExchange::generate(NamedGroup group) {
  if (is_ffdhe(group)) return fail(Code::crypto_failed, "the group is no curve");
  auto* context = generator(group);
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_generate(context, &made) != 1) {
    generator_slot(group).reset();  // what has failed once is not used again
    return exchange_failed();
  }
  Key key(made);
  auto value = public_value_of(group, key.get());
  if (value.empty()) return exchange_failed();
  return KeyExchange(group, key.release(), std::move(value));
}

Result<KeyExchange> KeyExchange::from_private_key(NamedGroup group, View private_key) {
  if (is_ffdhe(group)) return fail(Code::crypto_failed, "the group is no curve");
  const auto curve = curve_of(group);
  Key key =
      curve ? key_of(*curve, private_key)
            : Key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, private_key.data(), private_key.size()));
  if (!key) return exchange_failed();
  auto value = public_value_of(group, key.get());
  if (value.empty()) return exchange_failed();
  return KeyExchange(group, key.release(), std::move(value));
}

KeyExchange::KeyExchange(KeyExchange&& other) noexcept
    : group_(other.group_), key_(std::exchange(other.key_, nullptr)), public_value_(std::move(other.public_value_)) {}

KeyExchange& KeyExchange::operator=(KeyExchange&& other) noexcept {
  std::swap(group_, other.group_);
  std::swap(key_, other.key_);
  std::swap(public_value_, other.public_value_);
  return *this;
}

KeyExchange::~KeyExchange() { EVP_PKEY_free(key_); }

Result<SharedSecret> KeyExchange::agree(View peer_public_value) const {
  if (!key_) return exchange_failed();
  if (auto form = check_form(group_, peer_public_value); !form) return std::unexpected(std::move(form.error()));
  auto* peer = PeerKey::import(group_, peer_public_value);
  // The import checks that the point is on the curve (RFC 8446, 4.2.8.2); libcrypto's full validation would repeat that
  // and multiply by the order, which a curve of cofactor 1 does not need.
  if (!peer) return bad_share("the point is not on the curve");
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_, nullptr));
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer_ex(context.get(), peer, 0) != 1)
    return exchange_failed();
  SharedSecret secret;
  const auto curve = curve_of(group_);
  const auto expected = curve ? field_length(*curve) : x25519_length;
  auto out = secret.resize(expected);
  auto length = out.size();
  if (EVP_PKEY_derive(context.get(), out.data(), &length) != 1) {
    // libcrypto refuses the all-zero result of X25519 itself, and nothing else can fail there.
    if (group_ == NamedGroup::x25519) return bad_share("the agreement gives zero");
    return exchange_failed();
  }
  if (length != expected) return exchange_failed();
  // RFC 8446, 7.4.2: "implementations MUST check whether the computed Diffie-Hellman shared secret is the all-zero
  // value".
  constexpr std::array<std::uint8_t, x25519_length> zero{};
  if (group_ == NamedGroup::x25519 && equal_in_constant_time(out, zero)) return bad_share("the agreement gives zero");
  return secret;
}

}  // namespace sotto::crypto
