#include "connect/witness.hpp"

#include <utility>

namespace program {

sotto::Result<sotto::Verifier::Judgement> Witness::judge(const sotto::VerifyRequest& request) const {
  chain_ = request.chain;
  earlier_refusal_ = std::exchange(refusal_, std::nullopt);
  const auto verdict = judge_->verify(request);
  if (verdict) return Judgement{verdict->path(), verdict->how(), verdict->is_authenticated()};
  refusal_ = verdict.error();
  if (on_refusal_ == OnRefusal::stop) return std::unexpected(verdict.error());
  const auto anyone = sotto::danger::accept_any_certificate()->verify(request);
  if (!anyone) return std::unexpected(anyone.error());
  return Judgement{anyone->path(), anyone->how(), anyone->is_authenticated()};
}

}  // namespace program
