#include "compression/cache.hpp"

namespace sotto::compression {

Result<Bytes> Cache::compress(const Algorithm& algorithm, View message) {
  const std::scoped_lock lock(mutex_);
  for (const auto& entry : entries_)
    if (entry.algorithm == algorithm.code && same(entry.plain, message)) return entry.compressed;
  auto compressed = algorithm.compress(message);
  if (!compressed) return compressed;
  if (entries_.size() == most_entries) entries_.erase(entries_.begin());
  entries_.push_back({algorithm.code, own(message), *compressed});
  return compressed;
}

}  // namespace sotto::compression
