#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <sotto/early_data.hpp>

namespace sotto {
namespace {

using Time = EarlyDataAttempt::Time;

/// Remembers attempts until they would be refused for their age anyhow. RFC 8446, 8.2.
class MemoryReplayGuard final : public ReplayGuard {
 public:
  MemoryReplayGuard(std::size_t attempts, Time now)
      : most_(attempts), started_(std::chrono::floor<std::chrono::milliseconds>(now)) {}

  bool is_first(const EarlyDataAttempt& attempt) override {
    const std::lock_guard lock(mutex_);
    forget_up_to(attempt.now);
    // What cannot be known is refused: what was before this guard, what it may have forgotten (a clock that was set
    // back would bring it to life again), and what it has no room for.
    if (attempt.ticket_issued < started_ || attempt.valid_until <= forgotten_ || by_id_.size() >= most_) return false;
    if (by_id_.contains(attempt.id)) return false;
    by_end_.emplace(attempt.valid_until, attempt.id);  // first: an id without its end would never be forgotten
    by_id_.insert(attempt.id);
    return true;
  }

 private:
  using Id = std::array<std::byte, 32>;

  void forget_up_to(Time now) {
    while (!by_end_.empty() && by_end_.begin()->first < now) {
      forgotten_ = std::max(forgotten_, by_end_.begin()->first);
      by_id_.erase(by_end_.begin()->second);
      by_end_.erase(by_end_.begin());
    }
  }

  std::mutex mutex_;
  std::size_t most_;
  Time started_;
  Time forgotten_ = Time::min();
  std::set<Id> by_id_;
  std::multimap<Time, Id> by_end_;
};

}  // namespace

std::shared_ptr<ReplayGuard> v0::make_memory_replay_guard(std::size_t attempts, Time now) {
  return std::make_shared<MemoryReplayGuard>(attempts, now);
}

}  // namespace sotto
