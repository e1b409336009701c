/// \file
/// Lists of code points (cipher suites, groups, schemes): borrowed from a message, or encoded to be sent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace sotto::wire {

/// Borrows a list of code points in wire form. `Code`: an enum of one or two octets.
template <class Code>
class Codes {
 public:
  static constexpr std::size_t octets = sizeof(Code);

  Codes() = default;
  /// `encoded`: a multiple of `octets` long; a shorter last code is not seen.
  explicit Codes(View encoded) : encoded_(encoded) {}

  class Iterator {
   public:
    using value_type = Code;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const std::uint8_t* at) : at_(at) {}
    Code operator*() const {
      unsigned value = 0;
      for (std::size_t i = 0; i < octets; ++i) value = value << 8 | at_[i];
      return static_cast<Code>(value);
    }
    Iterator& operator++() {
      at_ += octets;
      return *this;
    }
    Iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const std::uint8_t* at_ = nullptr;
  };

  [[nodiscard]] Iterator begin() const { return Iterator(encoded_.data()); }
  [[nodiscard]] Iterator end() const { return Iterator(encoded_.data() + size() * octets); }
  [[nodiscard]] std::size_t size() const { return encoded_.size() / octets; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool contains(Code code) const { return std::find(begin(), end(), code) != end(); }
  [[nodiscard]] View encoded() const { return encoded_; }

 private:
  View encoded_;
};

/// Owns a list of code points in wire form.
template <class Code>
class CodeList {
 public:
  CodeList() = default;
  explicit CodeList(std::span<const Code> codes) {
    encoded_.reserve(codes.size() * sizeof(Code));
    for (const auto code : codes)
      for (auto i = sizeof(Code); i-- > 0;)
        encoded_.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(code) >> (8 * i)));
  }
  [[nodiscard]] Codes<Code> view() const { return Codes<Code>(encoded_); }

 private:
  Bytes encoded_;
};

}  // namespace sotto::wire
