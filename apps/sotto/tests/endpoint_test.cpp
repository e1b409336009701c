#include "net/endpoint.hpp"

#include <gtest/gtest.h>

namespace program {
namespace {

struct Row {
  std::string text;
  std::string canonical;
};

TEST(Endpoint, reads_every_form_of_the_grammar) {
  const std::vector<Row> rows = {
      {"tls://example.com:8443", "tls://example.com:8443"},
      {"tls://example.com", "tls://example.com:443"},
      {"TLS://Example.com", "tls://Example.com:443"},
      {"example.com", "tls://example.com:443"},
      {"example.com:8443", "tls://example.com:8443"},
      {"127.0.0.1:8443", "tls://127.0.0.1:8443"},
      {"[::1]", "tls://[::1]:443"},
      {"[::1]:8443", "tls://[::1]:8443"},
      {"tcp://[fe80::1%lo]:80", "tcp://[fe80::1%lo]:80"},
      {"tcp://127.0.0.1:8080", "tcp://127.0.0.1:8080"},
      {"https://localhost:8443/", "tls://localhost:8443"},
      {"https://example.com", "tls://example.com:443"},
      {"http://example.com", "tcp://example.com:80"},
      {"imaps://mail.example", "tls://mail.example:993"},
      {"smtps://mail.example", "tls://mail.example:465"},
      {"pop3s://mail.example", "tls://mail.example:995"},
      {"nntps://news.example", "tls://news.example:563"},
      {"ldaps://dir.example", "tls://dir.example:636"},
      {"ftps://files.example", "tls://files.example:990"},
      {"ftps://files.example:1990", "tls://files.example:1990"},
      {"mysqls://db.example", "tls://db.example:3306"},
      {"lmtps://mail.example:24", "tls://mail.example:24"},
      {"sieves://mail.example:4190", "tls://mail.example:4190"},
      {"unix:/run/app.sock", "unix:/run/app.sock"},
      {"unix:///run/app.sock", "unix:/run/app.sock"},
      {"unix:app.sock", "unix:app.sock"},
  };
  for (const auto& row : rows) {
    const auto endpoint = parse_endpoint(row.text, EndpointRole::peer);
    ASSERT_TRUE(endpoint) << row.text << ": " << endpoint.error().sentence;
    EXPECT_EQ(endpoint->text(), row.canonical) << row.text;
  }
}

TEST(Endpoint, reads_its_own_canonical_form_again) {
  for (const auto* const text : {"tls://a.example:1", "tcp://[2001:db8::1]:65535", "unix:/tmp/x"}) {
    const auto once = parse_endpoint(text, EndpointRole::peer);
    ASSERT_TRUE(once);
    EXPECT_EQ(parse_endpoint(once->text(), EndpointRole::peer), *once);
  }
}

TEST(Endpoint, lets_a_listener_leave_out_the_host_and_choose_port_zero) {
  const auto any = parse_endpoint(":8443", EndpointRole::listener);
  ASSERT_TRUE(any);
  EXPECT_EQ(any->host, "");
  EXPECT_EQ(any->port, 8443);
  EXPECT_TRUE(parse_endpoint("tls://:8443", EndpointRole::listener));
  EXPECT_TRUE(parse_endpoint("tcp://127.0.0.1:0", EndpointRole::listener));
  EXPECT_FALSE(parse_endpoint(":8443", EndpointRole::peer));
  EXPECT_FALSE(parse_endpoint("tcp://127.0.0.1:0", EndpointRole::peer));
}

TEST(Endpoint, says_in_one_sentence_what_is_wrong) {
  const std::vector<Row> rows = {
      {"", "empty"},
      {"tcp://127.0.0.1", "needs a port"},
      {"tls://", "needs a host"},
      {"tls://a.example:", "no port"},
      {"tls://a.example:65536", "no port"},
      {"tls://a.example:-1", "no port"},
      {"tls://a.example:80x", "no port"},
      {"::1", "brackets"},
      {"::1:8443", "brackets"},
      {"[::1", "not closed"},
      {"[::1]8443", "only :PORT"},
      {"[1.2.3.4]:80", "no IPv6 address"},
      {"gopher://a.example:70", "'gopher' is no kind of endpoint"},
      {"https://a.example/path", "no path"},
      {"https://user@a.example", "no user name"},
      {"tls://a example:443", "neither a DNS name nor an IP address"},
      {"unix:", "a path must follow"},
      {"unix:/" + std::string(200, 'x'), "at most"},
  };
  for (const auto& row : rows) {
    const auto endpoint = parse_endpoint(row.text, EndpointRole::peer);
    ASSERT_FALSE(endpoint) << row.text;
    EXPECT_EQ(endpoint.error().code, ExitCode::usage);
    EXPECT_NE(endpoint.error().sentence.find(row.canonical), std::string::npos) << endpoint.error().sentence;
  }
}

TEST(Endpoint, knows_the_starttls_forms_and_their_ports) {
  const std::vector<Row> rows = {
      {"smtp+starttls://mail.example", "smtp+starttls://mail.example:25"},
      {"submission+starttls://mail.example", "submission+starttls://mail.example:587"},
      {"lmtp+starttls://mail.example", "lmtp+starttls://mail.example:24"},
      {"imap+starttls://mail.example:1143", "imap+starttls://mail.example:1143"},
      {"pop3+starttls://mail.example", "pop3+starttls://mail.example:110"},
      {"nntp+starttls://news.example", "nntp+starttls://news.example:119"},
      {"sieve+starttls://mail.example", "sieve+starttls://mail.example:4190"},
      {"ftp+starttls://files.example", "ftp+starttls://files.example:21"},
      {"XMPP+STARTTLS://chat.example", "xmpp+starttls://chat.example:5222"},
      {"xmpp-server+starttls://chat.example", "xmpp-server+starttls://chat.example:5269"},
      {"ldap+starttls://[::1]", "ldap+starttls://[::1]:389"},
      {"postgres+starttls://db.example", "postgresql+starttls://db.example:5432"},
      {"mariadb+starttls://db.example", "mysql+starttls://db.example:3306"},
      {"irc+starttls://irc.example", "irc+starttls://irc.example:6667"},
  };
  for (const auto& row : rows) {
    const auto endpoint = parse_endpoint(row.text, EndpointRole::peer);
    ASSERT_TRUE(endpoint) << row.text << ": " << endpoint.error().sentence;
    EXPECT_EQ(endpoint->text(), row.canonical);
    EXPECT_TRUE(endpoint->is_tls() && endpoint->is_starttls());
    EXPECT_EQ(parse_endpoint(endpoint->text(), EndpointRole::peer), *endpoint);
  }
  const auto unknown = parse_endpoint("gopher+starttls://a.example", EndpointRole::peer);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().sentence.find("no protocol with STARTTLS"), std::string::npos);
}

TEST(Endpoint, wants_a_port_where_none_is_registered_for_a_protocol_inside_tls) {
  for (const auto* const text : {"lmtps://mail.example", "sieves://mail.example"})
    EXPECT_FALSE(parse_endpoint(text, EndpointRole::peer)) << text;
}

TEST(Endpoint, knows_the_alpn_identifier_where_tls_is_spoken) {
  const auto alpn = [](std::string_view text) { return parse_endpoint(text, EndpointRole::peer)->alpn(); };
  EXPECT_EQ(alpn("imaps://mail.example"), "imap");
  EXPECT_EQ(alpn("imap+starttls://mail.example"), "imap");
  EXPECT_EQ(alpn("imap://mail.example"), "");
  EXPECT_EQ(alpn("postgresqls://db.example"), "postgresql");
  EXPECT_EQ(alpn("sieves://mail.example:4190"), "managesieve");
  EXPECT_EQ(alpn("smtps://mail.example"), "") << "none is registered";
  EXPECT_EQ(alpn("https://www.example"), "") << "more than one fits";
}

TEST(Endpoint, escapes_what_could_upset_a_terminal) {
  const auto endpoint = parse_endpoint("tls://\x1b[31mred", EndpointRole::peer);
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().sentence.find('\x1b'), std::string::npos);
}

TEST(Endpoint, tells_addresses_from_names) {
  EXPECT_TRUE(parse_endpoint("127.0.0.1", EndpointRole::peer)->is_literal());
  EXPECT_TRUE(parse_endpoint("[::1]", EndpointRole::peer)->is_literal());
  EXPECT_TRUE(parse_endpoint("unix:/x", EndpointRole::peer)->is_literal());
  EXPECT_FALSE(parse_endpoint("localhost", EndpointRole::peer)->is_literal());
}

}  // namespace
}  // namespace program
