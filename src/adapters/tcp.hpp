/// \file
/// Stream sockets with deadlines: no signal interrupts them, and no call blocks past its time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <sotto/error.hpp>

namespace sotto::tcp {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return value_; }
  [[nodiscard]] bool is_open() const { return value_ >= 0; }

 private:
  int value_;
};

/// Holds the last moment to wait for something; empty waits for ever.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;
/// Returns the moment `timeout` from now; none for a timeout of zero.
[[nodiscard]] Deadline deadline_in(std::chrono::milliseconds timeout);

/// Resolves `host` and connects to the first of its addresses that answers.
[[nodiscard]] Result<Descriptor> connect(const std::string& host, std::uint16_t port, Deadline deadline);

/// Waits until something can be read, or the end was reached.
[[nodiscard]] Result<void> wait_readable(int descriptor, Deadline deadline);
/// Waits for bytes and returns how many; 0 at the end.
[[nodiscard]] Result<std::size_t> receive(int descriptor, std::span<std::byte> into, Deadline deadline);
/// Waits for room, sends from the front of `bytes` and returns how many.
[[nodiscard]] Result<std::size_t> send(int descriptor, std::span<const std::byte> bytes, Deadline deadline);

}  // namespace sotto::tcp
