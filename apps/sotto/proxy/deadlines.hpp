// The deadlines of many connections, kept cheaply: moving a deadline later costs nothing until the old one passes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace program {

/// The part of a connection that `Deadlines` looks at.
struct Deadline {
  using Time = std::chrono::steady_clock::time_point;
  Time at = Time::max();         ///< when the connection's time is up
  Time scheduled = Time::max();  ///< when the queue will look at it; never later than `at`
};

/// Orders connections, named by number, by when they must be looked at.
class Deadlines {
 public:
  using Time = Deadline::Time;

  /// Sets the deadline of connection `id`.
  void set(std::uint64_t id, Deadline& deadline, Time at) {
    deadline.at = at;
    if (at >= deadline.scheduled) return;
    queue_.push({at, id});
    deadline.scheduled = at;
  }

  /// Returns when to call `expired` next.
  [[nodiscard]] std::optional<Time> next() const {
    return queue_.empty() ? std::nullopt : std::optional(queue_.top().at);
  }

  /// Returns a connection whose time was up at `now`, each once; nothing if there is none left. `find` returns a
  /// connection's deadline, or null if it is gone. Needs no memory.
  std::optional<std::uint64_t> take_expired(Time now, const std::function<Deadline*(std::uint64_t)>& find) {
    while (!queue_.empty() && queue_.top().at <= now) {
      const auto entry = queue_.top();
      queue_.pop();
      auto* const deadline = find(entry.id);
      if (deadline == nullptr || deadline->scheduled != entry.at) continue;  // gone, or an earlier entry took over
      deadline->scheduled = Time::max();
      if (deadline->at <= now) return entry.id;
      set(entry.id, *deadline, deadline->at);
    }
    return std::nullopt;
  }

 private:
  struct Entry {
    Time at;
    std::uint64_t id;
    bool operator>(const Entry& other) const { return at > other.at; }
  };
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace program
