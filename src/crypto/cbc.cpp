#include "crypto/cbc.hpp"

#include <limits>
#include <utility>

#include "crypto/algorithms.hpp"
#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

// libcrypto counts in int.
constexpr std::size_t max_length = std::numeric_limits<int>::max() / 2;

std::unexpected<Error> cipher_failed() { return fail_clean(Code::crypto_failed, "a CBC cipher could not be used"); }

}  // namespace

Result<Cbc> Cbc::create(CbcAlgorithm algorithm, Direction direction, View key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  const auto* cipher = cipher_of(algorithm);
  if (!context || !cipher || key.size() != cbc_key_length(algorithm) ||
      EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, direction == Direction::encrypt ? 1 : 0,
                         nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1)
    return cipher_failed();
  return Cbc(context.release());
}

Cbc::Cbc(Cbc&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}

Cbc& Cbc::operator=(Cbc&& other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}

Cbc::~Cbc() { EVP_CIPHER_CTX_free(context_); }

Result<void> Cbc::transform(const CbcIv& iv, MutableView blocks) {
  int written = 0;
  if (context_ == nullptr || blocks.size() % cbc_block != 0 || blocks.size() > max_length ||
      EVP_CipherInit_ex2(context_, nullptr, nullptr, iv.data(), -1, nullptr) != 1 ||
      EVP_CipherUpdate(context_, blocks.data(), &written, blocks.data(), static_cast<int>(blocks.size())) != 1 ||
      static_cast<std::size_t>(written) != blocks.size())
    return cipher_failed();
  return {};
}

}  // namespace sotto::crypto
