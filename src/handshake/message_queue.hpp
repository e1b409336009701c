/// \file
/// Joins handshake messages from record contents, fragmented and coalesced in every legal way. RFC 8446, 5.1.
#pragma once

#include <optional>

#include <sotto/policy.hpp>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::handshake {

/// Holds what came in and was not yet taken. Empty, it holds no storage after `release`.
class MessageQueue {
 public:
  /// Adds the content of one handshake record.
  void feed(View content);
  /// Returns the next complete framed message, a view that lives until the next call of `feed` or `release`; nothing if
  /// it is not complete yet. A message longer than `limits` allow is an error as soon as its header is there.
  [[nodiscard]] Result<std::optional<View>> next(const Limits& limits);
  /// Makes the message of so many octets that was returned last the next one again.
  void give_back(std::size_t octets) { begin_ -= octets; }
  /// Says whether octets of an incomplete or further message are waiting.
  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }
  /// Frees the storage if nothing is waiting.
  void release();

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;
};

}  // namespace sotto::handshake
