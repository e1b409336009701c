#include "crypto/path_validation.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "crypto/certificate_objects.hpp"

namespace sotto::crypto {
namespace {

using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

// 112 bits of strength: RSA and DH from 2048 bits, no SHA-1 or MD5 signatures below the root.
constexpr int authentication_level = 2;
// Intermediates in one path; the public ones need two or three.
constexpr int max_intermediates = 10;

void free_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
using Stack = Handle<STACK_OF(X509), free_stack>;

std::unexpected<Error> validation_failed() { return fail_clean(Code::crypto_failed, "a path could not be validated"); }

// RFC 5280, 4.1.2.5: the validity period is "from notBefore through notAfter, inclusive"; libcrypto leaves out the last
// second.
bool is_last_second(X509_STORE_CTX* context) {
  const auto* certificate = X509_STORE_CTX_get_current_cert(context);
  const auto time = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context));
  return certificate != nullptr && ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), time) == 0;
}

bool is_trust_anchor(X509_STORE_CTX* context) {
  return X509_STORE_CTX_get_error_depth(context) == sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1;
}

/// Says which complaints of libcrypto's strict mode are no reason to refuse.
bool is_tolerable(X509_STORE_CTX* context) {
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return is_last_second(context);
    // Key identifiers help to build a path and prove nothing; certificates made by hand often have none.
    case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
    case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER: return true;
    // RFC 5280, 6.1.1: of a trust anchor the name and the key count; private authorities often leave keyUsage out.
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE: return is_trust_anchor(context);
    default: return false;
  }
}

int review(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || !is_tolerable(context)) return ok;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

PathFault fault_of(int error) {
  switch (error) {
    case X509_V_OK: return PathFault::none;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return PathFault::no_issuer;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return PathFault::self_signed_leaf;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED: return PathFault::untrusted_root;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE: return PathFault::bad_signature;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: return PathFault::bad_authority;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG: return PathFault::too_long;
    case X509_V_ERR_CERT_HAS_EXPIRED: return PathFault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return PathFault::not_yet_valid;
    case X509_V_ERR_INVALID_PURPOSE: return PathFault::wrong_purpose;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK: return PathFault::too_weak;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX: return PathFault::forbidden_name;
    case X509_V_ERR_CERT_REVOKED: return PathFault::revoked;
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_INVALID_EXTENSION: return PathFault::malformed;
    default: return PathFault::other;
  }
}

// libcrypto still verifies DSA; nobody may authenticate with it (RFC 8446, 4.2.3 lists it as obsolete).
bool has_usable_key(X509* certificate) {
  const auto* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return false;
  for (const char* type : {"EC", "RSA", "RSA-PSS", "ED25519", "ED448"})
    if (EVP_PKEY_is_a(key, type) == 1) return true;
  return false;
}

Result<Stack> read_untrusted(std::span<const View> chain) {
  Stack stack(sk_X509_new_null());
  if (!stack) return validation_failed();
  for (std::size_t i = 0; i < chain.size(); ++i) {
    auto certificate = read_certificate(chain[i]);
    if (!certificate) {
      certificate.error().detail =
          "certificate " + std::to_string(i + 1) + " of the chain: " + certificate.error().detail;
      return std::unexpected(std::move(certificate.error()));
    }
    if (sk_X509_push(stack.get(), certificate->get()) <= 0) return validation_failed();
    static_cast<void>(certificate->release());
  }
  return stack;
}

bool prepare(X509_STORE_CTX* context, Purpose purpose, std::chrono::system_clock::time_point time) {
  auto* parameters = X509_STORE_CTX_get0_param(context);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(seconds));
  X509_VERIFY_PARAM_set_auth_level(parameters, authentication_level);
  X509_VERIFY_PARAM_set_depth(parameters, max_intermediates);
  // Otherwise name constraints would be held against a common name, which is no name (RFC 9525, 2).
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  X509_STORE_CTX_set_verify_cb(context, review);
  const auto libcrypto_purpose =
      purpose == Purpose::server_authentication ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
  return X509_VERIFY_PARAM_set_flags(
             parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) == 1 &&
         X509_STORE_CTX_set_purpose(context, libcrypto_purpose) == 1;
}

PathVerdict verdict_of(X509_STORE_CTX* context, bool accepted) {
  PathVerdict verdict;
  const auto* built = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(built); ++i) {
    auto* certificate = sk_X509_value(built, i);
    verdict.path.push_back(der_of(certificate));
    if (!accepted || has_usable_key(certificate)) continue;
    return {PathFault::unsupported_key, std::move(verdict.path), der_of(certificate), {}};
  }
  if (accepted) return verdict;
  const auto error = X509_STORE_CTX_get_error(context);
  verdict.fault = error == X509_V_OK ? PathFault::other : fault_of(error);
  verdict.words = X509_verify_cert_error_string(error);
  if (const auto* culprit = X509_STORE_CTX_get_current_cert(context)) verdict.culprit = der_of(culprit);
  return verdict;
}

}  // namespace

Result<TrustAnchors> TrustAnchors::create(std::span<const View> certificates, UnreadableRoot unreadable) {
  Store store(X509_STORE_new());
  if (!store) return validation_failed();
  std::vector<Bytes> subjects;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    auto certificate = read_certificate(certificates[i]);
    if (!certificate && unreadable == UnreadableRoot::is_left_out) continue;
    if (!certificate) {
      certificate.error().detail = "certificate " + std::to_string(i + 1) + ": " + certificate.error().detail;
      return std::unexpected(std::move(certificate.error()));
    }
    // Lets libcrypto decode the extensions now, not in the first connection that asks, while others look on.
    static_cast<void>(X509_check_purpose(certificate->get(), -1, 0));
    if (X509_STORE_add_cert(store.get(), certificate->get()) != 1) return validation_failed();
    const unsigned char* name = nullptr;
    std::size_t length = 0;
    if (X509_NAME_get0_der(X509_get_subject_name(certificate->get()), &name, &length) != 1) return validation_failed();
    subjects.emplace_back(name, name + length);
  }
  ERR_clear_error();
  return TrustAnchors(store.release(), std::move(subjects));
}

TrustAnchors::TrustAnchors(TrustAnchors&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)), subjects_(std::move(other.subjects_)) {}

TrustAnchors& TrustAnchors::operator=(TrustAnchors&& other) noexcept {
  std::swap(store_, other.store_);
  std::swap(subjects_, other.subjects_);
  return *this;
}

TrustAnchors::~TrustAnchors() { X509_STORE_free(store_); }

Result<PathVerdict> validate_path(const TrustAnchors& anchors, std::span<const View> chain, Purpose purpose,
                                  std::chrono::system_clock::time_point time) {
  const auto untrusted = read_untrusted(chain);
  if (!untrusted) return std::unexpected(untrusted.error());
  const StoreContext context(X509_STORE_CTX_new());
  auto* leaf = sk_X509_value(untrusted->get(), 0);
  if (!context || X509_STORE_CTX_init(context.get(), anchors.store(), leaf, untrusted->get()) != 1 ||
      !prepare(context.get(), purpose, time))
    return validation_failed();
  const auto accepted = X509_verify_cert(context.get()) == 1 && X509_STORE_CTX_get_error(context.get()) == X509_V_OK;
  auto verdict = verdict_of(context.get(), accepted);
  // Whoever has no memory cannot judge: neither for the peer nor against it.
  const bool memory_ran_out = clear_errors() || X509_STORE_CTX_get_error(context.get()) == X509_V_ERR_OUT_OF_MEM;
  if (memory_ran_out || std::ranges::any_of(verdict.path, &Bytes::empty)) return validation_failed();
  return verdict;
}

}  // namespace sotto::crypto
