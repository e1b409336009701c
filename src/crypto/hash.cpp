#include "crypto/hash.hpp"

#include <array>
#include <utility>

#include "crypto/algorithms.hpp"
#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

std::unexpected<Error> hash_failed() { return fail_clean(Code::crypto_failed, "a hash could not be computed"); }

// A context per thread and hash for what is finished at once: making one costs more than hashing a short message.
EVP_MD_CTX* scratch(HashAlgorithm algorithm) {
  thread_local std::array<MdContext, 3> contexts;
  auto& context = contexts.at(static_cast<std::size_t>(algorithm));
  if (!context) context.reset(EVP_MD_CTX_new());
  return context.get();
}

Result<Digest> finish(EVP_MD_CTX* context, HashAlgorithm algorithm) {
  Digest result;
  if (EVP_DigestFinal_ex(context, result.resize(hash_length(algorithm)).data(), nullptr) != 1) return hash_failed();
  return result;
}

}  // namespace

Result<Hash> Hash::create(HashAlgorithm algorithm) {
  MdContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex2(context.get(), md_of(algorithm), nullptr) != 1) return hash_failed();
  return Hash(algorithm, context.release());
}

Hash::Hash(Hash&& other) noexcept : algorithm_(other.algorithm_), context_(std::exchange(other.context_, nullptr)) {}

Hash& Hash::operator=(Hash&& other) noexcept {
  std::swap(algorithm_, other.algorithm_);
  std::swap(context_, other.context_);
  return *this;
}

Hash::~Hash() { EVP_MD_CTX_free(context_); }

Result<void> Hash::update(View bytes) {
  if (!context_ || EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1) return hash_failed();
  return {};
}

Result<Digest> Hash::snapshot() const {
  auto* copy = scratch(algorithm_);
  if (!context_ || !copy || EVP_MD_CTX_copy_ex(copy, context_) != 1) return hash_failed();
  return finish(copy, algorithm_);
}

Result<void> Hash::restart() {
  if (!context_ || EVP_DigestInit_ex2(context_, nullptr, nullptr) != 1) return hash_failed();
  return {};
}

Result<Hash> Hash::clone() const {
  MdContext context(EVP_MD_CTX_new());
  if (!context || !context_ || EVP_MD_CTX_copy_ex(context.get(), context_) != 1) return hash_failed();
  return Hash(algorithm_, context.release());
}

Result<Digest> digest(HashAlgorithm algorithm, View bytes) {
  auto* context = scratch(algorithm);
  if (!context || EVP_DigestInit_ex2(context, md_of(algorithm), nullptr) != 1 ||
      EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1)
    return hash_failed();
  return finish(context, algorithm);
}

}  // namespace sotto::crypto
