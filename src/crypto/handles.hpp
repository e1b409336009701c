/// \file
/// RAII for libcrypto's objects; included only by the .cpp files of this folder.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::crypto {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

using MdContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
inline void free_octets(unsigned char* octets) { OPENSSL_free(octets); }
using Octets = Handle<unsigned char, free_octets>;
using Bio = Handle<BIO, BIO_free_all>;

/// Empties libcrypto's error queue, so that no later call is blamed for this failure, and says whether memory ran out.
inline bool clear_errors() {
  bool memory_ran_out = false;
  for (auto error = ERR_get_error(); error != 0; error = ERR_get_error())
    memory_ran_out |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  return memory_ran_out;
}

/// Fails with `code`, unless memory ran out: then nobody else is to blame, whatever it was that failed.
[[nodiscard]] inline std::unexpected<Error> fail_clean(Code code, std::string detail = {}) {
  if (clear_errors()) return fail(Code::crypto_failed, "memory ran out");
  return fail(code, std::move(detail));
}

}  // namespace sotto::crypto
