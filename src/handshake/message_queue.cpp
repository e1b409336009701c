#include "handshake/message_queue.hpp"

#include <string>

#include "wire/message.hpp"

namespace sotto::handshake {
namespace {

Result<void> check_size(wire::HandshakeType type, std::size_t octets, const Limits& limits) {
  const bool certificate =
      type == wire::HandshakeType::certificate || type == wire::HandshakeType::compressed_certificate;
  const auto limit = certificate ? limits.certificate_chain : limits.handshake_message;
  if (octets <= limit) return {};
  return fail(
      certificate ? Code::certificate_chain_too_large : Code::handshake_message_too_large,
      name_of(type) + " of " + std::to_string(octets) + " octets, at most " + std::to_string(limit) + " are allowed");
}

}  // namespace

void MessageQueue::feed(View content) {
  if (begin_ != 0) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  bytes_.insert(bytes_.end(), content.begin(), content.end());
}

Result<std::optional<View>> MessageQueue::next(const Limits& limits) {
  const auto waiting = View(bytes_).subspan(begin_);
  if (waiting.size() < wire::handshake_header_octets) return std::nullopt;
  wire::Reader reader(waiting);
  const auto type = static_cast<wire::HandshakeType>(reader.u8());
  const std::size_t length = reader.u24();
  if (auto fits = check_size(type, length, limits); !fits) return std::unexpected(fits.error());
  if (reader.remaining() < length) return std::nullopt;
  const auto message = waiting.first(wire::handshake_header_octets + length);
  begin_ += message.size();
  return message;
}

void MessageQueue::release() {
  if (!empty()) return;
  bytes_ = Bytes();
  begin_ = 0;
}

}  // namespace sotto::handshake
