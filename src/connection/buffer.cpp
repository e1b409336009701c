#include <sotto/buffer.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sotto {

Buffer::Buffer(Buffer&& other) noexcept
    : storage_(std::move(other.storage_)),
      capacity_(std::exchange(other.capacity_, 0)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  storage_ = std::move(other.storage_);
  capacity_ = std::exchange(other.capacity_, 0);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  return *this;
}

std::span<std::byte> Buffer::prepare(std::size_t count) {
  if (count <= capacity_ - end_) return {storage_.get() + end_, capacity_ - end_};
  const auto queued = size();
  if (count <= capacity_ - queued && queued <= capacity_ / 2) {
    if (queued != 0) std::memmove(storage_.get(), storage_.get() + begin_, queued);
  } else {
    // Not value-initialized: what is prepared is about to be written.
    const auto grown = std::max(queued + count, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<std::byte[]>(grown);
    if (queued != 0) std::memcpy(larger.get(), storage_.get() + begin_, queued);
    storage_ = std::move(larger);
    capacity_ = grown;
  }
  begin_ = 0;
  end_ = queued;
  return {storage_.get() + end_, capacity_ - end_};
}

void Buffer::commit(std::size_t count) { end_ += std::min(count, capacity_ - end_); }

void Buffer::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void Buffer::consume(std::size_t count) {
  begin_ += std::min(count, size());
  if (begin_ == end_) begin_ = end_ = 0;
}

void Buffer::release() {
  storage_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace sotto
