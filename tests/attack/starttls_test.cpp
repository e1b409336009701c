// Attacks on the way into TLS, and what each is called. "NO STARTTLS" is Poddebniak et al., USENIX Security 2021.
#include <algorithm>
#include <vector>

#include "support/starttls_script.hpp"

namespace sotto::attack {
namespace {

using namespace test;
using starttls::Client;
using starttls::Protocol;
using starttls::Server;
using starttls::State;

constexpr std::string_view smtp_hello = "220 mail.example ESMTP\r\n";

TEST(Starttls, a_capability_taken_out_is_not_a_reason_to_go_on_in_plaintext) {
  struct Case {
    Protocol protocol;
    std::vector<std::string> said;
  };
  const Case cases[] = {
      {Protocol::smtp, {std::string(smtp_hello), "250-mail.example\r\n250-XXXXXXXX\r\n250 8BITMIME\r\n"}},
      {Protocol::lmtp, {std::string(smtp_hello), "250-mail.example\r\n250 8BITMIME\r\n"}},
      {Protocol::imap, {"* OK ready\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA1 OK done\r\n"}},
      {Protocol::pop3, {"+OK ready\r\n", "+OK\r\nUSER\r\n.\r\n"}},
      {Protocol::pop3, {"+OK ready\r\n", "-ERR unknown command\r\n"}},
      {Protocol::nntp, {"200 ready\r\n", "101 list\r\nVERSION 2\r\nREADER\r\n.\r\n"}},
      {Protocol::nntp, {"200 ready\r\n", "500 what?\r\n"}},
      {Protocol::sieve, {"\"IMPLEMENTATION\" \"x\"\r\n\"SASL\" \"PLAIN\"\r\nOK\r\n"}},
      {Protocol::ftp, {"220 ready\r\n", "502 not implemented\r\n"}},
      {Protocol::xmpp_client,
       {"<?xml version='1.0'?><stream:stream id='1' version='1.0'><stream:features><mechanisms "
        "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>"}},
      {Protocol::irc, {":irc.example 421 * STARTTLS :Unknown command\r\n"}},
      {Protocol::mysql, {mysql_greeting(0xf7)}},
  };
  for (const auto& [protocol, said] : cases) {
    Client client(protocol, "client.example");
    for (std::size_t i = 0; i + 1 < said.size(); ++i) say(client, said[i]);
    EXPECT_EQ(error_after(client, said.back()).code, Code::starttls_not_offered) << starttls::facts(protocol).name;
  }
}

TEST(Starttls, a_reply_ahead_of_its_command_is_an_injection) {
  Client smtp(Protocol::smtp, "client.example");
  EXPECT_EQ(error_after(smtp, "220 mail.example ESMTP\r\n250-mail.example\r\n250 STARTTLS\r\n").code,
            Code::starttls_injected_reply);
  Client imap(Protocol::imap);
  say(imap, "* OK ready\r\n");
  EXPECT_EQ(error_after(imap, "* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK done\r\nA2 OK begin\r\n").code,
            Code::starttls_injected_reply);
  Client pop3(Protocol::pop3);
  say(pop3, "+OK ready\r\n");
  EXPECT_EQ(error_after(pop3, "+OK\r\nSTLS\r\n.\r\n+OK begin\r\n").code, Code::starttls_injected_reply);
}

// CVE-2021-23222.
TEST(Starttls, a_row_behind_postgresqls_consent_is_an_injection) {
  Client client(Protocol::postgresql);
  EXPECT_EQ(error_after(client, "SR").code, Code::starttls_injected_reply);
}

// CVE-2011-0411.
TEST(Starttls, a_command_behind_starttls_is_never_run) {
  Server server(Protocol::smtp, {"mail.example"});
  output_of(server);
  const auto error = error_after(server, "EHLO evil\r\nSTARTTLS\r\nMAIL FROM:<evil@example>\r\n");
  EXPECT_EQ(error.code, Code::starttls_pipelined_command);
  EXPECT_NE(error.message().find("somebody may be injecting commands"), std::string::npos) << error.message();
}

TEST(Starttls, half_a_line_behind_starttls_is_refused_as_well) {
  Server server(Protocol::imap);
  EXPECT_EQ(error_after(server, "a STARTTLS\r\nb").code, Code::starttls_pipelined_command);
}

// RFC 9051, 7.1.4.
TEST(Starttls, a_preauthenticated_session_is_refused) {
  Client client(Protocol::imap);
  EXPECT_EQ(error_after(client, "* PREAUTH welcome\r\n").code, Code::starttls_preauthenticated);
  starttls::Greeting greeting(Protocol::imap);
  EXPECT_EQ(error_after(greeting, "* PREAUTH welcome\r\n").code, Code::starttls_preauthenticated);
}

TEST(Starttls, a_line_of_8192_octets_is_read_and_a_longer_one_is_not) {
  const auto greeting = [](std::size_t length) { return "220 " + std::string(length - 4, 'x') + "\r\n"; };
  Client fits(Protocol::smtp);
  say(fits, greeting(8192));
  Client too_long(Protocol::smtp);
  EXPECT_EQ(error_after(too_long, greeting(8193)).code, Code::starttls_line_too_long);
  Server server(Protocol::smtp);
  EXPECT_EQ(error_after(server, std::string(9000, 'x')).code, Code::starttls_line_too_long);
}

TEST(Starttls, a_banner_without_end_is_cut_off) {
  Client client(Protocol::smtp);
  std::string banner;
  for (int i = 0; i < 300; ++i) banner += "220-welcome\r\n";
  EXPECT_EQ(error_after(client, banner).code, Code::starttls_too_much);
}

TEST(Starttls, a_client_that_tries_command_after_command_is_cut_off) {
  Server server(Protocol::pop3);
  std::string guesses;
  for (int i = 0; i < 300; ++i) guesses += "PASS guess\r\n";
  EXPECT_EQ(error_after(server, guesses).code, Code::starttls_too_much);
}

TEST(Starttls, a_greeting_of_another_protocol_is_refused) {
  struct Case {
    Protocol protocol;
    std::string_view greeting;
  };
  const Case cases[] = {
      {Protocol::smtp, "+OK POP3 ready\r\n"},   {Protocol::smtp, "SSH-2.0-OpenSSH_9.2\r\n"},
      {Protocol::imap, "220 mail.example\r\n"}, {Protocol::imap, "A1 OK begin\r\n"},
      {Protocol::pop3, "* OK IMAP\r\n"},        {Protocol::nntp, "220 mail.example\r\n"},
      {Protocol::sieve, "+OK POP3 ready\r\n"},  {Protocol::ftp, "HTTP/1.1 400 Bad Request\r\n"},
      {Protocol::xmpp_client, "<html><body>"},  {Protocol::mysql, "\x03\0\0\0abc"},
  };
  for (const auto& [protocol, greeting] : cases) {
    Client client(protocol);
    const std::string_view whole = protocol == Protocol::mysql ? std::string_view("\x03\0\0\0abc", 7) : greeting;
    const auto error = error_after(client, whole);
    EXPECT_EQ(error.code, Code::starttls_wrong_greeting) << starttls::facts(protocol).name << error.message();
    EXPECT_NE(error.message().find("waiting for the"), std::string::npos) << error.message();
  }
}

// What one side takes for the end of a line and the other does not is how commands are smuggled.
TEST(Starttls, a_line_must_end_in_cr_lf) {
  for (const std::string_view ending :
       {std::string_view("\n"), std::string_view("\rx"), std::string_view("\0\r\n", 3)}) {
    Client client(Protocol::smtp);
    EXPECT_EQ(error_after(client, "220 mail.example" + std::string(ending)).code, Code::starttls_malformed);
    Server server(Protocol::smtp);
    EXPECT_EQ(error_after(server, "EHLO x" + std::string(ending)).code, Code::starttls_malformed);
  }
}

TEST(Starttls, an_imap_literal_that_does_not_wait_is_refused) {
  Server server(Protocol::imap);
  EXPECT_EQ(error_after(server, "a LOGIN {12+}\r\nb STARTTLS\r\n").code, Code::starttls_malformed);
}

TEST(Starttls, the_peers_words_are_harmless_on_a_terminal) {
  Client client(Protocol::smtp);
  say(client, "554 \x1b[2J" + std::string(1000, 'x') + "\r\n");
  EXPECT_EQ(client.state(), State::refused);
  EXPECT_TRUE(client.refusal().starts_with("554 ?[2Jxxx")) << client.refusal();
  EXPECT_LT(client.refusal().size(), 400U);
}

TEST(Starttls, each_has_a_sentence_of_its_own) {
  std::vector<std::string> sentences;
  for (auto code = Code::starttls_wrong_greeting; code <= Code::starttls_cut;
       code = static_cast<Code>(static_cast<int>(code) + 1))
    sentences.push_back(Error{code, Origin::peer, {}, {}, {}}.message());
  EXPECT_EQ(sentences.size(), 11U);
  std::ranges::sort(sentences);
  EXPECT_EQ(std::ranges::adjacent_find(sentences), sentences.end());
}

// LDAP lengths that would take memory, and BER that LDAP forbids (RFC 4511, 5.1).
TEST(Starttls, ldap_lengths_are_bounded_and_definite) {
  Client huge(Protocol::ldap);
  EXPECT_EQ(error_after(huge, "\x30\x84\x7f\xff\xff\xff").code, Code::starttls_too_much);
  Client indefinite(Protocol::ldap);
  EXPECT_EQ(error_after(indefinite, "\x30\x80").code, Code::starttls_malformed);
  Client overrun(Protocol::ldap);
  EXPECT_EQ(error_after(overrun, "\x30\x03\x02\x05\x01").code, Code::starttls_malformed);
  Client another(Protocol::ldap);
  EXPECT_EQ(error_after(another, bytes({0x30, 12, 2, 1, 9, 0x78, 7, 10, 1, 0, 4, 0, 4, 0})).code,
            Code::starttls_malformed)
      << "the answer to another message";
}

}  // namespace
}  // namespace sotto::attack
