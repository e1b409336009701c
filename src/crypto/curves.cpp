#include "crypto/curves.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <array>
#include <string>

namespace sotto::crypto {
namespace {

// Lives until the process ends, like every fetched algorithm.
EVP_PKEY* make_template(Curve curve) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  std::string name = curve_name(curve);
  std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size()),
                        OSSL_PARAM_construct_end()};
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEY_PARAMETERS, parameters.data()) != 1)
    return nullptr;
  return made;
}

}  // namespace

const char* curve_name(Curve curve) {
  static constexpr std::array names{"P-256", "P-384", "P-521"};
  return names.at(static_cast<std::size_t>(curve));
}

Key empty_key(Curve curve) {
  static const std::array templates{make_template(Curve::p256), make_template(Curve::p384), make_template(Curve::p521)};
  const auto* from = templates.at(static_cast<std::size_t>(curve));
  Key key(EVP_PKEY_new());
  if (!from || !key || EVP_PKEY_copy_parameters(key.get(), from) != 1) return nullptr;
  return key;
}

Key key_of(Curve curve, View private_key) {
  static constexpr std::array numbers{NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1};
  const Handle<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(numbers.at(static_cast<std::size_t>(curve))));
  const Handle<EC_POINT, EC_POINT_free> point(EC_POINT_new(group.get()));
  const Handle<BIGNUM, BN_clear_free> number(
      BN_bin2bn(private_key.data(), static_cast<int>(private_key.size()), BN_secure_new()));
  Bytes encoded(point_length(curve));
  if (!group || !point || !number ||
      EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(),
                         nullptr) != encoded.size())
    return nullptr;
  const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve_name(curve), 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1)
    return nullptr;
  const Handle<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters.get()) != 1)
    return nullptr;
  return Key(made);
}

}  // namespace sotto::crypto
