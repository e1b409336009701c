#include "keys/schedule13.hpp"

namespace sotto::keys {
namespace {

constexpr std::size_t longest_label = 249;  // RFC 8446, 7.1: opaque label<7..255>, "tls13 " included

/// Derive-Secret(Secret, Label, Messages), given the transcript hash of the messages.
Result<HashSecret> derive_secret(HashAlgorithm hash, View secret, std::string_view label, const Digest& transcript) {
  return expand_label(hash, secret, label, transcript.view());
}

Result<Digest> empty_transcript(HashAlgorithm hash) { return crypto::digest(hash, {}); }

/// The step between two stages: HKDF-Extract(Derive-Secret(secret, "derived", ""), input).
Result<HashSecret> next_stage(HashAlgorithm hash, View secret, View input) {
  const auto empty = empty_transcript(hash);
  if (!empty) return std::unexpected(empty.error());
  const auto salt = derive_secret(hash, secret, "derived", *empty);
  if (!salt) return std::unexpected(salt.error());
  const std::array<std::uint8_t, crypto::max_hash_length> zeros{};
  if (input.empty()) input = View(zeros).first(crypto::hash_length(hash));
  return crypto::hkdf_extract(hash, salt->view(), input);
}

Result<TrafficSecret> traffic(const SuiteParameters* suite, View secret, std::string_view label,
                              const Digest& transcript) {
  auto derived = derive_secret(suite->hash, secret, label, transcript);
  if (!derived) return std::unexpected(derived.error());
  return TrafficSecret{suite, std::move(*derived)};
}

}  // namespace

Result<void> expand_label(HashAlgorithm hash, View secret, std::string_view label, View context, MutableView out) {
  // struct { uint16 length; opaque label<7..255>; opaque context<0..255>; } HkdfLabel, on the stack: no allocation.
  constexpr std::string_view prefix = "tls13 ";
  std::array<std::uint8_t, 2 + 1 + 255 + 1 + 255> info{};
  if (label.size() > longest_label || context.size() > 255 || out.size() > 0xffff)
    return fail(Code::internal_error, "a label or context is too long for HKDF-Expand-Label");
  MutableView rest(info);
  const auto put = [&rest](View bytes) { rest = rest.subspan(copy(bytes, rest)); };
  const std::array<std::uint8_t, 3> head = {static_cast<std::uint8_t>(out.size() >> 8),
                                            static_cast<std::uint8_t>(out.size()),
                                            static_cast<std::uint8_t>(prefix.size() + label.size())};
  const std::array<std::uint8_t, 1> context_length = {static_cast<std::uint8_t>(context.size())};
  put(head);
  put(as_view(prefix));
  put(as_view(label));
  put(context_length);
  put(context);
  return crypto::hkdf_expand(hash, secret, View(info).first(info.size() - rest.size()), out);
}

Result<HashSecret> expand_label(HashAlgorithm hash, View secret, std::string_view label, View context) {
  HashSecret out;
  if (auto expanded = expand_label(hash, secret, label, context, out.resize(crypto::hash_length(hash))); !expanded)
    return std::unexpected(expanded.error());
  return out;
}

Result<TrafficSecret> TrafficSecret::next() const {
  auto updated = expand_label(suite->hash, secret.view(), "traffic upd", {});
  if (!updated) return std::unexpected(updated.error());
  return TrafficSecret{suite, std::move(*updated)};
}

Result<HashSecret> TrafficSecret::finished_key() const {
  return expand_label(suite->hash, secret.view(), "finished", {});
}

Result<TrafficKeys> derive_traffic_keys(const TrafficSecret& secret) {
  TrafficKeys keys;
  const auto hash = secret.suite->hash;
  const auto key = keys.key.resize(crypto::aead_key_length(secret.suite->aead));
  if (auto done = expand_label(hash, secret.secret.view(), "key", {}, key); !done) return std::unexpected(done.error());
  if (auto done = expand_label(hash, secret.secret.view(), "iv", {}, keys.iv); !done)
    return std::unexpected(done.error());
  return keys;
}

Result<HashSecret> verify_data(const TrafficSecret& base, const Digest& transcript) {
  const auto key = base.finished_key();
  if (!key) return std::unexpected(key.error());
  return crypto::hmac(base.suite->hash, key->view(), {transcript.view()});
}

Result<EarlyStage> EarlyStage::start(const SuiteParameters* suite, View psk) {
  const std::array<std::uint8_t, crypto::max_hash_length> zeros{};
  if (psk.empty()) psk = View(zeros).first(crypto::hash_length(suite->hash));
  auto secret = crypto::hkdf_extract(suite->hash, {}, psk);
  if (!secret) return std::unexpected(secret.error());
  return EarlyStage(suite, std::move(*secret));
}

Result<TrafficSecret> EarlyStage::binder_key(std::string_view label) const {
  const auto empty = empty_transcript(suite_->hash);
  if (!empty) return std::unexpected(empty.error());
  return traffic(suite_, secret_.view(), label, *empty);
}
Result<TrafficSecret> EarlyStage::resumption_binder_key() const { return binder_key("res binder"); }
Result<TrafficSecret> EarlyStage::external_binder_key() const { return binder_key("ext binder"); }
Result<TrafficSecret> EarlyStage::imported_binder_key() const { return binder_key("imp binder"); }

Result<TrafficSecret> EarlyStage::client_traffic(const Digest& transcript) const {
  return traffic(suite_, secret_.view(), "c e traffic", transcript);
}
Result<HashSecret> EarlyStage::exporter_secret(const Digest& transcript) const {
  return derive_secret(suite_->hash, secret_.view(), "e exp master", transcript);
}

Result<HandshakeStage> EarlyStage::advance(View shared_secret) && {
  auto secret = next_stage(suite_->hash, secret_.view(), shared_secret);
  secret_.clear();
  if (!secret) return std::unexpected(secret.error());
  return HandshakeStage(suite_, std::move(*secret));
}

Result<TrafficSecret> HandshakeStage::client_traffic(const Digest& transcript) const {
  return traffic(suite_, secret_.view(), "c hs traffic", transcript);
}
Result<TrafficSecret> HandshakeStage::server_traffic(const Digest& transcript) const {
  return traffic(suite_, secret_.view(), "s hs traffic", transcript);
}
Result<ApplicationStage> HandshakeStage::advance() && {
  auto secret = next_stage(suite_->hash, secret_.view(), {});
  secret_.clear();
  if (!secret) return std::unexpected(secret.error());
  return ApplicationStage(suite_, std::move(*secret));
}

Result<TrafficSecret> ApplicationStage::client_traffic(const Digest& transcript) const {
  return traffic(suite_, secret_.view(), "c ap traffic", transcript);
}
Result<TrafficSecret> ApplicationStage::server_traffic(const Digest& transcript) const {
  return traffic(suite_, secret_.view(), "s ap traffic", transcript);
}
Result<HashSecret> ApplicationStage::exporter_secret(const Digest& transcript) const {
  return derive_secret(suite_->hash, secret_.view(), "exp master", transcript);
}
Result<HashSecret> ApplicationStage::resumption_secret(const Digest& transcript) && {
  auto secret = derive_secret(suite_->hash, secret_.view(), "res master", transcript);
  secret_.clear();
  return secret;
}

Result<HashSecret> ticket_psk(HashAlgorithm hash, View resumption_secret, View ticket_nonce) {
  return expand_label(hash, resumption_secret, "resumption", ticket_nonce);
}

Result<void> export_keying_material(HashAlgorithm hash, View exporter_secret, std::string_view label, View context,
                                    MutableView out) {
  const auto empty = empty_transcript(hash);
  if (!empty) return std::unexpected(empty.error());
  const auto secret = expand_label(hash, exporter_secret, label, empty->view());
  if (!secret) return std::unexpected(secret.error());
  const auto hashed = crypto::digest(hash, context);
  if (!hashed) return std::unexpected(hashed.error());
  return expand_label(hash, secret->view(), "exporter", hashed->view(), out);
}

}  // namespace sotto::keys
