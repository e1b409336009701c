// What we call ourselves where a protocol wants to know.
#pragma once

#include <string>

#include <sotto/starttls.hpp>

#include "net/endpoint.hpp"

namespace program {

/// Returns the name for the dialogue with a server of `endpoint`'s protocol: for XMPP the server's own, elsewhere this
/// machine's, as EHLO wants it.
std::string dialogue_name(const Endpoint& endpoint, const std::string& server_name);

}  // namespace program
