#include "crypto/curves.hpp"

#include <openssl/core_names.h>
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

}  // namespace sotto::crypto
