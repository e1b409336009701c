#include "keys/transcript.hpp"

namespace sotto::keys {

Result<void> Transcript::absorb(View message) {
  if (retains_) kept_.insert(kept_.end(), message.begin(), message.end());
  return hash_ ? hash_->update(message) : Result<void>();
}

Result<void> Transcript::select(crypto::HashAlgorithm hash, Retention retention) {
  if (hash_) {
    if (hash_->algorithm() == hash) return {};
    return fail(Code::internal_error, "the transcript hash was chosen twice");
  }
  auto running = crypto::Hash::create(hash);
  if (!running) return std::unexpected(running.error());
  if (auto absorbed = running->update(kept_); !absorbed) return absorbed;
  hash_.emplace(std::move(*running));
  if (retention == Retention::hash_only) forget_messages();
  return {};
}

void Transcript::forget_messages() {
  retains_ = false;
  kept_ = Bytes();
}

Result<crypto::Digest> Transcript::current() const {
  if (!hash_) return fail(Code::internal_error, "the transcript hash is not chosen yet");
  return hash_->snapshot();
}

Result<crypto::Digest> Transcript::with(crypto::HashAlgorithm hash, View more) const {
  auto running = hash_ ? hash_->clone() : crypto::Hash::create(hash);
  if (!running) return std::unexpected(running.error());
  if (!hash_)
    if (auto absorbed = running->update(kept_); !absorbed) return std::unexpected(absorbed.error());
  if (auto absorbed = running->update(more); !absorbed) return std::unexpected(absorbed.error());
  return running->snapshot();
}

Result<Transcript> Transcript::clone() const {
  Transcript copy;
  copy.kept_ = kept_;
  copy.retains_ = retains_;
  if (!hash_) return copy;
  auto running = hash_->clone();
  if (!running) return std::unexpected(running.error());
  copy.hash_.emplace(std::move(*running));
  return copy;
}

Result<void> Transcript::replace_by_message_hash() {
  auto first = current();
  if (!first) return std::unexpected(first.error());
  if (auto restarted = hash_->restart(); !restarted) return restarted;
  // RFC 8446, 4.4.1: message_hash || 00 00 Hash.length || Hash(ClientHello1)
  const std::array<std::uint8_t, 4> header = {254, 0, 0, static_cast<std::uint8_t>(first->size())};
  if (auto absorbed = hash_->update(header); !absorbed) return absorbed;
  return hash_->update(first->view());
}

}  // namespace sotto::keys
