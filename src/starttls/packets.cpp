#include "starttls/packets.hpp"

#include <utility>

namespace sotto::inline v0::starttls::detail {

Result<std::size_t> PacketDialogue::take(View in) {
  std::size_t used = 0;
  while (used < in.size() && is_talking()) {
    pending_.push_back(in[used++]);
    const auto length = measure(pending_);
    if (!length) return std::unexpected(length.error());
    if (*length && **length > most_octets)
      return fail(Code::starttls_too_much, "a message of " + std::to_string(**length) + " octets");
    if (!*length || pending_.size() < **length) continue;
    if (auto counted = count_message(); !counted) return std::unexpected(counted.error());
    const auto packet = std::exchange(pending_, {});
    if (auto read = on_packet(packet); !read) return std::unexpected(read.error());
  }
  return used;
}

}  // namespace sotto::inline v0::starttls::detail
