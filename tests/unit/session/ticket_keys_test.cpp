#include <gtest/gtest.h>

#include "session/ticket.hpp"

namespace sotto::session {
namespace {

using std::chrono::hours;
using std::chrono::system_clock;

const auto now = system_clock::time_point(hours(24 * 365 * 50));

ServerSession some_session() {
  ServerSession session;
  session.cipher_suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  session.psk = crypto::HashSecret(Bytes(32, 9));
  session.ticket_age_add = 77;
  session.issued = now;
  session.lifetime = hours(20);
  session.server_name = "a.example";
  session.client_authenticated = "by somebody";
  return session;
}

TEST(Ticket, gives_back_what_was_sealed) {
  const auto keys = TicketKeys::generate().value();
  const auto ticket = seal_ticket(*keys, some_session(), now).value();
  const auto opened = open_ticket(*keys, ticket, now + hours(1));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->server_name, "a.example");
  EXPECT_EQ(opened->ticket_age_add, 77u);
  EXPECT_EQ(opened->client_authenticated, "by somebody");
  EXPECT_TRUE(equal_in_constant_time(opened->psk.view(), Bytes(32, 9)));
}

TEST(Ticket, of_other_keys_is_not_opened) {
  const auto ticket = seal_ticket(*TicketKeys::generate().value(), some_session(), now).value();
  EXPECT_FALSE(open_ticket(*TicketKeys::generate().value(), ticket, now));
}

TEST(Ticket, changed_or_cut_anywhere_is_not_opened) {
  const auto keys = TicketKeys::generate().value();
  const auto ticket = seal_ticket(*keys, some_session(), now).value();
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    auto changed = ticket;
    changed[i] ^= 1;
    EXPECT_FALSE(open_ticket(*keys, changed, now)) << i;
    EXPECT_FALSE(open_ticket(*keys, View(ticket).first(i), now)) << i;
  }
}

TEST(Ticket, is_not_opened_after_its_lifetime) {
  const auto keys = TicketKeys::generate().value();
  const auto ticket = seal_ticket(*keys, some_session(), now).value();
  EXPECT_TRUE(open_ticket(*keys, ticket, now + hours(20) - std::chrono::seconds(1)));
  EXPECT_FALSE(open_ticket(*keys, ticket, now + hours(20)));
}

TEST(Ticket, is_not_opened_before_it_was_issued) {
  const auto keys = TicketKeys::generate().value();
  const auto ticket = seal_ticket(*keys, some_session(), now).value();
  EXPECT_TRUE(open_ticket(*keys, ticket, now - std::chrono::minutes(1)));  // clocks are set back a little
  EXPECT_FALSE(open_ticket(*keys, ticket, now - std::chrono::seconds(61)));
}

TEST(TicketKeys, open_for_one_more_rotation_and_no_longer) {
  const auto keys = TicketKeys::generate(hours(6)).value();
  const auto old = seal_ticket(*keys, some_session(), now).value();
  auto later = some_session();
  later.issued = now + hours(7);
  const auto fresh = seal_ticket(*keys, later, later.issued).value();
  EXPECT_FALSE(same(View(old).first(16), View(fresh).first(16))) << "another key has another name";
  EXPECT_TRUE(open_ticket(*keys, old, now + hours(11)));
  EXPECT_TRUE(open_ticket(*keys, fresh, now + hours(11)));
  EXPECT_FALSE(open_ticket(*keys, old, now + hours(12)));
}

TEST(TicketKeys, do_not_live_on_where_the_clock_is_set_back) {
  const auto keys = TicketKeys::generate(hours(6)).value();
  auto ahead = some_session();
  ahead.issued = now + std::chrono::years(10);
  const auto old = seal_ticket(*keys, ahead, ahead.issued).value();
  const auto fresh = seal_ticket(*keys, some_session(), now).value();
  EXPECT_FALSE(same(View(old).first(16), View(fresh).first(16)));
  EXPECT_FALSE(keys->impl().open(old, now));
  EXPECT_TRUE(keys->impl().open(fresh, now));
  EXPECT_TRUE(keys->impl().open(fresh, now - hours(5)));
}

TEST(TicketKeys, do_not_rotate_faster_than_a_second) {
  const auto refused = TicketKeys::generate(std::chrono::seconds(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_configuration);
}

}  // namespace
}  // namespace sotto::session
