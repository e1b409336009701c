/// \file
/// Connections that may resume a session of an earlier one.
#pragma once

#include <gtest/gtest.h>

#include "support/pair.hpp"

namespace sotto::test {

/// Connects, exchanges a few words, and returns whether a session was resumed, on which both sides must agree.
inline bool resumes(const std::shared_ptr<const ClientConfig>& client,
                    const std::shared_ptr<const ServerConfig>& server, std::string_view name = "localhost") {
  Pair pair(client, server, name);
  pair.run();
  EXPECT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "");
  if (!pair.established()) return false;
  EXPECT_EQ(pair.client.connection.summary().resumed, pair.server.connection.summary().resumed);
  pair.client.write("question");
  pair.server.write("answer");
  pair.run();
  EXPECT_EQ(pair.server.data + pair.client.data, "questionanswer");
  return pair.client.connection.summary().resumed;
}

}  // namespace sotto::test
