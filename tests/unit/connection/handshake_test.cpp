#include <gtest/gtest.h>

#include "support/pair.hpp"

namespace sotto {
namespace {

using test::client_builder;
using test::Pair;
using test::server_builder;

TEST(Handshake, agrees_and_carries_data_both_ways) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established()) << (pair.client.error ? pair.client.error->message() : "") << " / "
                                  << (pair.server.error ? pair.server.error->message() : "");
  pair.client.write("a question");
  pair.server.write("an answer");
  pair.run();
  EXPECT_EQ(pair.server.data, "a question");
  EXPECT_EQ(pair.client.data, "an answer");
  EXPECT_EQ(pair.client.sessions_stored, 2);
}

TEST(Handshake, works_when_every_octet_comes_alone) {
  Pair pair(client_builder().build().value(), server_builder().build().value());
  pair.run(1);
  EXPECT_TRUE(pair.established());
}

TEST(Handshake, resumes_with_a_ticket) {
  const auto client = client_builder().build().value();
  const auto server = server_builder().build().value();
  Pair first(client, server);
  first.run();
  ASSERT_TRUE(first.established());
  Pair second(client, server);
  second.run();
  ASSERT_TRUE(second.established());
  EXPECT_TRUE(second.client.connection.summary().resumed);
  EXPECT_TRUE(second.server.connection.summary().resumed);
}

}  // namespace
}  // namespace sotto
