#include "proxy/plan.hpp"

#include <gtest/gtest.h>

namespace program {
namespace {

using enum Step;
using Steps = std::vector<Step>;

Steps plan(std::string_view from, std::string_view to) {
  return plan_of(*parse_endpoint(from, EndpointRole::peer), *parse_endpoint(to, EndpointRole::peer));
}

TEST(Plan, lets_the_client_prove_itself_before_the_backend_is_troubled) {
  EXPECT_EQ(plan("tcp://a:1", "tcp://b:1"), (Steps{connect, relay}));
  EXPECT_EQ(plan("tls://a:1", "tcp://b:1"), (Steps{shake_client, connect, relay}));
  EXPECT_EQ(plan("tls://a:1", "tls://b:1"), (Steps{shake_client, connect, shake_backend, relay}));
  EXPECT_EQ(plan("tls://a:993", "imap+starttls://b"),
            (Steps{shake_client, connect, talk_backend, shake_backend, relay}));
  EXPECT_EQ(plan("tcp://a:143", "imap+starttls://b"), (Steps{connect, talk_backend, shake_backend, relay}));
  EXPECT_EQ(plan("ldap+starttls://a", "tcp://b:389"), (Steps{talk_client, shake_client, connect, relay}));
}

TEST(Plan, asks_the_backend_for_its_greeting_where_the_client_gets_one_before_tls) {
  EXPECT_EQ(plan("smtp+starttls://a", "tcp://b:25"), (Steps{connect, read_greeting, talk_client, shake_client, relay}));
  EXPECT_EQ(plan("smtp+starttls://a", "tls://b:465"),
            (Steps{connect, shake_backend, read_greeting, talk_client, shake_client, relay}));
  EXPECT_EQ(plan("imap+starttls://a", "imap+starttls://b"),
            (Steps{connect, talk_backend, shake_backend, talk_client, shake_client, relay}));
  EXPECT_EQ(plan("sieve+starttls://a", "sieve+starttls://b"),
            (Steps{connect, talk_backend, shake_backend, read_greeting, talk_client, shake_client, relay}))
      << "only the greeting inside TLS is authentic";
}

TEST(Plan, hears_a_mysql_client_before_its_backend_is_asked_for_tls) {
  EXPECT_EQ(plan("tcp://a:3306", "mysql+starttls://b"),
            (Steps{connect, read_greeting, take_login, forward_login, shake_backend, relay}));
  EXPECT_EQ(plan("tls://a:3307", "mysql+starttls://b").front(), shake_client);
  EXPECT_EQ(plan("mysql+starttls://a", "mysql+starttls://b"),
            (Steps{connect, read_greeting, talk_client, shake_client, forward_login, shake_backend, relay}));
  EXPECT_EQ(plan("mysql+starttls://a", "tcp://b:3306"),
            (Steps{connect, read_greeting, talk_client, shake_client, relay}));
}

TEST(Plan, screens_where_only_one_side_has_begun_tls) {
  using Tls = sotto::starttls::Screen::Tls;
  const auto screening = [](std::string_view from, std::string_view to) {
    return screening_of(*parse_endpoint(from, EndpointRole::peer), *parse_endpoint(to, EndpointRole::peer));
  };
  EXPECT_EQ(screening("imap+starttls://a", "tcp://b:143")->tls, Tls::with_client);
  EXPECT_EQ(screening("imap+starttls://a", "tls://b:993")->tls, Tls::with_client);
  EXPECT_EQ(screening("imaps://a", "tcp://b:143")->tls, Tls::at_once_with_client);
  EXPECT_EQ(screening("mysqls://a", "mysql+starttls://b")->tls, Tls::with_server);
  EXPECT_EQ(screening("tcp://a:143", "imap+starttls://b")->tls, Tls::with_server);
  EXPECT_FALSE(screening("imap+starttls://a", "imap+starttls://b"));
  EXPECT_FALSE(screening("tls://a:993", "tcp://b:143")) << "nobody says what is spoken";
  EXPECT_FALSE(screening("imaps://a", "imaps://b"));
}

}  // namespace
}  // namespace program
