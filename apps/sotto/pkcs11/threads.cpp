#include "pkcs11/threads.hpp"

#include <pthread.h>
#include <signal.h>

#include <exception>

#include <asio/post.hpp>

namespace program::pkcs11 {
namespace {

/// As many calls as a token is given at once.
constexpr std::size_t count = 4;

/// Blocks signals for as long as it lives; threads that are made meanwhile keep them blocked. Signals belong to the
/// main thread.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

void Threads::run(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  if (!pool_) {
    const NoSignals no_signals;
    pool_.emplace(count);
  }
  asio::post(*pool_, [job = std::move(job)] {
    try {
      job();
    } catch (const std::exception&) {
      // Memory has run out. Whoever waits for the answer has a deadline.
    }
  });
}

void Threads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  if (!pool_) return;
  pool_->stop();
  pool_->join();
}

}  // namespace program::pkcs11
