/// \file
/// One side of a dialogue, played from a script.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include <sotto/starttls.hpp>

#include "support/mysql_greeting.hpp"

namespace sotto::test {

/// Takes everything that a dialogue wants to send.
inline std::string output_of(starttls::Talk& talk) {
  const auto bytes = talk.output().readable();
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  talk.output().clear();
  return text;
}

/// Says `text` to a dialogue, which must take all of it, and returns its answer.
inline std::string say(starttls::Talk& talk, std::string_view text) {
  const auto taken = talk.receive(as_bytes(text));
  EXPECT_TRUE(taken) << taken.error().message();
  if (taken) {
    EXPECT_EQ(*taken, text.size());
  }
  return output_of(talk);
}

/// Says `text`, which must be an error, and returns it.
inline Error error_after(starttls::Talk& talk, std::string_view text) {
  const auto taken = talk.receive(as_bytes(text));
  EXPECT_FALSE(taken) << "no error after: " << text;
  EXPECT_EQ(talk.state(), starttls::State::failed);
  return taken ? Error{} : taken.error();
}

/// Every protocol with a server that greets.
inline starttls::Server server_of(starttls::Protocol protocol) {
  return starttls::Server(protocol,
                          {"server.example", protocol == starttls::Protocol::mysql ? mysql_greeting() : std::string()});
}

}  // namespace sotto::test
