#include "pkcs11/certificate.hpp"

#include <fmt/format.h>

#include "pkcs11/module.hpp"
#include "pkcs11/session.hpp"

namespace program::pkcs11 {

Outcome<sotto::Certificate> read_certificate(const Uri& uri) {
  const auto modules = Modules::load(uri);
  if (!modules) return std::unexpected(modules.error());
  const auto token = find_token(*modules, uri);
  if (!token) return std::unexpected(token.error());
  const auto session = Session::open(*token);
  if (!session) return std::unexpected(session.error());
  const auto object = session->find(uri, CKO_CERTIFICATE, "certificate");
  if (!object) return std::unexpected(object.error());
  return sotto::Certificate(session->attribute(*object, CKA_VALUE));
}

}  // namespace program::pkcs11
