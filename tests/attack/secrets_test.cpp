// What can be found in memory, or in a signature that went wrong.
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "attack/memory.hpp"
#include "attack/scene.hpp"
#include "crypto/handles.hpp"
#include "crypto/signature.hpp"

namespace sotto::attack {
namespace {

/// A whole life of a connection: handshake, data both ways, new keys, close.
void live(const std::shared_ptr<const ClientConfig>& client, const std::shared_ptr<const ServerConfig>& server) {
  Pair pair(client, server);
  pair.run();
  ASSERT_TRUE(pair.established());
  pair.client.write("a question");
  pair.server.write("an answer");
  pair.run();
  if (pair.client.connection.summary().version == ProtocolVersion::tls13) {
    ASSERT_TRUE(pair.client.connection.update_keys(Connection::UpdateKeys::both, pair.client.out));
  }
  pair.client.write("another");
  pair.run();
  ASSERT_TRUE(pair.client.connection.close(pair.client.out));
  pair.run();
}

/// All that an attacker would like to find after a connection of TLS 1.3.
std::vector<std::pair<std::string, Bytes>> secrets_of(const KeptKeyLog& log, CipherSuite suite) {
  std::vector<std::pair<std::string, Bytes>> secrets;
  for (const auto& [label, secret] : log.secrets) {
    secrets.emplace_back(label, from_hex(secret));
    if (!label.contains("TRAFFIC")) continue;
    const keys::TrafficSecret traffic{keys::find_suite(suite), crypto::HashSecret(from_hex(secret))};
    secrets.emplace_back("the key of " + label, own(keys::derive_traffic_keys(traffic)->key.view()));
    secrets.emplace_back("what follows " + label, own(traffic.next()->secret.view()));
    secrets.emplace_back("the Finished key of " + label, own(traffic.finished_key()->view()));
  }
  return secrets;
}

void expect_none(const Graveyard& graveyard, View secret, std::string_view what) {
  EXPECT_FALSE(graveyard.holds(Heap::cpp, secret)) << what;
  EXPECT_FALSE(graveyard.holds(Heap::libcrypto, secret)) << what;
}

TEST(SecretsAtRest, would_be_found_if_they_were_there) {
  const Bytes secret(32, 0xa7);
  Graveyard graveyard;
  {
    const auto forgotten = std::make_unique<Bytes>(secret);
  }
  void* block = OPENSSL_malloc(secret.size());
  std::memcpy(block, secret.data(), secret.size());
  OPENSSL_free(block);
  graveyard.close();
  for (const auto heap : {Heap::cpp, Heap::libcrypto}) {
    EXPECT_TRUE(graveyard.holds(heap, secret));
    EXPECT_FALSE(graveyard.holds(heap, Bytes(32, 0xa8)));
  }
}

TEST(SecretsAtRest, are_in_no_memory_that_was_freed_in_tls13) {
  for (const auto suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                           CipherSuite::TLS_CHACHA20_POLY1305_SHA256}) {
    auto policy = of_version(ProtocolVersion::tls13);
    policy.cipher_suites = {suite};
    const auto store = make_memory_session_store();
    const auto log = std::make_shared<KeptKeyLog>();
    const auto client = client_builder().policy(policy).session_store(store).key_log(log).build().value();
    const auto server = server_builder().build().value();
    Graveyard graveyard;
    live(client, server);
    live(client, server);  // resumed
    graveyard.close();
    EXPECT_GT(graveyard.size(Heap::cpp), 10000u);
    EXPECT_GT(graveyard.size(Heap::libcrypto), 10000u);
    auto secrets = secrets_of(*log, suite);
    EXPECT_EQ(secrets.size(), 5u + 4 * 3);
    while (auto session = store->take("localhost"))
      secrets.emplace_back("the ticket's secret", own(session->impl().psk.view()));
    EXPECT_GT(secrets.size(), 5u + 4 * 3);
    for (const auto& [what, secret] : secrets) expect_none(graveyard, secret, what + ", " + to_string(suite));
  }
}

TEST(SecretsAtRest, are_in_no_memory_that_was_freed_in_tls12) {
  for (const auto suite :
       {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA256}) {
    const auto log = std::make_shared<KeptKeyLog>();
    const auto client = client_builder().policy(with_suite12(suite)).key_log(log).build().value();
    const auto server = legacy_server().build().value();
    Pair pair(client, server);
    Graveyard graveyard;
    deliver(pair.client, pair.server);
    const auto hello = as_view(std::as_const(pair.server.out).readable());
    const auto server_random = own(hello.subspan(record::header_octets + wire::handshake_header_octets + 2, 32));
    pair.run();
    ASSERT_TRUE(pair.established());
    pair.client.write("a question");
    pair.server.write("an answer");
    pair.run();
    {
      const Pair forgotten = std::move(pair);
    }
    graveyard.close();
    const auto& line = log->lines.back();
    const auto client_random = from_hex(std::string_view(line).substr(line.find(' ') + 1, 64));
    const keys::MasterSecret master(from_hex(log->secrets.at("CLIENT_RANDOM")));
    const auto block = keys::derive_key_block(keys::find_suite(suite), master, client_random, server_random).value();
    expect_none(graveyard, master.view(), to_string(suite));
    for (const auto* keys : {&block.client, &block.server}) {
      expect_none(graveyard, keys->key.view(), to_string(suite));
      if (!keys->mac_key.empty()) expect_none(graveyard, keys->mac_key.view(), to_string(suite));
    }
  }
}

TEST(SecretsAtRest, of_an_rsa_key_exchange_are_in_no_memory_of_ours_that_was_freed) {
  const auto key = credential(KeyKind::rsa_2048);
  Pair pair(client_builder().policy(with_suite12(CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
            legacy_server().ask(Ask::decryption).build().value());
  Graveyard graveyard;
  pair.run();
  ASSERT_EQ(pair.server.questions.size(), 1u);
  const auto question = std::exchange(pair.server.questions, {}).front();
  const auto& asked = std::get<DecryptQuestion>(question.what);
  auto answer = PremasterSecret{key.decrypt_premaster(asked.encrypted, asked.client_version).value()};
  const auto premaster = own(as_view(std::span(std::as_const(answer.bytes))));
  ASSERT_TRUE(pair.server.connection.answer(question.id, std::move(answer), pair.server.out));
  pair.run();
  ASSERT_TRUE(pair.established());
  {
    const Pair forgotten = std::move(pair);
  }
  graveyard.close();
  EXPECT_FALSE(graveyard.holds(Heap::cpp, premaster));
}

TEST(SecretsAtRest, are_logged_on_request_alone) {
  // There is no environment variable that the library reads.
  const auto log = std::make_shared<KeptKeyLog>();
  ASSERT_EQ(setenv("SSLKEYLOGFILE", "/nonexistent/keys", 1), 0);
  live(client_builder().build().value(), server_builder().build().value());
  unsetenv("SSLKEYLOGFILE");
  EXPECT_TRUE(log->lines.empty());
  live(client_builder().key_log(log).build().value(), server_builder().build().value());
  EXPECT_FALSE(log->lines.empty());
}

// ---- signatures that went wrong ----

using Parameters = crypto::Handle<OSSL_PARAM, OSSL_PARAM_free>;
using Builder = crypto::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Number = crypto::Handle<BIGNUM, BN_free>;

/// Returns the key with faults in its private half: each signature made with it is wrong.
std::string with_faults(const std::string& pem) {
  const crypto::Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const crypto::Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const Builder builder(OSSL_PARAM_BLD_new());
  std::vector<Number> numbers;
  for (const auto* name : {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
                           OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
                           OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}) {
    BIGNUM* number = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key.get(), name, &number), 1) << name;
    const std::string_view which(name);
    // libcrypto makes up for one fault, by computing the signature without the factors.
    if (which == OSSL_PKEY_PARAM_RSA_D || which == OSSL_PKEY_PARAM_RSA_EXPONENT1) {
      EXPECT_EQ(BN_add_word(number, 2), 1);
    }
    EXPECT_EQ(OSSL_PARAM_BLD_push_BN(builder.get(), name, number), 1);
    numbers.emplace_back(number);
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const crypto::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters.get()), 1);
  const crypto::Key faulty(made);
  const crypto::Bio out(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out.get(), faulty.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* text = nullptr;
  const auto length = static_cast<std::size_t>(BIO_get_mem_data(out.get(), &text));
  return {text, length};
}

TEST(RsaFault, in_a_signature_is_noticed_before_the_signature_is_given_away) {
  LeafRequest request;
  request.names = {"localhost"};
  request.key = KeyKind::rsa_2048;
  const auto issued = authority().issue(request).value();
  const auto right = crypto::PrivateKey::from_pem(issued.key_pem, {}).value();
  const auto faulty = crypto::PrivateKey::from_pem(with_faults(issued.key_pem), {}).value();
  const auto message = as_view(std::string_view("message"));
  for (const auto scheme : {SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::rsa_pkcs1_sha256}) {
    EXPECT_TRUE(right.sign(scheme, message));
    EXPECT_EQ(faulty.sign(scheme, message).error().code, Code::crypto_failed) << to_string(scheme);
  }
}

TEST(RsaFault, of_a_key_that_always_has_it_is_noticed_when_it_is_loaded) {
  LeafRequest request;
  request.names = {"localhost"};
  request.key = KeyKind::rsa_2048;
  const auto issued = authority().issue(request).value();
  EXPECT_TRUE(Credential::from_pem(issued.chain_pem, issued.key_pem));
  EXPECT_EQ(Credential::from_pem(issued.chain_pem, with_faults(issued.key_pem)).error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::attack
