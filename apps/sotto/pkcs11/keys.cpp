#include "pkcs11/keys.hpp"

#include <algorithm>

#include <sotto/remote_key.hpp>

namespace program::pkcs11 {
namespace {

sotto::Error refusal(std::string why) {
  return {sotto::Code::internal_error, sotto::Origin::ours, {}, {}, std::move(why)};
}

}  // namespace

void Keys::add(sotto::Credential credential, std::shared_ptr<Key> key) {
  entries_.push_back({std::move(credential), std::move(key)});
}

Key* Keys::find(const sotto::Credential& credential) const {
  // Copies of a credential share what they hold.
  const auto found =
      std::ranges::find(entries_, &credential.impl(), [](const Entry& entry) { return &entry.credential.impl(); });
  return found == entries_.end() ? nullptr : found->key.get();
}

sotto::Answer Keys::answer(const AnyQuestion& question) const {
  if (const auto* const signing = std::get_if<sotto::SignQuestion>(&question)) return sign(*signing);
  if (const auto* const decryption = std::get_if<sotto::DecryptQuestion>(&question)) return decrypt(*decryption);
  return refusal("a question that no key can answer");
}

sotto::Answer Keys::sign(const sotto::SignQuestion& question) const {
  auto* const key = find(question.credential);
  if (key == nullptr) return refusal("the credential has no key");
  auto signature = key->sign(question.scheme, question.message);
  if (!signature) return refusal(std::move(signature.error().sentence));
  // A fault, or another key under the same name, must show here: a wrong RSA signature may tell the key.
  const auto& certificate = question.credential.chain().front();
  if (!sotto::check_signature(certificate, question.scheme, question.message, *signature))
    return refusal("the key '" + key->text() + "' made a wrong signature");
  return sotto::Signature{*std::move(signature)};
}

sotto::Answer Keys::decrypt(const sotto::DecryptQuestion& question) const {
  auto* const key = find(question.credential);
  if (key == nullptr) return refusal("the credential has no key");
  auto secret = key->decrypt(question);
  if (!secret) return refusal(std::move(secret.error().sentence));
  return *std::move(secret);
}

}  // namespace program::pkcs11
