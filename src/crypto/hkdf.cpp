#include "crypto/hkdf.hpp"

#include <array>
#include <span>

#include "crypto/algorithms.hpp"
#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t max_block_length = 128;

constexpr std::size_t block_length(HashAlgorithm hash) { return hash == HashAlgorithm::sha256 ? 64 : 128; }

std::unexpected<Error> hmac_failed() { return fail_clean(Code::crypto_failed, "an HMAC could not be computed"); }

// One context per thread and hash. Between calls each stands freshly initialised, which is also what removes the key's
// and the output's traces from it.
MdContext& context_of(HashAlgorithm hash) {
  thread_local std::array<MdContext, 3> contexts;
  return contexts.at(static_cast<std::size_t>(hash));
}
EVP_MD_CTX* fresh_context(HashAlgorithm hash) {
  auto& context = context_of(hash);
  if (!context) {
    MdContext made(EVP_MD_CTX_new());
    if (!made || EVP_DigestInit_ex2(made.get(), md_of(hash), nullptr) != 1) return nullptr;
    context = std::move(made);
  }
  return context.get();
}

bool update(EVP_MD_CTX* context, View bytes) { return EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1; }

// Finishes into `out` and initialises the context again.
bool finish(EVP_MD_CTX* context, std::uint8_t* out) {
  return EVP_DigestFinal_ex(context, out, nullptr) == 1 && EVP_DigestInit_ex2(context, nullptr, nullptr) == 1;
}

bool update_padded(EVP_MD_CTX* context, View key, std::size_t block, std::uint8_t pad) {
  Secret<max_block_length> padded;
  auto bytes = padded.resize(block);
  for (std::size_t i = 0; i < block; ++i) bytes[i] = static_cast<std::uint8_t>((i < key.size() ? key[i] : 0) ^ pad);
  return update(context, bytes);
}

// RFC 2104, 2: H(K xor opad, H(K xor ipad, text)).
bool compute(EVP_MD_CTX* context, HashAlgorithm hash, View key, std::span<const View> parts, MutableView out) {
  const auto block = block_length(hash);
  const auto length = hash_length(hash);
  HashSecret shortened;
  if (key.size() > block) {
    if (!update(context, key) || !finish(context, shortened.resize(length).data())) return false;
    key = shortened.view();
  }
  HashSecret inner;
  if (!update_padded(context, key, block, 0x36)) return false;
  for (const auto& part : parts)
    if (!update(context, part)) return false;
  if (!finish(context, inner.resize(length).data())) return false;
  return update_padded(context, key, block, 0x5c) && update(context, inner.view()) && finish(context, out.data());
}

Result<HashSecret> hmac_of(HashAlgorithm hash, View key, std::span<const View> parts) {
  auto* context = fresh_context(hash);
  HashSecret result;
  if (!context) return hmac_failed();
  if (!compute(context, hash, key, parts, result.resize(hash_length(hash)))) {
    context_of(hash).reset();  // it may not be fresh, nor fit for anything
    return hmac_failed();
  }
  return result;
}

}  // namespace

Result<HashSecret> hmac(HashAlgorithm hash, View key, std::initializer_list<View> parts) {
  return hmac_of(hash, key, {parts.begin(), parts.size()});
}

Result<HashSecret> hkdf_extract(HashAlgorithm hash, View salt, View input_key_material) {
  // RFC 5869, 2.2: "if not provided, it is set to a string of HashLen zeros", which HMAC's padding makes of an empty
  // key.
  return hmac(hash, salt, {input_key_material});
}

Result<void> hkdf_expand(HashAlgorithm hash, View pseudo_random_key, View info, MutableView out) {
  // RFC 5869, 2.3: "L ... (<= 255*HashLen)".
  if (out.size() > 255 * hash_length(hash)) return fail(Code::crypto_failed, "HKDF was asked for too many octets");
  HashSecret block;
  for (std::uint8_t counter = 1; !out.empty(); ++counter) {
    auto next = hmac(hash, pseudo_random_key, {block.view(), info, View(&counter, 1)});
    if (!next) return std::unexpected(std::move(next.error()));
    block = std::move(*next);
    out = out.subspan(copy(block.view(), out));
  }
  return {};
}

}  // namespace sotto::crypto
