// Attacks on what is no longer there: POODLE (SSL 3.0), DROWN (SSL 2.0), BEAST (TLS 1.0), FREAK and Logjam (export
// ciphers, small groups), SWEET32 (3DES), RC4, NULL and anonymous ciphers, SLOTH (MD5 and SHA-1 signatures), CRIME
// (compression), and the ways to talk two peers down to less than they both have.
#include "attack/scene.hpp"
#include "crypto/ffdhe.hpp"

namespace sotto::attack {
namespace {

struct OldSuite {
  const char* name;
  std::uint16_t code;
};
constexpr OldSuite old_suites[] = {
    {"NULL_WITH_NULL_NULL", 0x0000},
    {"RSA_WITH_NULL_SHA256", 0x003b},
    {"RSA_EXPORT_WITH_RC4_40_MD5", 0x0003},
    {"RSA_WITH_RC4_128_SHA", 0x0005},
    {"RSA_WITH_DES_CBC_SHA", 0x0009},
    {"RSA_WITH_3DES_EDE_CBC_SHA", 0x000a},
    {"DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0014},
    {"DH_anon_WITH_AES_128_CBC_SHA", 0x0034},
    {"ECDHE_RSA_WITH_NULL_SHA", 0xc010},
    {"ECDHE_RSA_WITH_RC4_128_SHA", 0xc011},
    {"ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", 0xc012},
    {"ECDH_anon_WITH_AES_128_CBC_SHA", 0xc018},
    {"RSA_WITH_IDEA_CBC_SHA", 0x0007},
    {"RSA_WITH_SEED_CBC_SHA", 0x0096},
};
Bytes octets_of(std::uint16_t code) { return {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)}; }

std::vector<Policy> all_policies() { return {Policy::modern(), Policy::compatible(), Policy::legacy()}; }

/// A ClientHello of that version, with one cipher suite and no extensions.
std::string old_hello(std::string_view version) {
  return "16"
         "0301"
         "002d"
         "01"
         "000029" +
         std::string(version) + to_hex(std::string(32, 'r')) +
         "00"
         "0002"
         "002f"
         "01"
         "00";
}
std::optional<Error> answer_to(std::string_view octets, std::string& answer) {
  auto server = End(Connection::server(legacy_server().build().value()).value());
  server.in.append(as_public(View(from_hex(octets))));
  server.run();
  answer = to_hex(server.out.readable());
  return server.error;
}

TEST(OldProtocols, are_refused_by_every_server_with_protocol_version) {
  for (const auto& hello : {std::string("802e0100020015000000100100800200800300800400800500800600400700c0"),
                            old_hello("0300"), old_hello("0301"), old_hello("0302")}) {
    std::string answer;
    const auto error = answer_to(hello, answer);
    expect_refused(error, Code::obsolete_version, Alert::protocol_version, hello);
    EXPECT_EQ(answer,
              "1503030002"
              "0246")
        << hello;
  }
}

TEST(OldProtocols, are_refused_by_every_client_with_protocol_version) {
  for (const auto version : {ProtocolVersion::ssl3, ProtocolVersion::tls10, ProtocolVersion::tls11}) {
    Pair pair(client_builder().policy(Policy::legacy()).build().value(),
              legacy_server().policy(tls12(Policy::legacy())).build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    change<wire::ServerHello>(flight.of(HandshakeType::server_hello),
                              [&](auto& hello) { hello.legacy_version = version; });
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::obsolete_version, Alert::protocol_version, to_string(version));
  }
}

TEST(OldProtocols, are_in_no_policy_and_no_policy_can_get_them) {
  for (auto policy : all_policies()) {
    for (const auto version : policy.versions) EXPECT_GE(version, ProtocolVersion::tls12) << policy.name;
    policy.versions.push_back(ProtocolVersion::tls11);
    EXPECT_FALSE(policy.check()) << policy.name;
  }
}

TEST(OldProtocols, and_their_suites_are_in_no_policy_and_no_policy_can_get_them) {
  for (auto policy : all_policies()) {
    for (const auto suite : policy.cipher_suites)
      for (const auto* weak : {"RC4", "3DES", "DES40", "_DES_", "NULL", "EXPORT", "anon", "MD5", "IDEA", "SEED"})
        EXPECT_FALSE(to_string(suite).contains(weak)) << to_string(suite);
    for (const auto& [name, code] : old_suites) {
      EXPECT_EQ(keys::find_suite(static_cast<CipherSuite>(code)), nullptr) << name;
      auto with = policy;
      with.cipher_suites.push_back(static_cast<CipherSuite>(code));
      EXPECT_FALSE(with.check()) << name;
    }
  }
}

TEST(OldProtocols, and_their_suites_are_refused_by_every_server) {
  const auto server = legacy_server().build().value();
  for (const auto& [name, code] : old_suites) {
    Pair pair(client_builder().policy(tls12(Policy::legacy())).build().value(), server);
    Flight flight(pair.client.out);
    const auto suites = octets_of(code);
    change<wire::ClientHello>(flight.of(HandshakeType::client_hello),
                              [&](auto& hello) { hello.cipher_suites = wire::Codes<CipherSuite>(suites); });
    flight.send();
    deliver(pair.client, pair.server);
    expect_refused(pair.server, Code::no_common_cipher_suite, Alert::handshake_failure, name);
  }
}

TEST(OldProtocols, and_their_suites_are_refused_by_every_client) {
  for (const auto& [name, code] : old_suites) {
    Pair pair(client_builder().policy(Policy::legacy()).build().value(),
              legacy_server().policy(tls12(Policy::legacy())).build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    change<wire::ServerHello>(flight.of(HandshakeType::server_hello),
                              [&](auto& hello) { hello.cipher_suite = static_cast<CipherSuite>(code); });
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::wrong_cipher_suite, Alert::illegal_parameter, name);
  }
}

TEST(Logjam, gets_no_client_to_use_a_small_group_even_if_the_server_signs_it) {
  // A server that really has the key, and signs parameters of its choice.
  const auto key = credential(KeyKind::rsa_2048);
  const auto server = legacy_server().ask(Ask::signature | Ask::credential).build().value();
  for (const std::size_t octets : {64, 96, 128, 255}) {
    Pair pair(client_builder().policy(with_suite12(CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
              server);
    deliver(pair.client, pair.server);
    ASSERT_TRUE(pair.server.connection.answer(pair.server.questions.front().id, key, pair.server.out));
    pair.server.run();
    const auto& sign = std::get<SignQuestion>(pair.server.questions.back().what);

    Bytes prime(octets, 0xff);
    const Bytes generator = {2};
    const Bytes value(octets, 0x55);
    wire::ServerDhParams params{prime, generator, value};
    Bytes content = own(as_view(std::span(sign.message)).first(64));  // both randoms
    wire::Writer writer(content);
    wire::FieldWriter visit(writer);
    wire::ServerDhParams::fields(params, visit);
    const auto signature = key.sign(sign.scheme, as_public(View(content))).value();
    ASSERT_TRUE(pair.server.connection.answer(pair.server.questions.back().id, Signature{signature}, pair.server.out));
    pair.server.run();
    Flight flight(pair.server.out);
    change<wire::ServerKeyExchangeDhe>(flight.of(HandshakeType::server_key_exchange), [&](auto& message) {
      message.params = params;
      message.signature = as_view(signature);
    });
    flight.send();
    deliver(pair.server, pair.client);
    expect_refused(pair.client, Code::weak_dhe_group, Alert::insufficient_security, std::to_string(8 * octets));
  }
}

TEST(Raccoon, finds_no_secret_of_a_key_that_is_used_twice) {
  const auto server = legacy_server().build().value();
  for (const auto suite :
       {CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}) {
    std::vector<Bytes> seen;
    for (int connection = 0; connection < 3; ++connection) {
      Pair pair(client_builder().policy(with_suite12(suite)).session_store(nullptr).build().value(), server);
      deliver(pair.client, pair.server);
      Flight from_server(pair.server.out);
      const auto exchange = from_server.of(HandshakeType::server_key_exchange);
      seen.push_back(suite == CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
                         ? own(wire::parse_message<wire::ServerKeyExchangeDhe>(exchange)->params.dh_ys)
                         : own(wire::parse_message<wire::ServerKeyExchange>(exchange)->params.public_value));
      from_server.send();
      deliver(pair.server, pair.client);
      Flight from_client(pair.client.out);
      seen.push_back(from_client.of(HandshakeType::client_key_exchange));
    }
    std::ranges::sort(seen);
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end()) << to_string(suite);
  }
}

TEST(Raccoon, finds_dhe_under_the_legacy_policy_alone) {
  for (const auto& policy : {Policy::modern(), Policy::compatible()})
    for (const auto suite : policy.cipher_suites) EXPECT_FALSE(to_string(suite).starts_with("TLS_DHE")) << policy.name;
}

TEST(Crime, gets_no_server_to_compress) {
  struct Offer {
    Bytes methods;
    ProtocolVersion version;
  };
  for (const auto& [methods, version] :
       {Offer{{1}, ProtocolVersion::tls12}, Offer{{64, 1}, ProtocolVersion::tls12}, Offer{{1}, ProtocolVersion::tls13},
        Offer{{0, 1}, ProtocolVersion::tls13}, Offer{{1, 0}, ProtocolVersion::tls13}}) {
    Pair pair(client_builder().policy(of_version(version)).build().value(), server_builder().build().value());
    Flight flight(pair.client.out);
    change<wire::ClientHello>(flight.of(HandshakeType::client_hello), [&](auto& hello) {
      hello.legacy_compression_methods = wire::Codes<wire::CompressionMethod>(methods);
    });
    flight.send();
    deliver(pair.client, pair.server);
    expect_refused(pair.server, Code::wrong_compression_method, Alert::illegal_parameter, to_hex(methods));
  }
}

TEST(Crime, gets_no_client_to_compress) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().build().value(), server_builder().policy(of_version(version)).build().value());
    deliver(pair.client, pair.server);
    Flight flight(pair.server.out);
    change<wire::ServerHello>(flight.of(HandshakeType::server_hello), [](auto& hello) {
      hello.legacy_compression_method = static_cast<wire::CompressionMethod>(1);
    });
    flight.send();
    deliver(pair.server, pair.client);
    // RFC 8446, 4.1.3: in TLS 1.3 the octet is no choice but part of the format.
    const bool newer = version == ProtocolVersion::tls13;
    expect_refused(pair.client, newer ? Code::malformed_message : Code::wrong_compression_method,
                   newer ? Alert::decode_error : Alert::illegal_parameter, to_string(version));
  }
}

TEST(Sloth, finds_no_scheme_with_md5_or_sha1_in_any_policy) {
  for (const auto& policy : all_policies())
    for (const auto& schemes : {policy.signature_schemes, policy.certificate_signature_schemes})
      for (const auto scheme : schemes) {
        const auto hash = static_cast<unsigned>(scheme) >> 8;
        EXPECT_GE(hash, 4u) << to_string(scheme);  // RFC 5246, 7.4.1.4.1: 1 is MD5, 2 SHA-1, 3 SHA-224
      }
}

TEST(Sloth, gets_nobody_to_take_a_scheme_that_was_not_offered) {
  constexpr unsigned md5_rsa = 0x0101, sha1_rsa = 0x0201, sha1_ecdsa = 0x0203, sha224_ecdsa = 0x0303;
  for (const auto version : both_versions)
    for (const auto side : both_sides)
      for (const unsigned scheme : {md5_rsa, sha1_rsa, sha1_ecdsa, sha224_ecdsa}) {
        const bool in_key_exchange = version == ProtocolVersion::tls12 && side == From::server;
        const auto type = in_key_exchange ? HandshakeType::server_key_exchange : HandshakeType::certificate_verify;
        const auto use_scheme = [&](Bytes& raw) {
          if (in_key_exchange)
            change<wire::ServerKeyExchange>(
                raw, [&](auto& message) { message.algorithm = static_cast<SignatureScheme>(scheme); });
          else
            change<wire::CertificateVerify12>(
                raw, [&](auto& message) { message.algorithm = static_cast<SignatureScheme>(scheme); });
        };
        const Conversation talk(
            client_builder().policy(of_version(version)).credential(client_credential()).build().value(),
            server_builder().request_client_certificate(ClientAuth::required, roots()).build().value(),
            to_each(side, type, use_scheme));
        EXPECT_FALSE(talk.done());
        expect_refused(talk.error_of(side == From::server ? From::client : From::server), Code::wrong_signature_scheme,
                       Alert::illegal_parameter, to_hex(octets_of(static_cast<std::uint16_t>(scheme))));
      }
}

TEST(Sloth, gets_nobody_to_take_a_scheme_that_fits_the_key_but_was_not_offered) {
  // Who offers SHA-256 alone takes no SHA-512, though it could.
  for (const auto version : both_versions)
    for (const auto side : both_sides) {
      auto strict = of_version(version);
      strict.signature_schemes = {SignatureScheme::rsa_pss_rsae_sha256};
      strict.certificate_signature_schemes = Policy::modern().certificate_signature_schemes;
      const bool in_key_exchange = version == ProtocolVersion::tls12 && side == From::server;
      const auto use_sha512 = [&](Bytes& raw) {
        constexpr auto scheme = SignatureScheme::rsa_pss_rsae_sha512;
        if (in_key_exchange)
          change<wire::ServerKeyExchange>(raw, [&](auto& message) { message.algorithm = scheme; });
        else
          change<wire::CertificateVerify12>(raw, [&](auto& message) { message.algorithm = scheme; });
      };
      const Conversation talk(
          client_builder()
              .policy(strict)
              .credential(client_credential(KeyKind::rsa_2048))
              .session_store(nullptr)
              .build()
              .value(),
          ServerConfig::builder()
              .policy(strict)
              .credential(credential(KeyKind::rsa_2048))
              .request_client_certificate(ClientAuth::required, roots())
              .build()
              .value(),
          to_each(side, in_key_exchange ? HandshakeType::server_key_exchange : HandshakeType::certificate_verify,
                  use_sha512));
      expect_refused(talk.error_of(side == From::server ? From::client : From::server), Code::wrong_signature_scheme,
                     Alert::illegal_parameter, to_string(version));
    }
}

TEST(Sloth, gets_nobody_to_take_pkcs1_in_a_certificate_verify_of_tls13) {
  // It is offered, for TLS 1.2; RFC 8446, 4.2.3: the code points "are not defined for use in signed TLS handshake
  // messages".
  for (const auto side : both_sides) {
    const Conversation talk(client_builder().credential(client_credential(KeyKind::rsa_2048)).build().value(),
                            ServerConfig::builder()
                                .credential(credential(KeyKind::rsa_2048))
                                .request_client_certificate(ClientAuth::required, roots())
                                .build()
                                .value(),
                            to_each(side, HandshakeType::certificate_verify, [](Bytes& raw) {
                              change<wire::CertificateVerify12>(
                                  raw, [](auto& message) { message.algorithm = SignatureScheme::rsa_pkcs1_sha256; });
                            }));
    expect_refused(talk.error_of(side == From::server ? From::client : From::server), Code::wrong_signature_scheme,
                   Alert::illegal_parameter);
  }
}

}  // namespace
}  // namespace sotto::attack
