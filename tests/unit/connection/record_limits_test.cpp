// The length of records: record_size_limit (RFC 8449) and max_fragment_length (RFC 6066, 4).
#include <gtest/gtest.h>

#include <algorithm>

#include "support/forger.hpp"
#include "support/message_peer.hpp"
#include "support/pair.hpp"

namespace sotto {
namespace {

using namespace test;

Policy limited(ProtocolVersion version, std::size_t limit) {
  auto policy = Policy::compatible();
  policy.versions = {version};
  policy.record_size_limit = limit;
  return policy;
}
Policy asking(ProtocolVersion version, std::size_t length) {
  auto policy = limited(version, 0);
  policy.max_fragment_length = length;
  return policy;
}

/// Lists the lengths of the records in `out`.
std::vector<std::size_t> lengths(Buffer& out) {
  std::vector<std::size_t> found;
  const auto octet = [&](std::size_t at) { return std::to_integer<std::size_t>(out.readable()[at]); };
  for (std::size_t at = 0; at + 5 <= out.size(); at += 5 + found.back())
    found.push_back(octet(at + 3) << 8 | octet(at + 4));
  return found;
}
std::size_t longest(Buffer& out) { return std::ranges::max(lengths(out)); }

/// Puts `value` in the place of what extension number `type`, of `value.size()` octets, holds in `message`.
void replace_extension(Bytes& message, std::uint8_t type, const Bytes& value) {
  Bytes header = {0, type, 0, static_cast<std::uint8_t>(value.size())};
  const auto found = std::search(message.begin(), message.end(), header.begin(), header.end());
  ASSERT_NE(found, message.end());
  std::ranges::copy(value, found + 4);
}

class RecordSizeLimit : public testing::TestWithParam<ProtocolVersion> {
 protected:
  [[nodiscard]] bool newer() const { return GetParam() == ProtocolVersion::tls13; }
  /// What a record of `inner` octets of plaintext comes to.
  [[nodiscard]] std::size_t sealed(std::size_t inner) const { return newer() ? inner + 16 : inner + 24; }
};

TEST_P(RecordSizeLimit, is_offered_and_answered_with_the_greatest_value_by_default) {
  Pair pair(client_builder().policy(limited(GetParam(), 16385)).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  for (auto* end : {&pair.client, &pair.server}) {
    EXPECT_EQ(end->connection.summary().sent_record_limit, 16384u);
    EXPECT_EQ(end->connection.summary().received_record_limit, 16384u);
  }
}

TEST_P(RecordSizeLimit, is_kept_to_by_both_sides_each_as_the_other_wants) {
  Pair pair(client_builder().policy(limited(GetParam(), 100)).build().value(),
            server_builder().policy(limited(GetParam(), 1000)).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  const std::size_t type = newer() ? 1 : 0;
  EXPECT_EQ(pair.client.connection.summary().received_record_limit, 100 - type);
  EXPECT_EQ(pair.client.connection.summary().sent_record_limit, 1000 - type);
  const std::string data(5000, 'x');
  pair.client.write(data);
  pair.server.write(data);
  EXPECT_EQ(longest(pair.client.out), sealed(1000));
  EXPECT_EQ(longest(pair.server.out), sealed(100));
  pair.run(7);
  EXPECT_EQ(pair.server.data, data);
  EXPECT_EQ(pair.client.data, data);
}

TEST_P(RecordSizeLimit, does_not_make_records_longer_than_our_own_setting) {
  auto small = limited(GetParam(), 16385);
  small.fragment_size = 50;
  Pair pair(client_builder().policy(small).build().value(), server_builder().build().value());
  pair.run();
  pair.client.write(std::string(200, 'x'));
  EXPECT_EQ(longest(pair.client.out), sealed(50 + (newer() ? 1 : 0)));
}

TEST_P(RecordSizeLimit, wins_over_max_fragment_length) {
  // RFC 8449, 5: a server that supports record_size_limit ignores max_fragment_length.
  auto both = limited(GetParam(), 2000);
  both.max_fragment_length = 512;
  Pair pair(client_builder().policy(both).build().value(), server_builder().build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  pair.server.write(std::string(5000, 'x'));
  pair.client.write(std::string(5000, 'x'));
  EXPECT_EQ(longest(pair.server.out), sealed(2000));
  EXPECT_GT(longest(pair.client.out), 5000u);
}

TEST_P(RecordSizeLimit, is_not_answered_by_a_server_without_it) {
  Pair pair(client_builder().policy(limited(GetParam(), 100)).build().value(),
            server_builder().policy(limited(GetParam(), 0)).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  pair.server.write(std::string(5000, 'x'));
  EXPECT_GT(longest(pair.server.out), 5000u);
  pair.run();
  EXPECT_EQ(pair.client.data.size(), 5000u);
}

TEST_P(RecordSizeLimit, is_agreed_on_anew_by_each_resumption) {
  const auto store = make_memory_session_store();
  const auto keys = TicketKeys::generate().value();
  const auto server = server_builder().ticket_keys(keys).build().value();
  for (const std::size_t limit : {100, 0, 1000}) {
    Pair pair(client_builder().policy(limited(GetParam(), limit)).session_store(store).build().value(), server);
    pair.run();
    ASSERT_TRUE(pair.established());
    EXPECT_EQ(pair.client.connection.summary().resumed, limit != 100);
    pair.server.write(std::string(5000, 'x'));
    EXPECT_EQ(longest(pair.server.out), limit == 0 ? sealed(5000 + (newer() ? 1 : 0)) : sealed(limit));
  }
}

TEST(RecordSizeLimitOfEarlyData, is_the_one_that_the_session_began_with_until_another_is_agreed_on) {
  // RFC 8446, 4.2.10: the parameters of early data are those of "the connection which established the PSK".
  const auto store = make_memory_session_store();
  const auto clock = [now = std::chrono::system_clock::now()] { return now; };
  const auto client = client_builder().clock(clock).session_store(store).build().value();
  const auto keys = TicketKeys::generate().value();
  const auto server = [&](std::size_t limit) {
    auto builder = server_builder();
    builder.policy(limited(ProtocolVersion::tls13, limit)).ticket_keys(keys).clock(clock).early_data();
    return builder.build();
  };
  Pair first(client, server(100).value());
  first.run();
  ASSERT_TRUE(first.established());
  const auto stored = store->take("localhost").value().serialize();  // outside and back
  store->put("localhost", Session::parse(stored).value());

  ConnectionOptions allowed;
  allowed.early_data = EarlyDataUse::allowed;
  Pair pair(client, server(1000).value(), "localhost", allowed, allowed);
  const std::string data(3000, 'x');
  pair.server.in.append(pair.client.out.readable());  // the ClientHello, which no limit is for
  pair.client.out.clear();
  ASSERT_TRUE(pair.client.connection.write_early(ReplayableData(as_bytes(data)), pair.client.out));
  EXPECT_EQ(longest(pair.client.out), 100u + 16);
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();
  EXPECT_EQ(pair.server.early_data, data);

  pair.run();
  ASSERT_TRUE(pair.established());
  pair.client.write(data);
  EXPECT_EQ(longest(pair.client.out), 1000u + 16);
}

TEST_P(RecordSizeLimit, below_64_is_illegal_from_a_client) {
  for (const std::uint8_t value : {0, 63, 64}) {
    MessageClient client(client_builder().policy(limited(GetParam(), 16385)).build().value(), ServerName("localhost"),
                         nullptr);
    MessageServer server(server_builder().build().value(), nullptr);
    client.run();
    auto hello = client.sent().front();
    replace_extension(hello, 28, {0, value});
    server.take(hello);
    ASSERT_EQ(server.error.has_value(), value < 64);
    if (value < 64) {
      EXPECT_EQ(server.error->code, Code::wrong_record_limit);
      EXPECT_EQ(server.error->alert, Alert::illegal_parameter);
    }
  }
}

TEST_P(RecordSizeLimit, above_the_greatest_value_is_no_matter_to_a_server) {
  // RFC 8449, 4: a client may offer more, for a version that the server does not know; but more is never sent.
  MessageClient client(client_builder().policy(limited(GetParam(), 16385)).build().value(), ServerName("localhost"),
                       nullptr);
  MessageServer server(server_builder().build().value(), nullptr);
  client.run();
  auto hello = client.sent().front();
  replace_extension(hello, 28, {0xff, 0xff});
  server.take(hello);
  ASSERT_FALSE(server.error);
  EXPECT_EQ(server.shake.take_outcome().summary.sent_record_limit, 16384u);
}

TEST_P(RecordSizeLimit, from_a_server_must_be_from_64_to_what_the_version_allows) {
  const std::uint16_t greatest = newer() ? 16385 : 16384;
  for (const std::uint16_t value : {std::uint16_t{63}, std::uint16_t{64}, greatest, std::uint16_t(greatest + 1)}) {
    MessageClient client(client_builder().policy(limited(GetParam(), 16385)).build().value(), ServerName("localhost"),
                         nullptr);
    MessageServer server(server_builder().build().value(), nullptr);
    client.run();
    server.take(client.sent().front());
    auto flight = server.sent();
    replace_extension(flight.at(newer() ? 1 : 0), 28,
                      {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
    for (std::size_t i = 0; i < (newer() ? 2 : 1); ++i) client.take(flight[i]);
    const bool wrong = value < 64 || value > greatest;
    ASSERT_EQ(client.error.has_value(), wrong) << value;
    if (wrong) {
      EXPECT_EQ(client.error->code, Code::wrong_record_limit);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(BothVersions, RecordSizeLimit, testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                         [](const auto& each) { return each.param == ProtocolVersion::tls13 ? "Tls13" : "Tls12"; });

TEST(RecordSizeLimits, count_padding_and_the_content_type) {
  auto padding = Policy::modern();
  padding.pad_records_to = 512;
  Pair pair(client_builder().policy(padding).build().value(),
            server_builder().policy(limited(ProtocolVersion::tls13, 700)).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  pair.client.write(std::string(600, 'x'));
  EXPECT_EQ(lengths(pair.client.out), std::vector<std::size_t>{700 + 16});  // 1024 would be the multiple
  pair.run();
  EXPECT_EQ(pair.server.data.size(), 600u);
}

TEST(RecordSizeLimits, also_hold_for_the_handshake_and_tickets) {
  auto policy = limited(ProtocolVersion::tls13, 64);
  Pair pair(client_builder().policy(policy).build().value(), server_builder().build().value());
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();
  const auto flight = lengths(pair.server.out);
  EXPECT_GT(flight.size(), 10u);
  EXPECT_TRUE(std::ranges::all_of(flight.begin() + 2, flight.end(), [](auto length) { return length <= 64 + 16; }));
  pair.run();
  EXPECT_TRUE(pair.established());
  EXPECT_EQ(pair.client.sessions_stored, 2);
}

TEST(RecordSizeLimits, that_are_exceeded_are_record_overflow) {
  // A server that answers with a limit and a client that does not keep to it, forged with the client's secrets.
  for (const std::size_t octets : {99, 100, 400}) {
    const auto log = std::make_shared<KeptKeyLog>();
    Pair pair(client_builder().key_log(log).build().value(),
              server_builder().policy(limited(ProtocolVersion::tls13, 100)).build().value());
    pair.run();
    ASSERT_TRUE(pair.established());
    Forger forger(*log, "CLIENT_TRAFFIC_SECRET_0");
    forger.append(record::ContentType::application_data, Bytes(octets, 'x'), pair.server.in);
    pair.server.run();
    ASSERT_EQ(pair.server.error.has_value(), octets > 99) << octets;
    if (octets > 99) {
      EXPECT_EQ(pair.server.error->code, Code::record_overflow);
      EXPECT_EQ(pair.server.error->alert, Alert::record_overflow);
    }
  }
}

TEST(RecordSizeLimits, that_are_exceeded_are_record_overflow_in_tls12_too) {
  // The client is told on the way that the server takes more than it does; the two Finished messages would notice, so
  // the server's own setting is what differs: it takes 100 octets and the client never heard of it.
  auto deaf = limited(ProtocolVersion::tls12, 16384);
  Pair pair(client_builder().policy(deaf).build().value(),
            server_builder().policy(limited(ProtocolVersion::tls12, 100)).build().value());
  pair.run();
  ASSERT_TRUE(pair.established());
  // RFC 6066, 4: what could not even be a record of so many octets is refused before it is opened.
  const std::array<std::byte, 5> header = {std::byte{23}, std::byte{3}, std::byte{3}, std::byte{1},
                                           std::byte{100 + 320 + 1 - 256}};
  pair.server.in.append(header);
  pair.server.run();
  ASSERT_TRUE(pair.server.error);
  EXPECT_EQ(pair.server.error->code, Code::record_overflow);
}

TEST(RecordSizeLimits, have_a_setting_that_is_checked) {
  for (const std::size_t limit : {1, 63, 16386})
    EXPECT_EQ(limited(ProtocolVersion::tls13, limit).check().error().code, Code::invalid_policy) << limit;
  for (const std::size_t length : {1, 511, 8192})
    EXPECT_EQ(asking(ProtocolVersion::tls13, length).check().error().code, Code::invalid_policy) << length;
}

class MaxFragmentLength : public RecordSizeLimit {};
TEST_P(MaxFragmentLength, is_kept_to_by_both_sides) {
  for (const std::size_t length : {512, 1024, 2048, 4096}) {
    Pair pair(client_builder().policy(asking(GetParam(), length)).build().value(), server_builder().build().value());
    pair.run();
    ASSERT_TRUE(pair.established());
    EXPECT_EQ(pair.server.connection.summary().received_record_limit, length);
    pair.server.write(std::string(10000, 'x'));
    pair.client.write(std::string(10000, 'x'));
    EXPECT_EQ(longest(pair.server.out), sealed(length + (newer() ? 1 : 0)));
    EXPECT_EQ(longest(pair.client.out), sealed(length + (newer() ? 1 : 0)));
    pair.run();
    EXPECT_EQ(pair.server.data.size(), 10000u);
    EXPECT_EQ(pair.client.data.size(), 10000u);
  }
}

TEST_P(MaxFragmentLength, of_no_known_value_is_illegal) {
  for (const std::uint8_t value : {0, 5, 255}) {
    MessageClient client(client_builder().policy(asking(GetParam(), 512)).build().value(), ServerName("localhost"),
                         nullptr);
    MessageServer server(server_builder().build().value(), nullptr);
    client.run();
    auto hello = client.sent().front();
    replace_extension(hello, 1, {value});
    server.take(hello);
    ASSERT_TRUE(server.error);
    EXPECT_EQ(server.error->alert, Alert::illegal_parameter);
  }
}

TEST_P(MaxFragmentLength, must_be_answered_with_the_same_value) {
  MessageClient client(client_builder().policy(asking(GetParam(), 512)).build().value(), ServerName("localhost"),
                       nullptr);
  MessageServer server(server_builder().build().value(), nullptr);
  client.run();
  server.take(client.sent().front());
  auto flight = server.sent();
  replace_extension(flight.at(newer() ? 1 : 0), 1, {2});
  for (std::size_t i = 0; i < (newer() ? 2 : 1); ++i) client.take(flight[i]);
  ASSERT_TRUE(client.error);
  EXPECT_EQ(client.error->alert, Alert::illegal_parameter);
}

TEST_P(MaxFragmentLength, stays_the_same_for_all_of_a_session) {
  const auto store = make_memory_session_store();
  const auto server = server_builder().build().value();
  const auto connect = [&](std::size_t length) {
    Pair pair(client_builder().policy(asking(GetParam(), length)).session_store(store).build().value(), server);
    pair.run();
    EXPECT_TRUE(pair.established());
    return pair.client.connection.summary().resumed;
  };
  EXPECT_FALSE(connect(512));
  EXPECT_TRUE(connect(512));
  EXPECT_FALSE(connect(1024));
  EXPECT_TRUE(connect(1024));
  EXPECT_FALSE(connect(0));
}
INSTANTIATE_TEST_SUITE_P(BothVersions, MaxFragmentLength,
                         testing::Values(ProtocolVersion::tls12, ProtocolVersion::tls13),
                         [](const auto& each) { return each.param == ProtocolVersion::tls13 ? "Tls13" : "Tls12"; });

TEST(MaxFragmentLengths, hold_for_records_without_protection_too) {
  Pair pair(client_builder().policy(asking(ProtocolVersion::tls12, 512)).build().value(),
            server_builder().request_client_certificate(ClientAuth::optional, roots()).build().value());
  pair.server.in.append(pair.client.out.readable());
  pair.client.out.clear();
  pair.server.run();
  EXPECT_GT(lengths(pair.server.out).size(), 1u);
  EXPECT_EQ(longest(pair.server.out), 512u);
  pair.run();
  EXPECT_TRUE(pair.established());
}

TEST(MaxFragmentLengths, and_record_size_limit_at_once_are_no_answer) {
  auto both = limited(ProtocolVersion::tls12, 16384);
  both.max_fragment_length = 512;
  MessageClient client(client_builder().policy(both).build().value(), ServerName("localhost"), nullptr);
  MessageServer server(server_builder().build().value(), nullptr);
  client.run();
  server.take(client.sent().front());
  auto hello = server.sent().front();
  // max_fragment_length goes in front of record_size_limit; the two lengths around it grow by five.
  const Bytes limit = {0, 28, 0, 2};
  auto at = std::search(hello.begin(), hello.end(), limit.begin(), limit.end());
  ASSERT_NE(at, hello.end());
  const Bytes length = {0, 1, 0, 1, 1};
  hello.insert(at, length.begin(), length.end());
  hello[3] = static_cast<std::uint8_t>(hello[3] + 5);
  const std::size_t list = 4 + 2 + 32 + 1 + hello[38] + 2 + 1;
  hello[list + 1] = static_cast<std::uint8_t>(hello[list + 1] + 5);
  client.take(hello);
  ASSERT_TRUE(client.error);
  EXPECT_EQ(client.error->code, Code::wrong_record_limit);
  EXPECT_EQ(client.error->alert, Alert::illegal_parameter);
}

}  // namespace
}  // namespace sotto
