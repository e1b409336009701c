/// \file
/// The keys that seal a server's tickets, and their rotation.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include <sotto/session.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto {

struct TicketKeys::Impl {
  using Time = std::chrono::system_clock::time_point;

  explicit Impl(std::chrono::seconds rotation) : rotation_(rotation) {}

  /// Seals `content` under the key of the time `now`; rotates first if it is due.
  [[nodiscard]] Result<Bytes> seal(View content, Time now);
  /// Returns the content of a ticket, or nothing if it was not sealed here, was changed, or its key is too old.
  [[nodiscard]] std::optional<SecretBytes> open(View ticket, Time now);

 private:
  static constexpr std::size_t name_octets = 16;
  struct Key {
    std::array<std::uint8_t, name_octets> name{};
    Secret<32> secret;
    Time made;
    [[nodiscard]] Key clone() const { return {name, secret.clone(), made}; }
  };
  [[nodiscard]] Result<Key> sealing_key(Time now);
  [[nodiscard]] std::optional<Key> opening_key(View name, Time now);

  std::chrono::seconds rotation_;
  std::mutex mutex_;
  std::vector<Key> keys_;  // newest last, at most two
};

}  // namespace sotto
