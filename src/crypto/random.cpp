#include "crypto/random.hpp"

#include <openssl/rand.h>
#include <pthread.h>

#include <atomic>
#include <limits>

#include "base/secret.hpp"
#include "crypto/handles.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t pool_length = 512;

std::atomic<unsigned> fork_generation{0};

// A child must not hand out what its parent has drawn ahead.
bool watch_forks() {
  static const bool watching =
      pthread_atfork(nullptr, nullptr, [] { fork_generation.fetch_add(1, std::memory_order_relaxed); }) == 0;
  return watching;
}

Result<void> draw(MutableView out) {
  if (out.size() > std::numeric_limits<int>::max() || RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    return fail_clean(Code::crypto_failed, "libcrypto has no random octets");
  return {};
}

class Pool {
 public:
  Result<void> fill(MutableView out) {
    const auto generation = fork_generation.load(std::memory_order_relaxed);
    if (generation != generation_) left_ = 0;
    generation_ = generation;
    if (out.size() > left_) {
      if (auto drawn = draw(octets_.resize(pool_length)); !drawn) {
        left_ = 0;
        return drawn;
      }
      left_ = pool_length;
    }
    const auto next = octets_.resize(pool_length).subspan(pool_length - left_, out.size());
    copy(next, out);
    wipe(next);
    left_ -= out.size();
    return {};
  }

 private:
  Secret<pool_length> octets_;
  std::size_t left_ = 0;
  unsigned generation_ = 0;
};

}  // namespace

Result<void> fill_random(MutableView out) {
  if (out.size() > pool_length / 4 || !watch_forks()) return draw(out);
  thread_local Pool pool;
  return pool.fill(out);
}

}  // namespace sotto::crypto
