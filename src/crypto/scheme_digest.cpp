#include "crypto/scheme_digest.hpp"

#include "crypto/signature_schemes.hpp"

namespace sotto::crypto {

Result<Digest> digest_for(SignatureScheme scheme, View message) {
  const auto* const facts = facts_of(scheme);
  if (facts == nullptr || !facts->hash) return fail(Code::unsupported_key, to_string(scheme) + " signs no digest");
  return digest(*facts->hash, message);
}

}  // namespace sotto::crypto
