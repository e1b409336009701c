#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include <sotto/session.hpp>

namespace sotto {
namespace {

using Id = std::vector<std::byte>;

/// Keeps sessions in memory, least recently used servers and oldest sessions dropped first.
class MemorySessionStore final : public SessionStore {
 public:
  MemorySessionStore(std::size_t servers, std::size_t each) : servers_(servers), each_(each) {}

  void put(const std::string& server, Session session) override {
    auto id = session.id();
    if (!id) return;  // a session that could not be forgotten is not kept
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(removed_, *id) != removed_.end()) return;
    std::list<Kept> added;  // what can throw comes before the first change
    added.push_back({std::move(session), *std::move(id)});
    auto found = by_name_.find(server);
    if (found == by_name_.end()) {
      std::list<Entry> entry;
      entry.push_back({server, {}});
      found = by_name_.emplace(server, entry.begin()).first;
      entries_.splice(entries_.begin(), entry);
    } else {
      entries_.splice(entries_.begin(), entries_, found->second);
    }
    auto& sessions = found->second->sessions;
    sessions.splice(sessions.end(), added);
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
    std::optional<Session> newest(std::move(sessions.back().session));
    sessions.pop_back();
    drop_if_empty(found);
    return newest;
  }

  void remove(const std::string& server, std::span<const std::byte> id) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_name_.find(server); found != by_name_.end()) {
      std::erase_if(found->second->sessions, [&](const Kept& kept) { return std::ranges::equal(kept.id, id); });
      drop_if_empty(found);
    }
    removed_.emplace_back(id.begin(), id.end());
    if (removed_.size() > remembered_) removed_.pop_front();
  }

 private:
  struct Kept {
    Session session;
    Id id;
  };
  struct Entry {
    std::string server;
    std::list<Kept> sessions;  // oldest first, never empty
  };
  using Names = std::map<std::string, std::list<Entry>::iterator>;

  void drop_if_empty(Names::iterator name) {
    if (!name->second->sessions.empty()) return;
    entries_.erase(name->second);
    by_name_.erase(name);
  }

  // What was removed is remembered for as long as other connections may still put it back, which is a handshake's time.
  static constexpr std::size_t remembered_ = 256;

  std::mutex mutex_;
  std::size_t servers_;
  std::size_t each_;
  std::list<Entry> entries_;  // most recently used first
  Names by_name_;
  std::deque<Id> removed_;  // oldest first
};

}  // namespace

std::shared_ptr<SessionStore> v0::make_memory_session_store(std::size_t servers, std::size_t each) {
  return std::make_shared<MemorySessionStore>(std::max<std::size_t>(servers, 1), std::max<std::size_t>(each, 1));
}

}  // namespace sotto
