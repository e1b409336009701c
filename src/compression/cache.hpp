/// \file
/// Messages that were compressed once and are sent often.
#pragma once

#include <mutex>
#include <vector>

#include "compression/algorithms.hpp"

namespace sotto::compression {

/// Keeps the compressed forms of one credential's Certificate messages. Thread-safe.
class Cache {
 public:
  /// More than there are algorithms, each with and without the OCSP response and the timestamps.
  static constexpr std::size_t most_entries = 16;

  /// Returns `message` compressed; from memory from the second time on. Threads that ask at once wait for the first.
  [[nodiscard]] Result<Bytes> compress(const Algorithm& algorithm, View message);

 private:
  struct Entry {
    CertificateCompression algorithm{};
    Bytes plain;
    Bytes compressed;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;  // the oldest first
};

}  // namespace sotto::compression
