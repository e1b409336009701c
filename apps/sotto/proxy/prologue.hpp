// What a relay keeps while dialogues come before TLS. Gone once data moves.
#pragma once

#include <optional>
#include <string>

#include <sotto/starttls.hpp>

namespace program {

struct Prologue {
  std::optional<sotto::starttls::Server> server;      ///< our part towards the client
  std::optional<sotto::starttls::Client> client;      ///< our part towards the backend
  std::optional<sotto::starttls::Greeting> greeting;  ///< reads the backend's greeting
  sotto::starttls::Talk* current = nullptr;           ///< the one of them that is under way
  std::string greeting_text;                          ///< the backend's, as it came
  std::string to_client;                              ///< what the session begins with
};

}  // namespace program
