// Threads that wait for tokens, so that no event loop has to.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include <asio/thread_pool.hpp>

namespace program::pkcs11 {

/// Runs what blocks. The threads start with the first job: most gateways have no token. Thread-safe.
class Threads {
 public:
  Threads() = default;
  /// Runs `job` on one of the threads. What it throws ends the job alone.
  void run(std::function<void()> job);
  /// Waits for the jobs that have begun, and drops the others.
  void stop();

 private:
  std::mutex mutex_;
  std::optional<asio::thread_pool> pool_;
  bool stopped_ = false;
};

}  // namespace program::pkcs11
