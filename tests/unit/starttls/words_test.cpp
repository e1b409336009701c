// What real servers and clients say, and what the dialogues make of it.
#include "support/starttls_script.hpp"

namespace sotto::test {
namespace {

using starttls::Client;
using starttls::Greeting;
using starttls::Protocol;
using starttls::Server;
using starttls::State;

TEST(SmtpClient, follows_a_conversation_with_postfix) {
  Client client(Protocol::smtp, "client.example");
  EXPECT_EQ(output_of(client), "") << "the server speaks first";
  EXPECT_EQ(say(client, "220-mail.example ESMTP\r\n220 Postfix (Debian/GNU)\r\n"), "EHLO client.example\r\n");
  EXPECT_EQ(say(client, "250-mail.example\r\n250-PIPELINING\r\n250-StartTLS\r\n250 CHUNKING\r\n"), "STARTTLS\r\n");
  EXPECT_EQ(say(client, "220 2.0.0 Ready to start TLS\r\n"), "");
  EXPECT_EQ(client.state(), State::upgrade_now);
  EXPECT_EQ(client.greeting(), "220-mail.example ESMTP\r\n220 Postfix (Debian/GNU)\r\n");
}

TEST(SmtpClient, says_lhlo_in_lmtp) {
  Client client(Protocol::lmtp, "client.example");
  EXPECT_EQ(say(client, "220 mail.example\r\n"), "LHLO client.example\r\n");
}

TEST(SmtpClient, keeps_the_servers_words_when_it_is_refused) {
  Client turned_away(Protocol::smtp);
  say(turned_away, "554 5.7.1 You are listed\r\n");
  EXPECT_EQ(turned_away.state(), State::refused);
  EXPECT_EQ(turned_away.refusal(), "554 5.7.1 You are listed");
  EXPECT_EQ(turned_away.failure().code, Code::starttls_refused);

  Client unavailable(Protocol::smtp);
  say(unavailable, "220 mail.example\r\n");
  say(unavailable, "250-mail.example\r\n250 STARTTLS\r\n");
  say(unavailable, "454 4.7.0 TLS not available due to local problem\r\n");
  EXPECT_EQ(unavailable.state(), State::refused);
  EXPECT_NE(unavailable.failure().message().find("454 4.7.0 TLS not available"), std::string::npos);
}

// ESC [ and its kin of one octet drive terminals, in UTF-8 as well.
TEST(SmtpClient, makes_the_servers_words_printable) {
  Client client(Protocol::smtp);
  say(client, "554 \x1b[2J\xc2\x9b\x9b\xe2\x80\xae Zürich\r\n");
  EXPECT_EQ(client.refusal(), "554 ?[2J?????? Zürich");
}

TEST(SmtpClient, leaves_out_of_its_name_what_would_break_the_protocol) {
  Client client(Protocol::smtp, "client.example\r\nMAIL FROM:<>");
  EXPECT_EQ(say(client, "220 mail.example\r\n"), "EHLO client.exampleMAILFROM:\r\n");
}

TEST(SmtpClient, does_not_take_codes_that_differ_within_one_reply) {
  Client client(Protocol::smtp);
  say(client, "220 mail.example\r\n");
  EXPECT_EQ(error_after(client, "250-mail.example\r\n550 STARTTLS\r\n").code, Code::starttls_malformed);
}

// RFC 3207, 4.
TEST(SmtpServer, offers_starttls_and_takes_nothing_else) {
  Server server(Protocol::submission, {"mail.example", "220-mx.example ESMTP\r\n220 at your service\r\n"});
  EXPECT_EQ(output_of(server), "220-mx.example ESMTP\r\n220 at your service\r\n") << "the greeting is the real one";
  EXPECT_EQ(say(server, "EHLO client.example\r\n"), "250-mx.example\r\n250 STARTTLS\r\n") << "no AUTH";
  EXPECT_TRUE(say(server, "AUTH PLAIN AGEAYg==\r\n").starts_with("530 "));
  EXPECT_TRUE(say(server, "MAIL FROM:<a@example>\r\n").starts_with("530 "));
  EXPECT_TRUE(say(server, "NOOP\r\n").starts_with("250 "));
  EXPECT_TRUE(say(server, "STARTTLS now\r\n").starts_with("501 "));
  EXPECT_TRUE(say(server, "starttls\r\n").starts_with("220 "));
  EXPECT_EQ(server.state(), State::upgrade_now);
}

TEST(SmtpServer, lets_a_client_leave) {
  Server server(Protocol::smtp);
  output_of(server);
  EXPECT_TRUE(say(server, "QUIT\r\n").starts_with("221 "));
  EXPECT_EQ(server.state(), State::refused);
  EXPECT_EQ(server.failure().code, Code::starttls_declined);
}

TEST(ImapClient, forgets_what_it_learned_in_plaintext) {
  Client client(Protocol::imap);
  EXPECT_EQ(say(client, "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] Dovecot ready.\r\n"), "A1 CAPABILITY\r\n");
  EXPECT_EQ(client.greeting(), "* OK Dovecot ready.\r\n") << "without its capabilities";
  EXPECT_EQ(say(client, "* CAPABILITY IMAP4rev1 starttls LOGINDISABLED\r\n* 2 EXISTS\r\nA1 OK done\r\n"),
            "A2 STARTTLS\r\n");
  say(client, "A2 OK Begin TLS negotiation now.\r\n");
  EXPECT_EQ(client.state(), State::upgrade_now);
}

TEST(ImapClient, keeps_the_servers_words_when_it_is_refused) {
  Client client(Protocol::imap);
  say(client, "* BYE too many connections\r\n");
  EXPECT_EQ(client.refusal(), "* BYE too many connections");
}

TEST(ImapServer, offers_no_login_before_tls) {
  Server server(Protocol::imap, {"mail.example", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Dovecot ready.\r\n"});
  EXPECT_EQ(output_of(server), "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n");
  EXPECT_EQ(say(server, "a1 capability\r\n"), "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK Before TLS\r\n");
  EXPECT_EQ(say(server, "a2 LOGIN joe secret\r\n"), "a2 NO [PRIVACYREQUIRED] STARTTLS first\r\n");
  EXPECT_EQ(say(server, "a3 AUTHENTICATE PLAIN\r\n"), "a3 NO [PRIVACYREQUIRED] STARTTLS first\r\n");
  EXPECT_EQ(say(server, "* SELECT inbox\r\n"), "* BAD a command begins with a tag\r\n");
  EXPECT_EQ(say(server, "a4 STARTTLS\r\n"), "a4 OK Begin TLS negotiation now\r\n");
}

// RFC 1939, 7: who chooses the timestamp chooses what the password's MD5 is computed with.
TEST(Pop3Client, does_not_pass_the_timestamp_of_apop_on) {
  Client client(Protocol::pop3);
  EXPECT_EQ(say(client, "+OK Dovecot ready. <1896.697170952@mail.example>\r\n"), "CAPA\r\n");
  EXPECT_EQ(client.greeting(), "+OK Dovecot ready. \r\n");
  EXPECT_EQ(say(client, "+OK\r\nCAPA\r\nSTLS\r\n.\r\n"), "STLS\r\n");
  say(client, "+OK Begin TLS negotiation now.\r\n");
  EXPECT_EQ(client.state(), State::upgrade_now);
}

TEST(Pop3Server, offers_no_login_before_tls) {
  Server server(Protocol::pop3, {"mail.example", "+OK ready <1.2@mail.example>\r\n"});
  EXPECT_EQ(output_of(server), "+OK ready \r\n");
  EXPECT_EQ(say(server, "CAPA\r\n"), "+OK Before TLS\r\nSTLS\r\n.\r\n");
  EXPECT_TRUE(say(server, "USER joe\r\n").starts_with("-ERR "));
  EXPECT_TRUE(say(server, "STLS\r\n").starts_with("+OK "));
}

TEST(NntpClient, follows_a_conversation_with_inn) {
  Client client(Protocol::nntp);
  EXPECT_EQ(say(client, "200 news.example InterNetNews NNRP server INN 2.7.1 ready (posting ok)\r\n"),
            "CAPABILITIES\r\n");
  EXPECT_EQ(say(client, "101 Capability list:\r\nVERSION 2\r\nSTARTTLS\r\nPOST\r\n.\r\n"), "STARTTLS\r\n");
  say(client, "382 Begin TLS negotiation now\r\n");
  EXPECT_EQ(client.state(), State::upgrade_now);
  EXPECT_TRUE(client.greeting().starts_with("200 news.example"));
}

TEST(SieveClient, follows_a_conversation_with_pigeonhole) {
  Client client(Protocol::sieve);
  EXPECT_EQ(
      say(client, "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SASL\" \"\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"),
      "STARTTLS\r\n");
  say(client, "OK \"Begin TLS negotiation now.\"\r\n");
  EXPECT_EQ(client.state(), State::upgrade_now);
  EXPECT_EQ(client.greeting(), "") << "the server repeats it inside TLS";
}

// RFC 5804, 1.7 and 2.2.
TEST(SieveServer, shows_the_real_capabilities_without_a_login) {
  Server server(Protocol::sieve, {"mail.example",
                                  "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto\"\r\n\"SASL\" "
                                  "\"PLAIN\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n"});
  EXPECT_EQ(output_of(server),
            "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto\"\r\n\"VERSION\" \"1.0\"\r\n\"SASL\" "
            "\"\"\r\n\"STARTTLS\"\r\nOK \"Before TLS.\"\r\n");
  EXPECT_TRUE(say(server, "AUTHENTICATE \"PLAIN\"\r\n").starts_with("NO (ENCRYPT-NEEDED)"));
}

TEST(FtpClient, reads_greetings_whose_lines_have_no_code) {
  Client client(Protocol::ftp);
  EXPECT_EQ(say(client, "220-Welcome\r\nto this server\r\n  220 is not the end\r\n220 ready\r\n"), "AUTH TLS\r\n");
  say(client, "234 Proceed with negotiation.\r\n");
  EXPECT_EQ(client.state(), State::upgrade_now);
}

TEST(FtpServer, takes_no_user_before_tls) {
  Server server(Protocol::ftp);
  output_of(server);
  EXPECT_TRUE(say(server, "USER joe\r\n").starts_with("530 "));
  EXPECT_TRUE(say(server, "AUTH GSSAPI\r\n").starts_with("504 "));
  EXPECT_NE(say(server, "FEAT\r\n").find(" AUTH TLS\r\n"), std::string::npos);
  EXPECT_TRUE(say(server, "AUTH TLS\r\n").starts_with("234 "));
}

TEST(XmppClient, follows_a_conversation_with_prosody) {
  Client client(Protocol::xmpp_client, "chat.example");
  EXPECT_NE(output_of(client).find("to='chat.example'"), std::string::npos);
  const auto request =
      say(client,
          "<?xml version='1.0'?><stream:stream xml:lang='en' from='chat.example' id='a>b' version='1.0' "
          "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"
          "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
          "<mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>");
  EXPECT_EQ(request, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  say(client, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>");
  EXPECT_EQ(client.state(), State::upgrade_now);
}

// RFC 6120, 4.6.1 and 5.3.3.
TEST(XmppClient, takes_whitespace_between_the_features_and_its_request_and_none_behind_the_consent) {
  const std::string features =
      "<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
  const std::string proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  Client client(Protocol::xmpp_client, "chat.example");
  output_of(client);
  EXPECT_TRUE(say(client, features + "\r\n \t").starts_with("<starttls"));
  EXPECT_EQ(error_after(client, proceed + "\n").code, Code::starttls_injected_reply);
  Client early(Protocol::xmpp_client, "chat.example");
  output_of(early);
  EXPECT_EQ(error_after(early, features + "\n" + proceed).code, Code::starttls_injected_reply);
}

TEST(XmppClient, understands_a_stream_error_and_a_failure) {
  Client lost(Protocol::xmpp_client, "chat.example");
  say(lost, "<stream:stream><stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
  EXPECT_EQ(lost.refusal(), "stream error: host-unknown");
  Client failed(Protocol::xmpp_client, "chat.example");
  say(failed, "<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
  say(failed, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_EQ(failed.state(), State::refused);
}

TEST(XmppServer, ends_a_stream_that_logs_in_before_tls) {
  Server server(Protocol::xmpp_client);
  EXPECT_NE(say(server, "<?xml version='1.0'?><stream:stream to='chat.example' version='1.0'>").find("<required/>"),
            std::string::npos);
  EXPECT_NE(say(server, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>").find("policy-violation"),
            std::string::npos);
  EXPECT_EQ(server.state(), State::refused);
}

// RFC 4511, 4.14.
TEST(LdapClient, writes_the_extended_request_of_the_rfc) {
  Client client(Protocol::ldap);
  EXPECT_EQ(output_of(client), bytes({0x30, 29, 2, 1, 1, 0x77, 24, 0x80, 22}) + "1.3.6.1.4.1.1466.20037");
  say(client, bytes({0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0}));
  EXPECT_EQ(client.state(), State::upgrade_now);
}

TEST(LdapClient, keeps_the_servers_words_when_it_is_refused) {
  Client client(Protocol::ldap);
  say(client, bytes({0x30, 18, 2, 1, 1, 0x78, 13, 10, 1, 52, 4, 0, 4, 6}) + "no TLS");
  EXPECT_EQ(client.refusal(), "result 52 no TLS");
}

TEST(LdapServer, answers_a_bind_before_tls_with_confidentiality_required) {
  Server server(Protocol::ldap);
  EXPECT_EQ(say(server, bytes({0x30, 12, 2, 1, 7, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0})),
            bytes({0x30, 26, 2, 1, 7, 0x61, 21, 10, 1, 13, 4, 0, 4, 14}) + "StartTLS first");
}

TEST(PostgresqlServer, takes_gss_requests_and_tls_at_once_and_refuses_a_plain_login) {
  Server server(Protocol::postgresql);
  EXPECT_EQ(say(server, bytes({0, 0, 0, 8, 4, 0xd2, 0x16, 0x30})), "N") << "GSSENCRequest";
  EXPECT_EQ(say(server, bytes({0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f})), "S") << "SSLRequest";
  EXPECT_FALSE(server.began_at_once());

  Server at_once(Protocol::postgresql);
  EXPECT_EQ(at_once.receive(as_bytes("\x16\x03\x01")).value_or(9), 0U) << "the ClientHello is left to TLS";
  EXPECT_EQ(at_once.state(), State::upgrade_now);
  EXPECT_TRUE(at_once.began_at_once());

  Server plain(Protocol::postgresql);
  const auto answer = say(plain, bytes({0, 0, 0, 9, 0, 3, 0, 0, 0}));
  EXPECT_EQ(answer.front(), 'E');
  EXPECT_NE(answer.find("TLS is required here"), std::string::npos);
  EXPECT_EQ(plain.failure().code, Code::starttls_declined);
}

TEST(PostgresqlClient, understands_the_refusal) {
  Client client(Protocol::postgresql);
  say(client, "N");
  EXPECT_EQ(client.state(), State::refused);
}

TEST(MysqlClient, asks_for_tls_as_packet_one) {
  Client client(Protocol::mysql);
  const auto request = say(client, mysql_greeting());
  ASSERT_EQ(request.size(), 36U);
  EXPECT_EQ(request.substr(0, 4), bytes({32, 0, 0, 1}));
  EXPECT_NE(request[5] & 0x08, 0) << "CLIENT_SSL";
  EXPECT_EQ(client.state(), State::upgrade_now);
}

TEST(MysqlClient, keeps_the_servers_words_when_it_is_refused) {
  Client client(Protocol::mysql);
  say(client, bytes({16, 0, 0, 0, 0xff, 0x10, 0x04}) + "Too many conn");
  EXPECT_EQ(client.refusal(), "Too many conn");
}

TEST(MysqlServer, adds_the_offer_to_the_real_greeting_and_refuses_a_plain_login) {
  Server server(Protocol::mysql, {"db.example", mysql_greeting(0xf7)});
  EXPECT_EQ(output_of(server), mysql_greeting(0xff));
  say(server, bytes({40, 0, 0, 1, 1, 0xa2, 8, 0}) + std::string(36, '\0'));
  EXPECT_EQ(server.failure().code, Code::starttls_declined);
  EXPECT_EQ(Server(Protocol::mysql).failure().code, Code::invalid_configuration) << "it cannot invent a challenge";
}

TEST(MysqlServer, leaves_a_client_hello_behind_the_request_to_tls) {
  Server server(Protocol::mysql, {"db.example", mysql_greeting()});
  const auto request = bytes({32, 0, 0, 1, 1, 0xaa, 8, 0}) + std::string(28, '\0');
  EXPECT_EQ(server.receive(as_bytes(request + "\x16\x03\x01")).value_or(0), 36U);
  EXPECT_EQ(server.state(), State::upgrade_now);
}

TEST(MysqlServer, takes_a_login_where_only_the_backend_has_tls) {
  Server server(Protocol::mysql, {"db.example", mysql_greeting(), starttls::ServerOptions::Offer::nothing});
  EXPECT_EQ(output_of(server), mysql_greeting(0xf7));
  const auto login = bytes({40, 0, 0, 1, 0x85, 0xa2, 8, 0}) + std::string(36, 'x');
  say(server, login);
  EXPECT_EQ(server.request(), login);
  Client client(starttls::ForwardedLogin{mysql_greeting(), server.request()});
  EXPECT_EQ(client.state(), State::upgrade_now);
  EXPECT_EQ(output_of(client), bytes({32, 0, 0, 1, 0x85, 0xaa, 8, 0}) + std::string(28, 'x'));
  Client stripped(starttls::ForwardedLogin{mysql_greeting(0xf7), server.request()});
  EXPECT_EQ(stripped.failure().code, Code::starttls_not_offered);
}

TEST(IrcClient, waits_for_670_between_notices) {
  Client client(Protocol::irc);
  EXPECT_EQ(output_of(client), "STARTTLS\r\n");
  EXPECT_EQ(say(client, ":irc.example NOTICE * :*** Looking up your hostname...\r\nPING :123\r\n"), "PONG :123\r\n");
  say(client, ":irc.example 670 * :STARTTLS successful\r\n");
  EXPECT_EQ(client.state(), State::upgrade_now);
  Client refused(Protocol::irc);
  say(refused, ":irc.example 691 * :STARTTLS failed\r\n");
  EXPECT_EQ(refused.state(), State::refused);
}

TEST(IrcServer, offers_the_capability_and_takes_no_registration_before_tls) {
  Server server(Protocol::irc, {"irc.example"});
  EXPECT_EQ(say(server, "CAP LS 302\r\n"), ":irc.example CAP * LS :tls\r\n");
  EXPECT_EQ(say(server, "CAP REQ :tls\r\n"), ":irc.example CAP * ACK :tls\r\n");
  EXPECT_EQ(say(server, "CAP REQ :tls sasl\r\n"), ":irc.example CAP * NAK :tls sasl\r\n") << "all or nothing";
  EXPECT_EQ(say(server, "PASS secret\r\n"), ":irc.example 451 * :STARTTLS first\r\n");
  EXPECT_TRUE(say(server, "STARTTLS\r\n").starts_with(":irc.example 670 "));
}

TEST(Greetings, are_read_whole_and_no_further) {
  Greeting greeting(Protocol::smtp);
  say(greeting, "220-mail.example ESMTP\r\n");
  EXPECT_EQ(greeting.state(), State::talking);
  EXPECT_EQ(greeting.text(), "");
  say(greeting, "220 ready\r\n");
  EXPECT_EQ(greeting.state(), State::upgrade_now);
  EXPECT_EQ(greeting.text(), "220-mail.example ESMTP\r\n220 ready\r\n");
  EXPECT_EQ(Greeting(Protocol::ldap).state(), State::upgrade_now) << "there is nothing to wait for";
}

// What a gateway says when its backend did not come to TLS, each in the words of its protocol.
TEST(Farewell, is_understood_by_clients_as_a_refusal) {
  for (const auto& facts : starttls::protocols()) {
    if (facts.protocol == Protocol::postgresql || facts.protocol == Protocol::irc) continue;  // checked below
    Client client(facts.protocol, "client.example");
    ASSERT_TRUE(client.receive(as_bytes(starttls::farewell(facts.protocol, "no TLS behind"))));
    EXPECT_EQ(client.state(), State::refused) << facts.name;
  }
  EXPECT_EQ(starttls::farewell(Protocol::irc, "no TLS"), "ERROR :no TLS\r\n");
  const auto error = starttls::farewell(Protocol::postgresql, "no TLS");
  EXPECT_EQ(error.substr(0, 5), bytes({'E', 0, 0, 0, static_cast<int>(error.size()) - 1}));
  EXPECT_TRUE(starttls::farewell(Protocol::smtp, "a\r\nb").starts_with("421 4.7.0 a??b\r\n"));
}

}  // namespace
}  // namespace sotto::test
