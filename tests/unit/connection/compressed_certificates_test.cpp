// Certificates that go compressed, in TLS 1.3: RFC 8879.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "compression/algorithms.hpp"
#include "support/message_peer.hpp"
#include "support/pair.hpp"
#include "wire/hellos.hpp"
#include "wire/messages13.hpp"

namespace sotto {
namespace {

using namespace test;
using enum CertificateCompression;
using Algorithms = std::vector<CertificateCompression>;

/// Takes certificates compressed with `taken`, and compresses its own with `made`.
Policy compressing(Algorithms taken, Algorithms made) {
  auto policy = Policy::modern();
  policy.certificate_decompression = std::move(taken);
  policy.certificate_compression = std::move(made);
  return policy;
}
std::shared_ptr<const ClientConfig> client_with(const Policy& policy) {
  return client_builder().policy(policy).credential(client_credential()).build().value();
}
std::shared_ptr<const ServerConfig> server_with(const Policy& policy, ClientAuth mode = ClientAuth::none) {
  auto builder = server_builder();
  builder.policy(policy);
  if (mode != ClientAuth::none) builder.request_client_certificate(mode, roots());
  return builder.build().value();
}

class CompressedCertificates : public testing::TestWithParam<CertificateCompression> {};

TEST_P(CompressedCertificates, go_both_ways) {
  const auto policy = compressing({GetParam()}, {GetParam()});
  Pair pair(client_with(policy), server_with(policy, ClientAuth::required));
  pair.run();
  ASSERT_TRUE(pair.established());
  const auto& client = pair.client.connection.summary();
  const auto& server = pair.server.connection.summary();
  for (const auto& [sent, received] :
       {std::pair(server.own_certificate_compressed, client.peer_certificate_compressed),
        std::pair(client.own_certificate_compressed, server.peer_certificate_compressed)}) {
    ASSERT_TRUE(sent && received);
    EXPECT_EQ(received->algorithm, GetParam());
    EXPECT_LT(received->compressed_octets, received->octets);
    EXPECT_EQ(sent->in_words(), received->in_words());
  }
  EXPECT_EQ(client.peer_chain, credential().chain());
  EXPECT_EQ(server.peer_chain, client_credential().chain());
}

INSTANTIATE_TEST_SUITE_P(Each, CompressedCertificates, testing::Values(zlib, brotli, zstd),
                         [](const auto& each) { return to_string(each.param); });

std::optional<CompressedForm> form_between(const Policy& client, const Policy& server) {
  Pair pair(client_with(client), server_with(server));
  pair.run();
  EXPECT_TRUE(pair.established());
  EXPECT_EQ(pair.client.connection.summary().peer_certificate_compressed.has_value(),
            pair.server.connection.summary().own_certificate_compressed.has_value());
  return pair.client.connection.summary().peer_certificate_compressed;
}

TEST(CertificateCompression, is_the_first_of_the_senders_that_the_other_side_takes) {
  EXPECT_EQ(form_between(compressing({zlib, zstd}, {}), compressing({}, {brotli, zstd, zlib}))->algorithm, zstd);
  EXPECT_EQ(form_between(Policy::modern(), Policy::modern())->algorithm,
            Policy::modern().certificate_compression.front());
}

TEST(CertificateCompression, is_left_out_where_one_side_does_not_want_it) {
  EXPECT_FALSE(form_between(compressing({}, {zlib}), Policy::modern()));
  EXPECT_FALSE(form_between(Policy::modern(), compressing({zlib}, {})));
  EXPECT_FALSE(form_between(compressing({zlib}, {}), compressing({}, {zstd})));
}

TEST(CertificateCompression, is_nothing_for_the_older_version) {  // RFC 8879, 3
  auto older = Policy::modern();
  older.versions = {ProtocolVersion::tls12};
  EXPECT_FALSE(form_between(Policy::modern(), older));
  EXPECT_FALSE(form_between(older, Policy::modern()));
  MessageClient client(client_with(older), ServerName("localhost"), nullptr, EarlyDataUse::forbidden);
  client.run();
  const auto sent = client.sent();
  const auto hello = wire::parse_message<wire::ClientHello>(sent.front()).value();
  EXPECT_FALSE(hello.extensions.has(wire::ExtensionType::compress_certificate));
}

TEST(CertificateCompression, covers_what_is_stapled) {
  auto asking = Policy::modern();
  asking.request_ocsp_response = true;
  const auto response = own_public(Bytes(1000, 7));
  const auto server = ServerConfig::builder().credential(credential().with_ocsp_response(response)).build().value();
  for (const auto& policy : {asking, Policy::modern()}) {
    Pair pair(client_with(policy), server);
    pair.run();
    ASSERT_TRUE(pair.established());
    const auto& summary = pair.client.connection.summary();
    EXPECT_TRUE(summary.peer_certificate_compressed);
    EXPECT_EQ(summary.ocsp_response, policy.request_ocsp_response ? response : std::vector<std::byte>());
  }
}

TEST(CertificateCompression, is_not_for_a_client_without_a_certificate) {
  Pair pair(client_builder().build().value(), server_with(Policy::modern(), ClientAuth::optional));
  pair.run();
  ASSERT_TRUE(pair.established());
  EXPECT_FALSE(pair.client.connection.summary().own_certificate_compressed);
}

TEST(CertificateCompression, serves_a_policy_only_with_what_is_there_and_once) {
  EXPECT_FALSE(compressing({}, {CertificateCompression{4}}).check());
  EXPECT_FALSE(compressing({CertificateCompression{9}}, {}).check());
  EXPECT_FALSE(compressing({zlib, zlib}, {}).check());
  EXPECT_TRUE(compressing({}, {}).check());
}

// ---- what a peer can do wrong ----

/// Puts a server's first flight to a client, with another message in place of its Certificate.
Error refusal_of(const Policy& policy, const Bytes& instead, const Policy& servers = Policy::modern()) {
  MessageClient client(client_with(policy), ServerName("localhost"), nullptr, EarlyDataUse::forbidden);
  MessageServer server(server_with(servers), nullptr, EarlyDataUse::forbidden);
  client.run();
  for (const auto& message : client.sent()) server.take(message);
  for (const auto& message : server.sent()) {
    const auto type = wire::type_of(message);
    const bool certificate =
        type == wire::HandshakeType::certificate || type == wire::HandshakeType::compressed_certificate;
    client.take(certificate ? View(instead) : View(message));
    if (certificate) break;
  }
  return client.error.value_or(Error());
}

Bytes compressed_message(CertificateCompression algorithm, std::size_t promised, View compressed) {
  wire::CompressedCertificate message;
  message.algorithm = algorithm;
  message.uncompressed_length = static_cast<std::uint32_t>(promised);
  message.compressed_certificate_message = compressed;
  Bytes raw;
  EXPECT_TRUE(wire::encode_message(message, raw));
  return raw;
}
Bytes message_of(CertificateCompression algorithm, std::size_t promised, View plain) {
  return compressed_message(algorithm, promised, compression::find_algorithm(algorithm)->compress(plain).value());
}

void expect_alert(const Error& error, Code code, Alert alert) {
  EXPECT_EQ(error.code, code) << error.message();
  EXPECT_EQ(error_row(error.code).alert, alert);
}

TEST(CompressedCertificate, is_out_of_place_where_nothing_was_offered) {
  expect_alert(refusal_of(compressing({}, {}), message_of(zlib, 10, Bytes(10))), Code::unexpected_message,
               Alert::unexpected_message);
}

TEST(CompressedCertificate, must_be_of_an_algorithm_that_was_offered) {  // RFC 8879, 4
  expect_alert(refusal_of(compressing({zlib}, {}), message_of(zstd, 10, Bytes(10))),
               Code::wrong_certificate_compression, Alert::illegal_parameter);
  expect_alert(refusal_of(compressing({zlib}, {}), compressed_message(CertificateCompression{77}, 10, Bytes(10))),
               Code::wrong_certificate_compression, Alert::illegal_parameter);
}

TEST(CompressedCertificate, may_promise_as_much_as_a_certificate_may_have_and_no_octet_more) {  // RFC 8879, 4
  auto policy = compressing({zlib}, {});
  policy.limits.certificate_chain = 2000;
  const Bytes plain(2001);
  expect_alert(refusal_of(policy, message_of(zlib, 2001, plain)), Code::certificate_chain_too_large,
               Alert::illegal_parameter);
  // Within the limit it is unpacked, and found to be longer than was promised.
  expect_alert(refusal_of(policy, message_of(zlib, 2000, plain)), Code::certificate_not_decompressed,
               Alert::bad_certificate);
  // As long as allowed and as promised, it is unpacked, and no certificate.
  expect_alert(refusal_of(policy, message_of(zlib, 2000, Bytes(2000))), Code::malformed_message, Alert::decode_error);
}

TEST(CompressedCertificate, counts_as_a_certificate_message_before_it_is_unpacked) {
  auto policy = compressing({zlib}, {});
  policy.limits.handshake_message = 3000;
  policy.limits.certificate_chain = 5000;
  expect_alert(refusal_of(policy, compressed_message(zlib, 10, Bytes(4000))), Code::certificate_not_decompressed,
               Alert::bad_certificate);
  expect_alert(refusal_of(policy, compressed_message(zlib, 10, Bytes(6000))), Code::certificate_chain_too_large,
               Alert::illegal_parameter);
}

TEST(CompressedCertificate, is_no_bomb) {
  const Bytes zeros(std::size_t{1} << 20);
  for (const auto algorithm : {zlib, brotli, zstd}) {
    const auto policy = compressing({algorithm}, {});
    expect_alert(refusal_of(policy, message_of(algorithm, zeros.size(), zeros)), Code::certificate_chain_too_large,
                 Alert::illegal_parameter);
    expect_alert(refusal_of(policy, message_of(algorithm, 5000, zeros)), Code::certificate_not_decompressed,
                 Alert::bad_certificate);
  }
}

TEST(CompressedCertificate, must_hold_a_certificate_message_that_would_do_by_itself) {
  // A context, which a server's has not, and no certificates.
  expect_alert(refusal_of(Policy::modern(), message_of(zlib, 5, Bytes({1, 7, 0, 0, 0}))), Code::malformed_message,
               Alert::decode_error);
  expect_alert(refusal_of(Policy::modern(), message_of(zlib, 4, Bytes({0, 0, 0, 0}))), Code::malformed_message,
               Alert::decode_error);
  expect_alert(refusal_of(Policy::modern(), message_of(zlib, 5, Bytes({0, 0, 0, 0, 0}))), Code::malformed_message,
               Alert::decode_error);
}

TEST(CompressedCertificate, may_not_come_empty) {
  Bytes raw = {25, 0, 0, 8, 0, 1, 0, 0, 10, 0, 0, 0};
  expect_alert(refusal_of(Policy::modern(), raw), Code::malformed_message, Alert::decode_error);
}

/// Puts a client's second flight to a server that asks for its certificate, with another message in place of that.
Error refusal_of_server(const Policy& policy, const Bytes& instead) {
  MessageClient client(client_with(Policy::modern()), ServerName("localhost"), nullptr, EarlyDataUse::forbidden);
  MessageServer server(server_with(policy, ClientAuth::required), nullptr, EarlyDataUse::forbidden);
  client.run();
  for (const auto& message : client.sent()) server.take(message);
  for (const auto& message : server.sent()) client.take(message);
  server.take(instead);
  return server.error.value_or(Error());
}

TEST(CompressedCertificate, of_a_client_is_judged_like_that_of_a_server) {
  const auto zlib_only = compressing({zlib}, {});
  expect_alert(refusal_of_server(compressing({}, {}), message_of(zlib, 10, Bytes(10))), Code::unexpected_message,
               Alert::unexpected_message);
  expect_alert(refusal_of_server(zlib_only, message_of(brotli, 10, Bytes(10))), Code::wrong_certificate_compression,
               Alert::illegal_parameter);
  expect_alert(refusal_of_server(zlib_only, message_of(zlib, 9, Bytes(10))), Code::certificate_not_decompressed,
               Alert::bad_certificate);
  expect_alert(refusal_of_server(zlib_only, message_of(zlib, 4, Bytes({0, 0, 0, 0}))), Code::certificate_missing,
               Alert::certificate_required);
}

/// Changes the list of algorithms in a ClientHello and puts it to a server.
Error refusal_of_list(const Bytes& list) {
  MessageClient client(client_with(compressing({zlib, brotli}, {})), ServerName("localhost"), nullptr,
                       EarlyDataUse::forbidden);
  MessageServer server(server_with(Policy::modern()), nullptr, EarlyDataUse::forbidden);
  client.run();
  auto hello = client.sent().front();
  const Bytes before = {0, 27, 0, 5, 4, 0, 1, 0, 2};
  const auto at = std::ranges::search(hello, before).begin();
  if (at == hello.end()) throw std::logic_error("the hello has no compress_certificate");
  std::ranges::copy(list, at + 4);
  server.take(hello);
  return server.error.value_or(Error());
}

TEST(CompressCertificate, is_a_list_of_whole_numbers_each_of_which_stands_there_once) {
  expect_alert(refusal_of_list({4, 0, 1, 0, 1}), Code::malformed_extension, Alert::decode_error);
  expect_alert(refusal_of_list({3, 0, 1, 0, 2}), Code::malformed_extension, Alert::decode_error);
  expect_alert(refusal_of_list({0, 0, 1, 0, 2}), Code::malformed_extension, Alert::decode_error);
  EXPECT_EQ(refusal_of_list({4, 0, 2, 0, 9}).code, Error().code);  // none: what is unknown is ignored
}

}  // namespace
}  // namespace sotto
