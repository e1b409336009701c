// The public interface of libcrypto hashes messages of a known length only. The functions below it, which are
// deprecated and still there, are used in this file and nowhere else.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/sha_chain.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <span>

namespace sotto::crypto {
namespace {

// A libcrypto context around our words, wiped when it dies: the words may stand for a key.
template <class Context>
struct Wiped {
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { OPENSSL_cleanse(&context, sizeof context); }
  Context context{};
};

std::array<SHA_LONG*, 5> words_of(SHA_CTX& context) {
  return {&context.h0, &context.h1, &context.h2, &context.h3, &context.h4};
}

void absorb_sha1(std::span<std::uint64_t> words, View blocks) {
  Wiped<SHA_CTX> wiped;
  const auto state = words_of(wiped.context);
  for (std::size_t i = 0; i < state.size(); ++i) *state[i] = static_cast<SHA_LONG>(words[i]);
  SHA1_Update(&wiped.context, blocks.data(), blocks.size());
  for (std::size_t i = 0; i < state.size(); ++i) words[i] = *state[i];
}

void absorb_sha256(std::span<std::uint64_t> words, View blocks) {
  Wiped<SHA256_CTX> wiped;
  for (std::size_t i = 0; i < words.size(); ++i) wiped.context.h[i] = static_cast<SHA_LONG>(words[i]);
  SHA256_Update(&wiped.context, blocks.data(), blocks.size());
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = wiped.context.h[i];
}

void absorb_sha384(std::span<std::uint64_t> words, View blocks) {
  Wiped<SHA512_CTX> wiped;
  std::ranges::copy(words, wiped.context.h);
  SHA512_Update(&wiped.context, blocks.data(), blocks.size());
  std::ranges::copy(wiped.context.h, words.begin());
}

}  // namespace

ShaChain::ShaChain(MacHash hash) : hash_(hash) {
  switch (hash) {
    case MacHash::sha1: {
      SHA_CTX initial;
      SHA1_Init(&initial);
      const auto state = words_of(initial);
      for (std::size_t i = 0; i < state.size(); ++i) words_[i] = *state[i];
      return;
    }
    case MacHash::sha256: {
      SHA256_CTX initial;
      SHA256_Init(&initial);
      std::ranges::copy(initial.h, words_.begin());
      return;
    }
    case MacHash::sha384: {
      SHA512_CTX initial;
      SHA384_Init(&initial);
      std::ranges::copy(initial.h, words_.begin());
      return;
    }
  }
}

ShaChain::~ShaChain() { OPENSSL_cleanse(words_.data(), sizeof words_); }

// A zeroed context buffers nothing, so that an update with whole blocks compresses exactly those, several at once where
// the processor can.
void ShaChain::absorb(View blocks) {
  if (blocks.empty()) return;
  switch (hash_) {
    case MacHash::sha1: return absorb_sha1(words_, blocks);
    case MacHash::sha256: return absorb_sha256(words_, blocks);
    case MacHash::sha384: return absorb_sha384(words_, blocks);
  }
}

void ShaChain::write(MutableView out) const {
  const std::size_t word = hash_ == MacHash::sha384 ? 8 : 4;
  for (std::size_t i = 0; i < mac_length(hash_); ++i)
    out[i] = static_cast<std::uint8_t>(words_[i / word] >> (8 * (word - 1 - i % word)));
}

}  // namespace sotto::crypto
