#include "stub_verifier.hpp"

namespace sotto::bogo {
namespace {

class StubVerifier final : public Verifier {
 public:
  explicit StubVerifier(const Options& options) : options_(options) {}

 private:
  [[nodiscard]] Result<Judgement> judge(const VerifyRequest& request) const override {
    if (options_.use_ocsp_callback && options_.fail_ocsp_callback && !options_.server) {
      Error error;
      error.code = Code::certificate_refused;
      error.alert = Alert::bad_certificate_status_response;
      error.detail = ":OCSP_CB_ERROR:";
      return std::unexpected(error);
    }
    if (!options_.verify_fail) return Judgement{request.chain, std::string(accepted)};
    // Raw public keys are always minded: nothing else could tell whose they are.
    const bool minded = options_.verify_peer || options_.require_any_client_certificate ||
                        request.chain.front().type() == CertificateType::raw_public_key;
    if (!minded) return Judgement{request.chain, std::string(refused_in_vain)};
    Error error;
    error.code = Code::certificate_refused;
    error.origin = Origin::peer;
    // The runner knows which callback says what to the peer.
    error.alert = options_.use_custom_verify_callback ? Alert::certificate_unknown : Alert::handshake_failure;
    return std::unexpected(error);
  }
  const Options& options_;
};

}  // namespace

std::shared_ptr<const Verifier> make_stub_verifier(const Options& options) {
  return std::make_shared<StubVerifier>(options);
}

}  // namespace sotto::bogo
