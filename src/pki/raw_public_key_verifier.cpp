#include <algorithm>

#include <sotto/verifier.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::inline v0 {
namespace {

class RawPublicKeyVerifier final : public Verifier {
 public:
  explicit RawPublicKeyVerifier(std::vector<std::vector<std::byte>> keys) : keys_(std::move(keys)) {}

 private:
  Result<Judgement> judge(const VerifyRequest& request) const override {
    const auto& shown = request.chain.front();
    if (shown.type() != CertificateType::raw_public_key)
      return fail(Code::certificate_untrusted, "it is a certificate, and raw public keys alone are trusted here");
    const auto is_shown = [&](const auto& key) { return same(as_view(key), as_view(shown.der())); };
    if (std::ranges::none_of(keys_, is_shown))
      return fail(Code::certificate_untrusted, "its raw public key is none of those that are trusted here");
    return Judgement{{shown}, "by its raw public key", true};
  }
  std::vector<std::vector<std::byte>> keys_;
};

}  // namespace

std::shared_ptr<const Verifier> make_raw_public_key_verifier(std::vector<std::vector<std::byte>> keys) {
  return std::make_shared<RawPublicKeyVerifier>(std::move(keys));
}

}  // namespace sotto::inline v0
