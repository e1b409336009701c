// Somebody who has the certificate but not the key, or who was not there for the whole handshake.
#include "attack/scene.hpp"
#include "support/forge.hpp"

namespace sotto::attack {
namespace {

From other(From side) { return side == From::client ? From::server : From::client; }

/// A handshake of both sides with certificates, each of which proves its key.
Conversation talk(ProtocolVersion version, KeyKind key, const Conversation::Change& change) {
  return {client_builder()
              .policy(of_version(version, Policy::legacy()))
              .credential(client_credential(key))
              .session_store(nullptr)
              .build()
              .value(),
          ServerConfig::builder()
              .policy(Policy::legacy())
              .credential(credential(key))
              .request_client_certificate(ClientAuth::required, roots())
              .build()
              .value(),
          change};
}

TEST(Impersonation, succeeds_with_the_key) {
  for (const auto version : both_versions) EXPECT_TRUE(talk(version, KeyKind::rsa_2048, [](From, Bytes&) {}).done());
}

TEST(Impersonation, fails_with_a_wrong_signature_of_every_kind_of_key) {
  for (const auto version : both_versions)
    for (const auto side : both_sides)
      for (const auto key : {KeyKind::ecdsa_p256, KeyKind::rsa_2048, KeyKind::ed25519, KeyKind::rsa_pss_2048}) {
        const bool in_key_exchange = version == ProtocolVersion::tls12 && side == From::server;
        const auto run =
            talk(version, key,
                 to_each(side, in_key_exchange ? HandshakeType::server_key_exchange : HandshakeType::certificate_verify,
                         damage_end));
        EXPECT_FALSE(run.done());
        expect_refused(run.error_of(other(side)), Code::bad_signature, Alert::decrypt_error,
                       to_string(version) + (side == From::client ? ", client" : ", server"));
      }
}

TEST(Impersonation, fails_with_a_wrong_signature_over_dhe_parameters) {
  const Conversation run(
      client_builder().policy(with_suite12(CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
      legacy_server().build().value(), to_each(From::server, HandshakeType::server_key_exchange, damage_end));
  expect_refused(run.client.error, Code::bad_signature, Alert::decrypt_error);
}

TEST(Impersonation, fails_with_the_signature_of_an_earlier_handshake) {
  // RFC 5246, 7.4.3 and RFC 8446, 4.4.3: what is signed has this connection's randoms in it.
  for (const auto version : both_versions) {
    const auto type =
        version == ProtocolVersion::tls12 ? HandshakeType::server_key_exchange : HandshakeType::certificate_verify;
    Bytes recorded;
    const auto first =
        talk(version, KeyKind::ecdsa_p256, to_each(From::server, type, [&](Bytes& message) { recorded = message; }));
    ASSERT_TRUE(first.done());
    const auto second =
        talk(version, KeyKind::ecdsa_p256, to_each(From::server, type, [&](Bytes& message) { message = recorded; }));
    expect_refused(second.client.error, Code::bad_signature, Alert::decrypt_error, to_string(version));
  }
}

TEST(Impersonation, fails_with_a_servers_signature_as_a_clients) {
  // RFC 8446, 4.4.3: the context string keeps the two apart. The server's own CertificateVerify comes back to it.
  Bytes reflected;
  const auto run = talk(ProtocolVersion::tls13, KeyKind::ecdsa_p256, [&](From from, Bytes& message) {
    if (wire::type_of(message) != HandshakeType::certificate_verify) return;
    if (from == From::server)
      reflected = message;
    else
      message = reflected;
  });
  expect_refused(run.server.error, Code::bad_signature, Alert::decrypt_error);
}

TEST(Impersonation, of_one_side_with_a_signature_of_the_other_is_kept_out_by_what_is_signed) {
  // RFC 8446, 4.4.3: 64 spaces, a context string, a zero, the transcript's hash.
  Pair pair(
      client_builder().credential(client_credential()).ask(Ask::signature).build().value(),
      server_builder().request_client_certificate(ClientAuth::required, roots()).ask(Ask::signature).build().value());
  for (const auto& [end, context] : {std::pair(&pair.server, "TLS 1.3, server CertificateVerify"),
                                     std::pair(&pair.client, "TLS 1.3, client CertificateVerify")}) {
    pair.run();
    ASSERT_EQ(end->questions.size(), 1u);
    const auto question = std::exchange(end->questions, {}).front();
    const auto& sign = std::get<SignQuestion>(question.what);
    const auto expected = std::string(64, ' ') + context + std::string(1, '\0');
    EXPECT_EQ(as_text(as_view(std::span(sign.message)).first(expected.size())), expected);
    EXPECT_EQ(sign.message.size(), expected.size() + 32);
    ASSERT_TRUE(end->connection.answer(question.id, Signature{sign.credential.sign(sign.scheme, sign.message).value()},
                                       end->out));
  }
  pair.run();
  EXPECT_TRUE(pair.established());
}

TEST(Impersonation, fails_with_a_wrong_finished_in_every_kind_of_handshake) {
  for (const auto version : both_versions)
    for (const auto side : both_sides)
      for (const bool resumed : {false, true}) {
        const auto client = client_builder().policy(of_version(version)).build().value();
        const auto server = server_builder().build().value();
        if (resumed) Pair(client, server).run();
        bool seen_certificate = false;
        const Conversation run(client, server, [&](From from, Bytes& message) {
          const auto type = wire::type_of(message);
          seen_certificate |= type == HandshakeType::certificate || type == HandshakeType::compressed_certificate;
          if (from == side && wire::type_of(message) == HandshakeType::finished) damage_end(message);
        });
        EXPECT_EQ(seen_certificate, !resumed);
        EXPECT_FALSE(run.done());
        expect_refused(run.error_of(other(side)), Code::bad_finished, Alert::decrypt_error,
                       to_string(version) + (resumed ? ", resumed" : ", full"));
      }
}

TEST(Impersonation, fails_with_the_finished_of_the_other_side) {
  // The labels (RFC 5246, 7.4.9) and keys (RFC 8446, 4.4.4) differ: a reflected Finished proves nothing.
  for (const auto version : both_versions) {
    Bytes reflected;
    const Conversation run(client_builder().policy(of_version(version)).build().value(),
                           server_builder().build().value(), [&](From from, Bytes& message) {
                             if (wire::type_of(message) != HandshakeType::finished) return;
                             const auto first = version == ProtocolVersion::tls12 ? From::client : From::server;
                             if (from == first)
                               reflected = message;
                             else
                               message = reflected;
                           });
    expect_refused(run.error_of(version == ProtocolVersion::tls12 ? From::client : From::server), Code::bad_finished,
                   Alert::decrypt_error, to_string(version));
  }
}

TEST(Impersonation, fails_with_a_certificate_for_another_name_or_of_another_authority) {
  const auto stranger = LocalAuthority::create("a stranger").value();
  LeafRequest request;
  request.names = {"localhost"};
  const auto issued = stranger.issue(request).value();
  const auto strange = Credential::from_pem(issued.chain_pem, issued.key_pem).value();
  for (const auto version : both_versions) {
    Pair other_name(client_builder().policy(of_version(version)).build().value(),
                    ServerConfig::builder().credential(credential(KeyKind::ecdsa_p256, {"elsewhere"})).build().value());
    other_name.run();
    expect_refused(other_name.client, Code::certificate_wrong_name, Alert::bad_certificate);
    Pair other_authority(client_builder().policy(of_version(version)).build().value(),
                         ServerConfig::builder().credential(strange).build().value());
    other_authority.run();
    expect_refused(other_authority.client, Code::certificate_untrusted, Alert::unknown_ca);
  }
}

/// Returns a certificate of the right name whose key may do `usage` alone.
Bytes certificate_for(const std::string& usage) {
  const forge::Forged root(forge::authority("usage root"), nullptr);
  forge::Recipe recipe;
  recipe.key = "RSA:2048";
  recipe.extensions = {{NID_subject_alt_name, "DNS:localhost"}, {NID_key_usage, "critical," + usage}};
  return own(as_view(forge::Forged(recipe, &root).certificate().der()));
}

TEST(Impersonation, fails_with_a_key_that_is_not_meant_for_this) {
  // Of keys for encryption the attacker may have a decryption oracle, of keys for signatures a signing one. RFC 8446,
  // 4.4.2.2; RFC 5246, 7.4.2.
  struct Use {
    const char* usage;
    CipherSuite suite;
  };
  for (const auto& [usage, suite] : {Use{"keyEncipherment", CipherSuite::TLS_AES_128_GCM_SHA256},
                                     Use{"keyEncipherment", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
                                     Use{"digitalSignature", CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256}}) {
    const bool newer = suite == CipherSuite::TLS_AES_128_GCM_SHA256;
    const auto shown = certificate_for(usage);
    auto policy = newer ? Policy::modern() : with_suite12(suite);
    policy.certificate_decompression.clear();  // so that the attacker can read and write the message
    const Conversation run(client_builder().policy(policy).build().value(), legacy_server().build().value(),
                           to_each(From::server, HandshakeType::certificate, [&](Bytes& raw) {
                             if (newer) {
                               change<wire::Certificate>(
                                   raw, [&](auto& message) { message.certificate_list = {{shown, {}}}; });
                             } else {
                               Bytes list;
                               wire::Writer(list).vector(wire::between<1, 0xffffff>, shown);
                               change<wire::Certificate12>(raw, [&](auto& message) { message.content = list; });
                             }
                           }));
    expect_refused(run.client.error, Code::certificate_wrong_purpose, Alert::unsupported_certificate, usage);
  }
}

TEST(Impersonation, of_a_client_fails_without_a_certificate_where_one_is_required) {
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).build().value(),
              server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
    pair.run();
    EXPECT_FALSE(pair.server.established);
    if (version == ProtocolVersion::tls12)
      expect_refused(pair.server, Code::certificate_missing_in_tls12, Alert::handshake_failure);
    else
      expect_refused(pair.server, Code::certificate_missing, Alert::certificate_required);
  }
}

TEST(Impersonation, of_a_client_fails_with_the_certificate_of_a_server) {
  LeafRequest request;
  request.names = {"client.example"};
  const auto issued = authority().issue(request).value();
  const auto for_servers = Credential::from_pem(issued.chain_pem, issued.key_pem).value();
  for (const auto version : both_versions) {
    Pair pair(client_builder().policy(of_version(version)).credential(for_servers).build().value(),
              server_builder().request_client_certificate(ClientAuth::required, roots()).build().value());
    pair.run();
    expect_refused(pair.server, Code::certificate_wrong_purpose, Alert::unsupported_certificate, to_string(version));
  }
}

}  // namespace
}  // namespace sotto::attack
