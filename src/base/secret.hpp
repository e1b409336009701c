/// \file
/// Secrets wipe themselves, compare in constant time and are never copied by accident.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"

namespace sotto {

/// Overwrites `bytes` with zeros in a way that the compiler keeps.
void wipe(MutableView bytes);

/// Compares in time that depends on the lengths alone.
[[nodiscard]] bool equal_in_constant_time(View left, View right);

/// Holds up to `Capacity` secret octets in place. Move leaves the source wiped; there is no copy, no operator== and no
/// stream output. `clone()` says so where a second copy is meant.
template <std::size_t Capacity>
class Secret {
 public:
  Secret() = default;
  explicit Secret(View bytes) : size_(copy(bytes, bytes_)) {}
  Secret(Secret&& other) noexcept : bytes_(other.bytes_), size_(other.size_) { other.clear(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      size_ = other.size_;
      other.clear();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes_); }

  [[nodiscard]] Secret clone() const { return Secret(view()); }
  [[nodiscard]] View view() const { return View(bytes_).first(size_); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Makes the secret `size` octets long (at most `Capacity`) and returns them for writing.
  [[nodiscard]] MutableView resize(std::size_t size) {
    size_ = size < Capacity ? size : Capacity;
    return MutableView(bytes_).first(size_);
  }
  void clear() {
    wipe(bytes_);
    size_ = 0;
  }

 private:
  std::array<std::uint8_t, Capacity> bytes_{};
  std::size_t size_ = 0;
};

/// Wipes a growable secret when it dies, a serialized session for example.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(View bytes) : bytes_(own(bytes)) {}
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(bytes_); }

  [[nodiscard]] View view() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  Bytes bytes_;
};

}  // namespace sotto
