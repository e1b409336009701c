// The dialogue before TLS, on one connection, shown as it happens.
#pragma once

#include <chrono>
#include <cstdint>

#include <sotto/starttls.hpp>

#include "descriptor.hpp"

namespace program {

/// Whether the dialogue is printed on standard error.
enum class ShowDialogue : std::uint8_t { yes, no };

/// Leads into TLS within `limit`. An error says what was waited for; nothing was read past the dialogue.
sotto::Result<void> lead_into_tls(const Descriptor& socket, sotto::starttls::Client& dialogue,
                                  std::chrono::milliseconds limit, ShowDialogue show);

}  // namespace program
