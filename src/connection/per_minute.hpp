/// \file
/// Counts what a peer may start only so often in a minute.
#pragma once

#include <chrono>
#include <cstddef>

namespace sotto::connection {

class PerMinute {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// Counts one more at `now`; says whether that is among the `most` that are allowed.
  [[nodiscard]] bool allows(std::size_t most, Time now) {
    if (now - minute_ >= std::chrono::minutes(1) || now < minute_) {
      minute_ = now;
      started_ = 0;
    }
    return ++started_ <= most;
  }

 private:
  Time minute_;
  std::size_t started_ = 0;
};

}  // namespace sotto::connection
