/// \file
/// The byte queue that callers own: output to send, or input not yet consumed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <sotto/export.hpp>

namespace sotto::inline v0 {

/// Views text or any contiguous range of one-byte elements as bytes.
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Queues bytes contiguously: append at the back, consume from the front. Storage is released as soon as the queue is
/// emptied with `release()`, so an idle connection holds none.
/// Thread-safety: none; one thread at a time.
class SOTTO_API Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer() = default;

  /// Views the queued bytes; valid until the next call that is not const.
  [[nodiscard]] std::span<std::byte> readable() { return {storage_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::span<const std::byte> readable() const { return {storage_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  /// Returns the bytes of storage held, used or not.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// Returns at least `count` writable bytes behind the queued ones; `commit` makes them part of the queue.
  [[nodiscard]] std::span<std::byte> prepare(std::size_t count);
  /// Appends the first `count` bytes of what `prepare` returned. `count` is clamped to what was prepared.
  void commit(std::size_t count);
  /// Appends a copy of `bytes`.
  void append(std::span<const std::byte> bytes);
  /// Drops `count` bytes (at most `size()`) from the front.
  void consume(std::size_t count);
  /// Drops all bytes and keeps the storage.
  void clear() { begin_ = end_ = 0; }
  /// Drops all bytes and frees the storage.
  void release();

 private:
  std::unique_ptr<std::byte[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sotto::inline v0
