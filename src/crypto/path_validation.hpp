/// \file
/// Certification path building and validation by libcrypto, behind an interface of DER and plain verdicts. RFC 5280, 6.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct x509_store_st;

namespace sotto::crypto {

/// What to do with a root that libcrypto cannot read.
enum class UnreadableRoot : std::uint8_t { is_an_error, is_left_out };

/// Holds parsed trust anchors. Immutable after loading; safe to use from several threads at once.
class TrustAnchors {
 public:
  /// `certificate_malformed` names the position of an unreadable one.
  static Result<TrustAnchors> create(std::span<const View> certificates, UnreadableRoot unreadable);
  TrustAnchors(TrustAnchors&& other) noexcept;
  TrustAnchors& operator=(TrustAnchors&& other) noexcept;
  ~TrustAnchors();

  /// Lists the subjects as DER Names, without duplicates of whole certificates.
  [[nodiscard]] const std::vector<Bytes>& subjects() const { return subjects_; }
  [[nodiscard]] x509_store_st* store() const { return store_; }

 private:
  TrustAnchors(x509_store_st* store, std::vector<Bytes> subjects) : store_(store), subjects_(std::move(subjects)) {}
  x509_store_st* store_ = nullptr;  // owned; freed in the destructor
  std::vector<Bytes> subjects_;
};

/// Why no path was accepted.
enum class PathFault : std::uint8_t {
  none,
  no_issuer,         ///< the last certificate's issuer is neither in the chain nor trusted
  self_signed_leaf,  ///< the end entity signed itself and is not trusted
  untrusted_root,    ///< the chain ends in a root that is not trusted
  bad_signature,
  bad_authority,  ///< an issuer is no authority, or issues deeper than it may
  too_long,
  expired,
  not_yet_valid,
  wrong_purpose,
  too_weak,
  forbidden_name,  ///< a name constraint forbids a name
  revoked,
  malformed,
  unsupported_key,
  other,
};

/// What libcrypto found.
struct PathVerdict {
  PathFault fault = PathFault::none;
  std::vector<Bytes> path;  ///< as far as it was built, end entity first
  Bytes culprit;            ///< the certificate that the fault is about; empty where there is none
  std::string words;        ///< libcrypto's own
};

/// Builds and checks a path from `chain` (end entity first, never empty) to the anchors. Names are not checked.
/// `certificate_malformed` if a certificate cannot be read.
[[nodiscard]] Result<PathVerdict> validate_path(const TrustAnchors& anchors, std::span<const View> chain,
                                                Purpose purpose, std::chrono::system_clock::time_point time);

}  // namespace sotto::crypto
