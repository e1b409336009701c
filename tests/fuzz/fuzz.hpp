/// \file
/// What every fuzz target shares: randomness that is the same each time, and a way to say that a promise was broken.
#pragma once

#include <openssl/rand.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bytes.hpp"

namespace sotto::fuzz {

/// Ends the program, so that the fuzzer keeps the input: something happened that never may.
[[noreturn]] inline void broken(const char* promise) {
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}
inline void promise(bool kept, const char* words) {
  if (!kept) broken(words);
}

/// Stands in for libcrypto's random octets: a sequence that begins anew with each input, so that an input does again
/// what it did. It is good enough to make keys with. Source: the generator splitmix64.
class PredictableRandom {
 public:
  static void begin() {
    static const bool installed = install();
    promise(installed, "libcrypto takes another source of random octets");
    state_ = 1;
  }

 private:
  static int fill(unsigned char* out, int size) {
    for (int i = 0; i < size; ++i) out[i] = next();
    return 1;
  }
  static std::uint8_t next() {
    state_ += 0x9e3779b97f4a7c15;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::uint8_t>(mixed >> 56);
  }
  static bool install() {
    static const RAND_METHOD method = {nullptr, fill, nullptr, nullptr, fill, [] { return 1; }};
    return RAND_set_rand_method(&method) == 1;
  }
  static inline std::uint64_t state_ = 1;
};

/// Takes numbers and parts off the front of an input.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) { PredictableRandom::begin(); }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::uint8_t octet() {
    if (rest_.empty()) return 0;
    const auto first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  [[nodiscard]] std::size_t below(std::size_t bound) { return (octet() * std::size_t{256} + octet()) % bound; }
  [[nodiscard]] View part(std::size_t size) {
    const auto taken = rest_.first(size < rest_.size() ? size : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// Takes a part that says its own length in one octet.
  [[nodiscard]] View part() { return part(octet()); }
  [[nodiscard]] View rest() { return part(rest_.size()); }

 private:
  View rest_;
};

}  // namespace sotto::fuzz
