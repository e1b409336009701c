// A verifier that remembers what it was shown, so that a refused chain can be explained.
#pragma once

#include <memory>
#include <optional>

#include <sotto/verifier.hpp>

namespace program {

/// Asks another verifier and keeps the chain and the reason of a refusal. For one connection at a time.
class Witness : public sotto::Verifier {
 public:
  /// With `go_on`, a refused chain is accepted all the same: the connection then goes to nobody knows whom.
  enum class OnRefusal : std::uint8_t { stop, go_on };
  Witness(std::shared_ptr<const sotto::Verifier> judge, OnRefusal on_refusal)
      : judge_(std::move(judge)), on_refusal_(on_refusal) {}

  /// Returns the chain that the server showed; empty if it showed none.
  [[nodiscard]] const sotto::CertificateChain& chain() const { return chain_; }
  /// Returns why the chain was refused, if it was.
  [[nodiscard]] const std::optional<sotto::Error>& refusal() const { return refusal_; }
  /// Returns why the chain before that one was refused, if it was: the one of a session that was not offered then.
  [[nodiscard]] const std::optional<sotto::Error>& earlier_refusal() const { return earlier_refusal_; }

 private:
  [[nodiscard]] sotto::Result<Judgement> judge(const sotto::VerifyRequest& request) const override;

  std::shared_ptr<const sotto::Verifier> judge_;
  OnRefusal on_refusal_;
  mutable sotto::CertificateChain chain_;
  mutable std::optional<sotto::Error> refusal_;
  mutable std::optional<sotto::Error> earlier_refusal_;
};

}  // namespace program
