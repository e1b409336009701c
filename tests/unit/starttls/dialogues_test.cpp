// What all dialogues have in common: clients and servers of each protocol meet.
#include <algorithm>
#include <vector>

#include "support/starttls_script.hpp"

namespace sotto::test {
namespace {

using starttls::Client;
using starttls::Protocol;
using starttls::Server;
using starttls::State;

class Dialogues : public testing::TestWithParam<starttls::ProtocolFacts> {
 protected:
  Client client_{GetParam().protocol, "client.example"};
  Server server_ = server_of(GetParam().protocol);

  /// Carries what both sides say, `piece` octets at a time, until neither has anything to say.
  void converse(std::size_t piece) {
    while (!client_.output().empty() || !server_.output().empty()) {
      carry(server_, client_, piece);
      carry(client_, server_, piece);
    }
  }

  static void carry(starttls::Talk& from, starttls::Talk& to, std::size_t piece) {
    auto text = output_of(from);
    while (!text.empty()) {
      const auto taken = to.receive(as_bytes(std::string_view(text).substr(0, piece)));
      ASSERT_TRUE(taken) << taken.error().message();
      text.erase(0, *taken);
    }
  }
};

TEST_P(Dialogues, lead_client_and_server_into_tls) {
  converse(100'000);
  EXPECT_EQ(client_.state(), State::upgrade_now);
  EXPECT_EQ(server_.state(), State::upgrade_now);
}

TEST_P(Dialogues, do_not_care_how_the_octets_are_cut_up) {
  converse(1);
  EXPECT_EQ(client_.state(), State::upgrade_now);
  EXPECT_EQ(server_.state(), State::upgrade_now);
}

TEST_P(Dialogues, take_nothing_once_they_are_over) {
  converse(100'000);
  EXPECT_EQ(client_.receive(as_bytes("x")).error().code, Code::wrong_state);
  EXPECT_EQ(server_.receive(as_bytes("x")).error().code, Code::wrong_state);
}

TEST_P(Dialogues, say_that_the_transport_ended_before_tls_and_what_was_waited_for) {
  EXPECT_EQ(client_.failure().code, Code::starttls_cut);
  EXPECT_EQ(server_.failure().code, Code::starttls_cut);
  EXPECT_NE(client_.failure().message().find(std::string(GetParam().name) + " client: waiting for"), std::string::npos);
  EXPECT_NE(server_.failure().message().find(std::string(GetParam().name) + " server: waiting for"), std::string::npos);
}

// RFC 3207, 6 and CVE-2011-0411, CVE-2021-23214: what stands behind the request was not protected, and must not be
// taken for what comes inside TLS.
TEST_P(Dialogues, refuse_octets_behind_the_clients_request) {
  std::vector<std::string> said;
  while (server_.state() == State::talking) {
    carry(server_, client_, 100'000);
    said.push_back(output_of(client_));
    ASSERT_TRUE(server_.receive(as_bytes(said.back())));
  }
  auto again = server_of(GetParam().protocol);
  const auto request = said.back();
  said.pop_back();
  for (const auto& before : said) ASSERT_TRUE(again.receive(as_bytes(before)));
  EXPECT_EQ(error_after(again, request + "NOOP\r\n").code, Code::starttls_pipelined_command);
}

// The NO STARTTLS family and CVE-2021-23222: the other direction.
TEST_P(Dialogues, refuse_octets_behind_the_servers_consent) {
  while (true) {
    carry(client_, server_, 100'000);
    const auto said = output_of(server_);
    if (server_.state() != State::upgrade_now) {
      ASSERT_TRUE(client_.receive(as_bytes(said)));
      continue;
    }
    // MySQL's server does not answer; the greeting is its consent.
    const auto consent = GetParam().protocol == Protocol::mysql ? mysql_greeting() : said;
    Client late(Protocol::mysql);
    auto& listener = GetParam().protocol == Protocol::mysql ? late : client_;
    EXPECT_EQ(error_after(listener, consent + "+OK\r\n").code, Code::starttls_injected_reply);
    return;
  }
}

// The bound is on all octets and on all lines.
TEST_P(Dialogues, end_when_the_other_side_talks_on_and_on) {
  const std::string flood(70'000, 'x');
  for (starttls::Talk* const talk : {static_cast<starttls::Talk*>(&client_), static_cast<starttls::Talk*>(&server_)}) {
    const auto error = error_after(*talk, flood);
    EXPECT_EQ(error.code, Code::starttls_too_much);
    EXPECT_EQ(talk->receive(as_bytes("x")).error().code, Code::starttls_too_much) << "errors are final";
  }
}

TEST_P(Dialogues, survive_any_octets) {
  for (int octet = 0; octet < 256; ++octet) {
    Client client(GetParam().protocol);
    Server server = server_of(GetParam().protocol);
    const std::string noise(9000, static_cast<char>(octet));
    EXPECT_TRUE(client.receive(as_bytes(noise)) || client.state() == State::failed);
    EXPECT_TRUE(server.receive(as_bytes(noise)) || server.state() == State::failed);
    EXPECT_NE(client.state(), State::upgrade_now);
    EXPECT_EQ(server.state() == State::upgrade_now, GetParam().protocol == Protocol::postgresql && octet == 22);
  }
}

std::string name_of(const testing::TestParamInfo<starttls::ProtocolFacts>& each) {
  std::string name(each.param.name);
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Each, Dialogues, testing::ValuesIn(starttls::protocols().begin(), starttls::protocols().end()),
                         name_of);

// IANA, "TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs".
TEST(Protocols, know_the_registered_alpn_identifiers) {
  const auto alpn = [](Protocol protocol) { return starttls::facts(protocol).alpn; };
  EXPECT_EQ(alpn(Protocol::imap), "imap");
  EXPECT_EQ(alpn(Protocol::pop3), "pop3");
  EXPECT_EQ(alpn(Protocol::sieve), "managesieve");
  EXPECT_EQ(alpn(Protocol::xmpp_client), "xmpp-client");
  EXPECT_EQ(alpn(Protocol::xmpp_server), "xmpp-server");
  EXPECT_EQ(alpn(Protocol::postgresql), "postgresql");
  EXPECT_EQ(alpn(Protocol::smtp), "") << "none is registered";
  EXPECT_EQ(alpn(Protocol::ldap), "") << "none is registered";
}

}  // namespace
}  // namespace sotto::test
