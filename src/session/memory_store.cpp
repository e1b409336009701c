#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include <sotto/session.hpp>

namespace sotto {
namespace {

/// Keeps sessions in memory, least recently used servers and oldest sessions dropped first.
class MemorySessionStore final : public SessionStore {
 public:
  MemorySessionStore(std::size_t servers, std::size_t each) : servers_(servers), each_(each) {}

  void put(const std::string& server, Session session) override {
    const std::lock_guard lock(mutex_);
    auto found = by_name_.find(server);
    if (found == by_name_.end()) {
      entries_.push_front({server, {}});
      found = by_name_.emplace(server, entries_.begin()).first;
    } else {
      entries_.splice(entries_.begin(), entries_, found->second);
    }
    auto& sessions = found->second->sessions;
    sessions.push_back(std::move(session));
    if (sessions.size() > each_) sessions.pop_front();
    if (entries_.size() > servers_) {
      by_name_.erase(entries_.back().server);
      entries_.pop_back();
    }
  }

  std::optional<Session> take(const std::string& server) override {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(server);
    if (found == by_name_.end()) return std::nullopt;
    auto& sessions = found->second->sessions;
    std::optional<Session> newest(std::move(sessions.back()));
    sessions.pop_back();
    if (sessions.empty()) {
      entries_.erase(found->second);
      by_name_.erase(found);
    }
    return newest;
  }

 private:
  struct Entry {
    std::string server;
    std::list<Session> sessions;  // oldest first, never empty
  };
  std::mutex mutex_;
  std::size_t servers_;
  std::size_t each_;
  std::list<Entry> entries_;  // most recently used first
  std::map<std::string, std::list<Entry>::iterator> by_name_;
};

}  // namespace

std::shared_ptr<SessionStore> v0::make_memory_session_store(std::size_t servers, std::size_t each) {
  return std::make_shared<MemorySessionStore>(std::max<std::size_t>(servers, 1), std::max<std::size_t>(each, 1));
}

}  // namespace sotto
