// What stands between two sides of which one has begun TLS and the other knows nothing of it.
#include <algorithm>
#include <vector>

#include "support/starttls_script.hpp"

namespace sotto::test {
namespace {

using starttls::Protocol;
using starttls::Screen;

std::string from_server(Screen& screen, std::string_view text, std::size_t piece = 100'000) {
  std::string passed;
  while (!text.empty()) {
    Buffer out;
    screen.from_server(as_bytes(text.substr(0, piece)), out);
    text.remove_prefix(std::min(piece, text.size()));
    const auto bytes_out = out.readable();
    passed.append(reinterpret_cast<const char*>(bytes_out.data()), bytes_out.size());
  }
  return passed;
}

void from_client(Screen& screen, std::string_view text) {
  Buffer out;
  screen.from_client(as_bytes(text), out);
  const auto passed = out.readable();
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(passed.data()), passed.size()), text);
}

/// A session: what the client says, what the server answers, and what the client gets of it.
struct Turn {
  std::string_view client;
  std::string_view server;
  std::string_view expected;
};

struct Session {
  Protocol protocol;
  std::vector<Turn> turns;
};

const Session sessions[] = {
    {Protocol::smtp,
     {{"EHLO a\r\n", "250-mail\r\n250-STARTTLS\r\n250-SIZE\r\n250 HELP\r\n", "250-mail\r\n250-SIZE\r\n250 HELP\r\n"},
      {"EHLO a\r\n", "250-mail\r\n250-SIZE\r\n250 STARTTLS\r\n", "250-mail\r\n250 SIZE\r\n"},
      {"NOOP\r\n", "250 ok\r\n", "250 ok\r\n"},
      {"HELP\r\n", "214-STARTTLS\r\n214 end\r\n", "214-STARTTLS\r\n214 end\r\n"}}},
    {Protocol::imap,
     {{"a CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 STARTTLS ID\r\na OK done\r\n",
       "* CAPABILITY IMAP4rev1 ID\r\na OK done\r\n"},
      {"b NOOP\r\n", "b OK [CAPABILITY IMAP4rev1 starttls ID] done\r\n", "b OK [CAPABILITY IMAP4rev1 ID] done\r\n"},
      {"c LOGIN {3}\r\n", "+ go\r\n", "+ go\r\n"},
      {"joe {2}\r\n", "+ go\r\n", "+ go\r\n"},
      {"pw\r\n", "c OK [CAPABILITY IMAP4rev1 STARTTLS] in\r\n", "c OK [CAPABILITY IMAP4rev1] in\r\n"},
      {"d FETCH 1 BODY[]\r\n", "* 1 FETCH (BODY[] {31}\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\n)\r\nd OK\r\n",
       "* 1 FETCH (BODY[] {31}\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\n)\r\nd OK\r\n"}}},
    {Protocol::pop3,
     {{"CAPA\r\n", "+OK\r\nUSER\r\nSTLS\r\n.\r\n", "+OK\r\nUSER\r\n.\r\n"},
      {"USER joe\r\n", "+OK\r\n", "+OK\r\n"},
      {"PASS wrong\r\n", "-ERR no\r\n", "-ERR no\r\n"},
      {"CAPA\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n.\r\n"},
      {"PASS right\r\n", "+OK in\r\n", "+OK in\r\n"},
      {"RETR 1\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\nSTLS\r\n.\r\n"}}},
    {Protocol::pop3,
     {{"", "+OK ready\r\n", "+OK ready\r\n"},
      {"CAPA\r\nAUTH PLAIN\r\n", "+OK\r\nSTLS\r\n.\r\n+ \r\n", "+OK\r\n.\r\n+ \r\n"},
      {"AGpvZQBwdw==\r\n", "+OK in\r\n", "+OK in\r\n"},
      {"RETR 1\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\nSTLS\r\n.\r\n"}}},
    {Protocol::pop3,  // a password that looks like a literal is none
     {{"USER joe\r\nPASS wrong{60}\r\n", "+OK\r\n-ERR no\r\n", "+OK\r\n-ERR no\r\n"},
      {"CAPA\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n.\r\n"}}},
    {Protocol::pop3,  // RFC 2449, 6.6: several commands at once
     {{"USER joe\r\nPASS right\r\nNOOP\r\nRETR 1\r\n", "+OK\r\n+OK in\r\n+OK\r\n+OK\r\nSTLS\r\n.\r\n",
       "+OK\r\n+OK in\r\n+OK\r\n+OK\r\nSTLS\r\n.\r\n"}}},
    {Protocol::nntp,
     {{"CAPABILITIES\r\n", "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", "101 list\r\nVERSION 2\r\n.\r\n"},
      {"ARTICLE 1\r\n", "220 1\r\n101 STARTTLS\r\nSTARTTLS\r\n.\r\n", "220 1\r\n101 STARTTLS\r\nSTARTTLS\r\n.\r\n"}}},
    {Protocol::sieve,
     {{"CAPABILITY\r\n", "\"SIEVE\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n", "\"SIEVE\" \"x\"\r\nOK\r\n"},
      {"AUTHENTICATE \"PLAIN\" \"AA==\"\r\n", "OK\r\n", "OK\r\n"},
      {"GETSCRIPT \"a\"\r\n", "{12}\r\n\"STARTTLS\"\r\n\r\nOK\r\n", "{12}\r\n\"STARTTLS\"\r\n\r\nOK\r\n"}}},
    {Protocol::ftp,
     {{"FEAT\r\n", "211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n",
       "211-Features:\r\n PBSZ\r\n PROT\r\n211 End\r\n"},
      {"PROT P\r\n", "200 PROT P ok.\r\n", "200 PROT P ok.\r\n"}}},
    {Protocol::xmpp_client,
     {{"<stream>",
       "<stream:stream id='1'><stream:features><starttls "
       "xmlns='x'><required/></starttls><mechanisms/></stream:features>",
       "<stream:stream id='1'><stream:features><mechanisms/></stream:features>"},
      {"<auth/>", "<success/>", "<success/>"},
      {"<stream>", "<stream:stream id='2'><stream:features><starttls/><bind/></stream:features><message/>",
       "<stream:stream id='2'><stream:features><bind/></stream:features><message/>"}}},
    {Protocol::irc,
     {{"CAP LS\r\n", ":irc CAP * LS :multi-prefix tls sasl\r\n", ":irc CAP * LS :multi-prefix sasl\r\n"},
      {"NICK a\r\n", ":irc 001 a :Welcome\r\n:b PRIVMSG a :tls\r\n", ":irc 001 a :Welcome\r\n:b PRIVMSG a :tls\r\n"}}},
    {Protocol::ldap, {{"anything", "0STARTTLS", "0STARTTLS"}}},
    {Protocol::postgresql, {{"anything", "Z\0\0", "Z\0\0"}}},
};

TEST(Screens, take_the_offer_of_starttls_out_and_nothing_else) {
  for (const auto& [protocol, turns] : sessions) {
    for (const auto tls : {Screen::Tls::with_client, Screen::Tls::at_once_with_client}) {
      for (const std::size_t piece : {100'000U, 7U, 1U}) {
        Screen screen(protocol, tls);
        for (const auto& turn : turns) {
          from_client(screen, turn.client);
          EXPECT_EQ(from_server(screen, turn.server, piece), turn.expected) << starttls::facts(protocol).name;
        }
      }
    }
  }
}

TEST(Screens, end_where_nothing_is_left_to_do) {
  EXPECT_TRUE(Screen(Protocol::ldap).done());
  EXPECT_TRUE(Screen(Protocol::smtp, Screen::Tls::with_server).done());
  Screen imap(Protocol::imap);
  EXPECT_FALSE(imap.done());
  from_client(imap, "a AUTHENTICATE PLAIN\r\n");
  from_server(imap, "+ \r\n");
  EXPECT_FALSE(imap.done());
  from_server(imap, "a OK in\r\n");
  EXPECT_TRUE(imap.done());
}

TEST(Screens, let_a_line_that_is_too_long_to_matter_pass) {
  Screen screen(Protocol::smtp);
  const auto line = "250-" + std::string(20'000, 'x') + "\r\n250 STARTTLS\r\n";
  EXPECT_EQ(from_server(screen, line, 100), line);
}

TEST(Screens, lose_nothing_when_the_server_ends_within_a_line) {
  const struct {
    Protocol protocol;
    Screen::Tls tls;
    std::string said;
  } ends[] = {
      {Protocol::smtp, Screen::Tls::with_client, "250-mail.example\r\n421 bye"},
      {Protocol::imap, Screen::Tls::with_client, "* BYE without an end"},
      {Protocol::xmpp_client, Screen::Tls::with_client, "<stream:features><mechanisms>"},
      {Protocol::mysql, Screen::Tls::with_client, bytes({1, 0})},
      {Protocol::mysql, Screen::Tls::at_once_with_client, bytes({1, 0})},
      {Protocol::postgresql, Screen::Tls::with_server, "R"},
      {Protocol::ldap, Screen::Tls::with_client, "0"},
  };
  for (const auto& end : ends) {
    Screen screen(end.protocol, end.tls);
    auto passed = from_server(screen, end.said);
    Buffer out;
    screen.server_ended(out);
    passed.append(reinterpret_cast<const char*>(out.readable().data()), out.size());
    EXPECT_EQ(passed, end.said) << starttls::facts(end.protocol).name;
  }
}

TEST(Screens, keep_the_order_where_a_line_is_too_long) {
  Screen screen(Protocol::smtp);
  const auto said = "250-mail.example\r\n250-" + std::string(20'000, 'x') + "\r\n250 HELP\r\n";
  EXPECT_EQ(from_server(screen, said, 100), said);
}

// Moving the rest up after each line would take minutes here.
TEST(Screens, take_time_in_proportion_to_what_is_said) {
  Screen screen(Protocol::smtp);
  const std::string lines(8'000'000, '\n');
  from_client(screen, lines);
  EXPECT_EQ(from_server(screen, lines, lines.size()), lines);
}

// A client without TLS hangs up when it sees the mechanism, and one with TLS of its own could not use it.
TEST(PostgresqlScreen, takes_channel_binding_out_of_the_mechanisms) {
  const auto both = std::string("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0", 34);
  const auto offer = bytes({'R', 0, 0, 0, 42, 0, 0, 0, 10}) + both;
  const auto expected = bytes({'R', 0, 0, 0, 23, 0, 0, 0, 10}) + both.substr(19);
  for (const std::size_t piece : {1U, 7U, 1000U}) {
    Screen screen(Protocol::postgresql, Screen::Tls::with_server);
    EXPECT_EQ(from_server(screen, offer + "Z", piece), expected + "Z");
    EXPECT_TRUE(screen.done());
  }
  Screen error(Protocol::postgresql, Screen::Tls::with_server);
  EXPECT_EQ(from_server(error, "ERROR: no"), "ERROR: no");
}

// The length counts itself and not the type: 4 is the smallest, and one more than the largest is nothing.
TEST(PostgresqlScreen, lets_messages_pass_whose_length_is_none) {
  for (const auto& length : {bytes({0xff, 0xff, 0xff, 0xff}), bytes({0, 0, 0, 0}), bytes({0, 0, 0, 3})}) {
    for (const std::size_t piece : {1U, 1000U}) {
      Screen screen(Protocol::postgresql, Screen::Tls::with_server);
      EXPECT_EQ(from_server(screen, "v" + length + "more", piece), "v" + length + "more");
      EXPECT_TRUE(screen.done());
    }
  }
}

// Inside TLS that began at once nothing was counted, but the server still offers it.
TEST(MysqlScreen, takes_the_offer_out_of_a_greeting_that_is_said_inside_tls) {
  const auto rest = bytes({7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0});
  for (const std::size_t piece : {1U, 7U, 1000U}) {
    Screen screen(Protocol::mysql, Screen::Tls::at_once_with_client);
    EXPECT_FALSE(screen.done());
    EXPECT_EQ(from_server(screen, mysql_greeting() + rest, piece), mysql_greeting(0xf7) + rest);
    EXPECT_TRUE(screen.done());
    from_client(screen, bytes({5, 0, 0, 1, 0x85, 0xaa, 8, 0, 9}));
  }
  // Not a greeting, one that ends early, and one that is longer than any.
  for (const auto& said : {bytes({3, 0, 0, 0, 0xff, 0x15, 4}), bytes({2, 0, 0, 0, 10, 0}), bytes({0, 0, 1, 0, 10})}) {
    Screen screen(Protocol::mysql, Screen::Tls::at_once_with_client);
    EXPECT_EQ(from_server(screen, said, 1), said);
    EXPECT_TRUE(screen.done());
  }
}

// MySQL's client counted an SSLRequest that its server never saw.
TEST(MysqlScreen, renumbers_the_login_and_takes_the_flag_back) {
  Screen screen(Protocol::mysql);
  Buffer out;
  const auto passed = [&out] {
    const auto view = out.readable();
    std::string text(reinterpret_cast<const char*>(view.data()), view.size());
    out.clear();
    return text;
  };
  for (const char octet : bytes({5, 0, 0, 2, 0x85, 0xaa, 8, 0, 9})) screen.from_client(as_bytes({&octet, 1}), out);
  EXPECT_EQ(passed(), bytes({5, 0, 0, 1, 0x85, 0xa2, 8, 0, 9}));
  screen.from_server(as_bytes(bytes({2, 0, 0, 2, 0xfe, 1})), out);
  EXPECT_EQ(passed(), bytes({2, 0, 0, 3, 0xfe, 1})) << "AuthSwitchRequest";
  screen.from_client(as_bytes(bytes({1, 0, 0, 4, 0xaa})), out);
  EXPECT_EQ(passed(), bytes({1, 0, 0, 3, 0xaa})) << "only the first packet has flags";
  screen.from_server(as_bytes(bytes({1, 0, 0, 4, 0x00})), out);
  EXPECT_EQ(passed(), bytes({1, 0, 0, 5, 0x00})) << "OK ends the login";
  EXPECT_TRUE(screen.done());
  screen.from_client(as_bytes(bytes({1, 0, 0, 0, 0x0e})), out);
  EXPECT_EQ(passed(), bytes({1, 0, 0, 0, 0x0e}));
}

TEST(MysqlScreen, loses_no_half_of_a_header_when_the_login_ends) {
  Screen screen(Protocol::mysql);
  Buffer out;
  screen.from_client(as_bytes(bytes({1, 0, 0, 2, 0x85, 1, 0})), out);
  Buffer to_client;
  screen.from_server(as_bytes(bytes({1, 0, 0, 2, 0x00})), to_client);
  EXPECT_FALSE(screen.done()) << "half of a header waits";
  screen.from_client(as_bytes(bytes({0, 0, 0x0e})), out);
  EXPECT_TRUE(screen.done());
  const auto view = out.readable();
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(view.data()), view.size()),
            bytes({1, 0, 0, 1, 0x85, 1, 0, 0, 0, 0x0e}));
}

TEST(MysqlScreen, does_the_reverse_where_the_server_has_tls) {
  Screen screen(Protocol::mysql, Screen::Tls::with_server);
  Buffer out;
  screen.from_client(as_bytes(bytes({2, 0, 0, 1, 0x85, 0xa2})), out);
  screen.from_server(as_bytes(bytes({1, 0, 0, 3, 0x00})), out);
  const auto view = out.readable();
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(view.data()), view.size()),
            bytes({2, 0, 0, 2, 0x85, 0xaa, 1, 0, 0, 2, 0x00}));
}

}  // namespace
}  // namespace sotto::test
