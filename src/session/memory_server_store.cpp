// A server's sessions in memory: the one that was not used for longest is dropped first.
#include <algorithm>
#include <list>
#include <map>
#include <mutex>

#include <sotto/session.hpp>

namespace sotto {
namespace {

using std::chrono::system_clock;

class MemoryServerSessionStore final : public ServerSessionStore {
 public:
  explicit MemoryServerSessionStore(std::size_t sessions) : sessions_(sessions) {}

  void put(std::span<const std::byte> id, std::vector<std::byte> sealed, system_clock::time_point expires) override {
    const Id key(id.begin(), id.end());
    const std::lock_guard lock(mutex_);
    erase(key);
    std::list<Entry> added;  // what can throw comes before the first change
    added.push_back({key, std::move(sealed), expires});
    by_id_.emplace(key, added.begin());
    entries_.splice(entries_.begin(), added);
    while (!entries_.empty() && (entries_.size() > sessions_ || has_ended(entries_.back()))) {
      by_id_.erase(entries_.back().id);
      entries_.pop_back();
    }
  }

  std::optional<std::vector<std::byte>> find(std::span<const std::byte> id) override {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(Id(id.begin(), id.end()));
    if (found == by_id_.end() || has_ended(*found->second)) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->sealed;
  }

  void remove(std::span<const std::byte> id) override {
    const std::lock_guard lock(mutex_);
    erase(Id(id.begin(), id.end()));
  }

 private:
  using Id = std::vector<std::byte>;
  struct Entry {
    Id id;
    std::vector<std::byte> sealed;
    system_clock::time_point expires;
  };
  static bool has_ended(const Entry& entry) { return entry.expires <= system_clock::now(); }
  void erase(const Id& id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    entries_.erase(found->second);
    by_id_.erase(found);
  }

  std::mutex mutex_;
  std::size_t sessions_;
  std::list<Entry> entries_;  // most recently used first
  std::map<Id, std::list<Entry>::iterator> by_id_;
};

}  // namespace

std::shared_ptr<ServerSessionStore> v0::make_memory_server_session_store(std::size_t sessions) {
  return std::make_shared<MemoryServerSessionStore>(std::max<std::size_t>(sessions, 1));
}

}  // namespace sotto
