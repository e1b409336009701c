/// \file
/// Dialogues that consist of binary messages.
#pragma once

#include <optional>

#include "starttls/dialogue.hpp"

namespace sotto::inline v0::starttls::detail {

/// Runs a dialogue that consists of messages whose length stands at their beginning.
class PacketDialogue : public Dialogue {
 protected:
  using Dialogue::Dialogue;

  /// Returns the length of the message that begins with `start`, all of it; nothing if more of it is needed to tell.
  [[nodiscard]] virtual Result<std::optional<std::size_t>> measure(View start) const = 0;
  virtual Result<void> on_packet(View packet) = 0;

  Result<std::size_t> take(View in) override;

 private:
  Bytes pending_;
};

}  // namespace sotto::inline v0::starttls::detail
