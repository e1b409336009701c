#include "crypto/ffdhe.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t max_octets = 8192 / 8;
constexpr std::array<std::uint8_t, 1> two{2};

// libcrypto's names. Of RFC 3526, the group of 1536 bits is too small.
constexpr auto names = std::to_array<const char*>({"ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192",
                                                   "modp_2048", "modp_3072", "modp_4096", "modp_6144", "modp_8192"});
// The first of them.
constexpr std::array named_groups = {NamedGroup::ffdhe2048, NamedGroup::ffdhe3072, NamedGroup::ffdhe4096};

struct Group {
  EVP_PKEY* parameters = nullptr;
  Bytes prime;
};

std::unexpected<Error> exchange_failed() {
  return fail_clean(Code::crypto_failed, "a Diffie-Hellman key agreement could not be made");
}

EVP_PKEY* make_parameters(std::string name) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size()),
                        OSSL_PARAM_construct_end()};
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEY_PARAMETERS, parameters.data()) != 1)
    return nullptr;
  return made;
}

// The number as `length` octets; empty if it is absent or longer.
Bytes number_of(const EVP_PKEY* key, const char* name, std::size_t length) {
  BIGNUM* got = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &got) != 1) return {};
  const Handle<BIGNUM, BN_free> number(got);
  Bytes octets(length);
  if (BN_bn2binpad(number.get(), octets.data(), static_cast<int>(length)) < 0) return {};
  return octets;
}

Group make_group(const char* name) {
  Group group{make_parameters(name), {}};
  if (group.parameters == nullptr) return group;
  group.prime = number_of(group.parameters, OSSL_PKEY_PARAM_FFC_P,
                          static_cast<std::size_t>(EVP_PKEY_get_bits(group.parameters)) / 8);
  return group;
}

// Live until the process ends, like every fetched algorithm.
const std::array<Group, names.size()>& groups() {
  static const auto made = [] {
    std::array<Group, names.size()> table;
    std::ranges::transform(names, table.begin(), make_group);
    return table;
  }();
  return made;
}

View without_leading_zeros(View number) {
  while (!number.empty() && number[0] == 0) number = number.subspan(1);
  return number;
}

// RFC 7919, 5.1: "Peers MUST validate each other's public key Y (dh_Ys offered by the server or dh_Yc offered by the
// client) by ensuring that 1 < Y < p-1." The groups' primes are odd, so that p - 1 differs from p in its last octet.
bool is_in_range(View value, View prime) {
  if (value.empty() || same(value, std::array<std::uint8_t, 1>{1})) return false;
  if (value.size() != prime.size()) return value.size() < prime.size();
  auto last = own(prime);
  --last.back();
  return std::ranges::lexicographical_compare(value, last);
}

Key import(EVP_PKEY* parameters, View value, std::size_t length) {
  Key key(EVP_PKEY_new());
  Bytes padded(length);
  copy(value, MutableView(padded).last(value.size()));
  if (!key || EVP_PKEY_copy_parameters(key.get(), parameters) != 1 ||
      EVP_PKEY_set1_encoded_public_key(key.get(), padded.data(), padded.size()) != 1)
    return nullptr;
  return key;
}

}  // namespace

Result<FfdheExchange> FfdheExchange::in_group(std::size_t index) {
  const auto& group = groups().at(index);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, group.parameters, nullptr));
  EVP_PKEY* made = nullptr;
  if (group.prime.empty() || !context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_generate(context.get(), &made) != 1)
    return exchange_failed();
  Key key(made);
  // As long as the prime: some peers take no other length.
  auto value = number_of(key.get(), OSSL_PKEY_PARAM_PUB_KEY, group.prime.size());
  if (value.empty()) return exchange_failed();
  const auto named = index < named_groups.size() ? std::optional(named_groups.at(index)) : std::nullopt;
  return FfdheExchange(key.release(), named, group.prime, std::move(value));
}

Result<FfdheExchange> FfdheExchange::generate(NamedGroup group) {
  const auto found = std::ranges::find(named_groups, group);
  if (found == named_groups.end()) return fail(Code::crypto_failed, "the group is no prime field");
  return in_group(static_cast<std::size_t>(found - named_groups.begin()));
}

Result<FfdheExchange> FfdheExchange::from_parameters(View prime, View generator) {
  prime = without_leading_zeros(prime);
  if (prime.size() < 256)
    return fail(Code::weak_dhe_group,
                "its Diffie-Hellman group has " + std::to_string(prime.size() * 8) + " bits; 2048 are the least");
  const auto known = std::ranges::find_if(groups(), [&](const Group& group) { return same(group.prime, prime); });
  if (known == groups().end())
    return fail(Code::weak_dhe_group, "its Diffie-Hellman group is none of RFC 7919 and RFC 3526");
  if (!same(without_leading_zeros(generator), two))
    return fail(Code::weak_dhe_group, "its Diffie-Hellman group has another generator than 2");
  return in_group(static_cast<std::size_t>(known - groups().begin()));
}

FfdheExchange::FfdheExchange(FfdheExchange&& other) noexcept
    : key_(std::exchange(other.key_, nullptr)),
      group_(other.group_),
      prime_(other.prime_),
      public_value_(std::move(other.public_value_)) {}

FfdheExchange& FfdheExchange::operator=(FfdheExchange&& other) noexcept {
  std::swap(key_, other.key_);
  std::swap(group_, other.group_);
  std::swap(prime_, other.prime_);
  std::swap(public_value_, other.public_value_);
  return *this;
}

FfdheExchange::~FfdheExchange() { EVP_PKEY_free(key_); }

View FfdheExchange::generator() const { return two; }

Result<SecretBytes> FfdheExchange::agree(View peer_public_value) const {
  if (key_ == nullptr) return exchange_failed();
  const auto value = without_leading_zeros(peer_public_value);
  if (!is_in_range(value, prime_)) return fail(Code::bad_key_share, "the public value is not between 2 and p - 2");
  const auto peer = import(key_, value, prime_.size());
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_, nullptr));
  // The range is all there is to check: in these groups no other value has a small order.
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) != 1)
    return exchange_failed();
  Secret<max_octets> secret;
  const auto out = secret.resize(prime_.size());
  auto length = out.size();
  // RFC 5246, 8.1.2: "Leading bytes of Z that contain all zero bits are stripped before it is used as the
  // pre_master_secret"; libcrypto does that unless it is asked for padding.
  if (EVP_PKEY_derive(context.get(), out.data(), &length) != 1 || length > out.size()) return exchange_failed();
  return SecretBytes(View(out).first(length));
}

}  // namespace sotto::crypto
