// What peers send that is not what it should be.
#include <gtest/gtest.h>

#include "support/hex.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

struct Garbage {
  const char* name;
  std::string octets;
  Code code;
  std::optional<Alert> alert;
};

std::string hex(std::string_view text) {
  const auto bytes = from_hex(text);
  return {bytes.begin(), bytes.end()};
}

class ServerGets : public testing::TestWithParam<Garbage> {};
TEST_P(ServerGets, and_says_what_it_is) {
  auto server = End(Connection::server(server_builder().build().value()).value());
  server.in.append(as_bytes(GetParam().octets));
  server.run();
  ASSERT_TRUE(server.error);
  EXPECT_EQ(server.error->code, GetParam().code) << server.error->message();
  const auto alert = GetParam().alert;
  EXPECT_EQ(to_hex(server.out.readable()),
            alert ? "150303000202" + to_hex(std::array{static_cast<std::uint8_t>(*alert)}) : "");
}
INSTANTIATE_TEST_SUITE_P(
    BadInput, ServerGets,
    testing::Values(
        Garbage{"an_http_request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", Code::http_request, std::nullopt},
        Garbage{"an_http_post", "POST /x HTTP/1.0\r\n", Code::http_request, std::nullopt},
        Garbage{"an_ssh_greeting", "SSH-2.0-OpenSSH_9.2\r\n", Code::not_tls, Alert::decode_error},
        Garbage{"random_octets", hex("ffeeddccbbaa99887766"), Code::not_tls, Alert::decode_error},
        Garbage{"a_tls12_client_hello_with_rsa_key_exchange",
                hex("160301002d010000290303") + std::string(32, 'r') +
                    hex("00"
                        "0002"
                        "002f"
                        "01"
                        "00"),
                Code::no_common_cipher_suite, Alert::handshake_failure},
        Garbage{"a_record_that_is_too_long", hex("1603014001"), Code::record_overflow, Alert::record_overflow},
        Garbage{"application_data_first", hex("170303000100"), Code::unexpected_record, Alert::unexpected_message},
        Garbage{"change_cipher_spec_first", hex("140303000101"), Code::bad_change_cipher_spec,
                Alert::unexpected_message},
        Garbage{"a_server_hello",
                hex("1603030004"
                    "02000000"),
                Code::unexpected_message, Alert::unexpected_message},
        Garbage{"a_client_hello_cut_short",
                hex("1603010006"
                    "010000020303"),
                Code::malformed_message, Alert::decode_error}),
    [](const auto& each) { return each.param.name; });

// Errors are logged, and a client that goes on without TLS may have said a password.
TEST(ServerIsTold, a_login_without_tls_and_quotes_no_more_than_its_first_word) {
  const std::pair<std::string, std::string_view> logins[] = {
      {"a LOGIN joe secret\r\n", "it sent \"a\" where"},
      {"PASS secret\r\n", "it sent \"PASS\" where"},
      {hex("301502010160100201030404") + "cn=a" + hex("8006") + "secret", "it sent \"0\" where"},
      {hex("b500000185a20800") + "secret", "it sent the octet 181 where"},
  };
  for (const auto& [login, quoted] : logins) {
    auto server = End(Connection::server(server_builder().build().value()).value());
    server.in.append(as_bytes(login));
    server.run();
    ASSERT_TRUE(server.error);
    EXPECT_EQ(server.error->code, Code::not_tls);
    const auto message = server.error->message();
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
    EXPECT_NE(message.find(quoted), std::string::npos) << message;
  }
}

TEST(ClientGets, another_protocol_and_quotes_its_greeting) {
  Buffer out;
  auto client = End(Connection::client(client_builder().build().value(), ServerName("localhost"), out).value());
  client.in.append(as_bytes("220 mail.example ESMTP\r\n"));
  client.run();
  ASSERT_TRUE(client.error);
  EXPECT_EQ(client.error->code, Code::not_tls);
  EXPECT_NE(client.error->message().find("220 mail.example ESMTP"), std::string::npos) << client.error->message();
}

TEST(ClientGets, nothing_from_a_name_that_is_none) {
  Buffer out;
  for (const auto* name : {"", "a..b", "-", "with space", "a\nb"}) {
    const auto client = Connection::client(client_builder().build().value(), ServerName(name), out);
    ASSERT_FALSE(client) << name;
    EXPECT_EQ(client.error().code, Code::invalid_server_name) << name;
  }
  EXPECT_TRUE(out.empty());
}

/// Every octet of each flight is changed in turn: no such handshake may ever be completed by both sides.
TEST(Tampering, with_any_octet_of_any_flight_is_noticed) {
  const auto client = client_builder().session_store(nullptr).build().value();
  const auto server = server_builder().build().value();
  const auto flight_sizes = [&] {
    Pair pair(client, server);
    const auto hello = pair.client.out.size();
    pair.server.in.append(pair.client.out.readable());
    pair.server.run();
    return std::pair(hello, pair.server.out.size());
  }();
  for (std::size_t at = 0; at < flight_sizes.first + flight_sizes.second; ++at) {
    Pair pair(client, server);
    if (at < flight_sizes.first) {
      pair.client.out.readable()[at] ^= std::byte{0x01};
    } else {
      pair.server.in.append(pair.client.out.readable());
      pair.client.out.clear();
      pair.server.run();
      const auto place = at - flight_sizes.first;
      if (place >= pair.server.out.size()) continue;  // signatures differ in length
      pair.server.out.readable()[place] ^= std::byte{0x01};
    }
    pair.run();
    // The version's last octet in the header of a record that is not protected (ClientHello, ServerHello,
    // change_cipher_spec) has to be ignored (RFC 8446, 5.1); all else ends the handshake.
    constexpr std::size_t server_hello = 5 + 122;
    const auto first = flight_sizes.first;
    const bool ignored = at == 2 || at == first + 2 || at == first + server_hello + 2;
    EXPECT_EQ(pair.client.established && pair.server.established, ignored) << at;
  }
}

TEST(Cutting, the_servers_flight_anywhere_is_truncation_and_never_a_connection) {
  const auto client = client_builder().build().value();
  const auto server = server_builder().build().value();
  for (std::size_t cut = 0; cut < 600; cut += 7) {
    Pair pair(client, server);
    pair.server.in.append(pair.client.out.readable());
    pair.server.run();
    pair.client.in.append(pair.server.out.readable().first(std::min(cut, pair.server.out.size() - 1)));
    pair.client.run();
    EXPECT_FALSE(pair.client.established) << cut;
    EXPECT_EQ(pair.client.connection.end_of_input().error().code, Code::truncated) << cut;
  }
}

void append_hex(Buffer& to, std::string_view text) { to.append(as_bytes(hex(text))); }

TEST(Warnings, before_the_version_is_known_are_ignored_up_to_the_limit) {
  // RFC 6066, 3: a server may say unrecognized_name as a warning before its ServerHello.
  for (const int warnings : {4, 5}) {
    Pair pair(client_builder().build().value(), server_builder().build().value());
    for (int i = 0; i < warnings; ++i) append_hex(pair.client.in, "15030300020170");
    pair.run();
    EXPECT_EQ(pair.established(), warnings == 4);
    if (warnings == 5) {
      EXPECT_EQ(pair.client.error->code, Code::too_many_warning_alerts);
    }
  }
}

TEST(PointFormats, without_the_uncompressed_one_are_refused) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  const std::string uncompressed = hex("000b00020100");
  const auto hello = pair.client.out.readable();
  const std::string_view text(reinterpret_cast<const char*>(hello.data()), hello.size());
  const auto at = text.find(uncompressed);
  ASSERT_NE(at, std::string_view::npos);
  hello[at + 5] = std::byte{1};
  pair.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::wrong_point_formats);
  EXPECT_EQ(pair.client.error->alert, Alert::illegal_parameter);
}

TEST(ServerHelloDone, must_end_the_flight) {
  auto policy = Policy::modern();
  policy.versions = {ProtocolVersion::tls12};
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.server.in.append(pair.client.out.readable());
  pair.server.run();
  // One octet of another message in the same record.
  auto flight = std::vector(pair.server.out.readable().begin(), pair.server.out.readable().end());
  flight[4] = static_cast<std::byte>(std::to_integer<unsigned>(flight[4]) + 1);
  ASSERT_NE(flight[4], std::byte{0});
  flight.push_back(std::byte{20});
  pair.client.in.append(flight);
  pair.client.run();
  ASSERT_TRUE(pair.client.error);
  EXPECT_EQ(pair.client.error->code, Code::data_across_key_change);
}

}  // namespace
}  // namespace sotto
