// Bleichenbacher's attack of 1998 and its children (ROBOT, Marvin): a server that tells in any way what is wrong with
// an encrypted pre-master secret decrypts for whoever asks often enough. RFC 5246, 7.4.7.1.
#include <openssl/rsa.h>

#include "attack/scene.hpp"
#include "crypto/handles.hpp"
#include "crypto/signature.hpp"

namespace sotto::attack {
namespace {

using Blocks = std::vector<std::pair<const char*, Bytes>>;

constexpr std::size_t modulus_octets = 256;

/// 00 02, padding without zeros, 00, `secret`. RFC 8017, 7.2.1.
Bytes padded(View secret) {
  Bytes block(modulus_octets, 0x5a);
  block[0] = 0;
  block[1] = 2;
  block[block.size() - secret.size() - 1] = 0;
  copy(secret, MutableView(block).last(secret.size()));
  return block;
}
Bytes secret_of(std::size_t octets, std::uint8_t major = 3, std::uint8_t minor = 3) {
  Bytes secret(octets, 0x11);
  if (octets > 0) secret[0] = major;
  if (octets > 1) secret[1] = minor;
  return secret;
}

/// Every way in which a plaintext can be wrong, and the one that is right but of another secret than the client's.
Blocks plaintexts() {
  const auto with = [](std::size_t at, std::uint8_t octet) {
    auto block = padded(secret_of(48));
    block[at] = octet;
    return block;
  };
  Blocks blocks = {
      {"right, and another secret", padded(secret_of(48))},
      {"the first octet is not zero", with(0, 1)},
      {"block type 1", with(1, 1)},
      {"block type 0", with(1, 0)},
      {"a zero among the first eight octets of padding", with(5, 0)},
      {"a zero in the middle of the padding", with(100, 0)},
      {"no zero at all", Bytes(modulus_octets, 0x5a)},
      {"a secret of 47 octets", padded(secret_of(47))},
      {"a secret of 49 octets", padded(secret_of(49))},
      {"an empty secret", padded({})},
      {"version 3.2", padded(secret_of(48, 3, 2))},
      {"version 3.4", padded(secret_of(48, 3, 4))},
      {"version 2.3", padded(secret_of(48, 2, 3))},
  };
  blocks[6].second[0] = 0;
  blocks[6].second[1] = 2;
  return blocks;
}

/// Encrypts a block without any padding of libcrypto's own.
Bytes encrypt(View block) {
  const auto der = credential(KeyKind::rsa_2048).chain().front();
  const auto bytes = as_view(der.der());
  const unsigned char* at = bytes.data();
  const crypto::Handle<X509, X509_free> certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  const crypto::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, X509_get0_pubkey(certificate.get()), nullptr));
  Bytes encrypted(modulus_octets);
  auto length = encrypted.size();
  EXPECT_EQ(EVP_PKEY_encrypt_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_encrypt(context.get(), encrypted.data(), &length, block.data(), block.size()), 1);
  return encrypted;
}

Blocks ciphertexts() {
  Blocks blocks;
  for (const auto& [what, block] : plaintexts()) blocks.emplace_back(what, encrypt(block));
  blocks.emplace_back("a ciphertext above the modulus", Bytes(modulus_octets, 0xff));
  blocks.emplace_back("a ciphertext of zeros", Bytes(modulus_octets, 0));
  blocks.emplace_back("a ciphertext that is too short", Bytes(modulus_octets - 1, 0x77));
  blocks.emplace_back("a ciphertext that is too long", Bytes(modulus_octets + 1, 0x77));
  blocks.emplace_back("a ciphertext of one octet", Bytes(1, 0x77));
  return blocks;
}

/// What a server shows of itself when it gets this ciphertext, octet for octet, and what its log would say.
struct Shown {
  std::string octets;
  std::string message;
  bool operator==(const Shown&) const = default;
};
Shown answer_to(View ciphertext, CipherSuite suite) {
  static const auto server = legacy_server().build().value();
  Pair pair(client_builder().policy(with_suite12(suite)).session_store(nullptr).build().value(), server);
  deliver(pair.client, pair.server);
  deliver(pair.server, pair.client);
  Flight flight(pair.client.out);
  change<wire::ClientKeyExchangeClassic>(flight.of(HandshakeType::client_key_exchange),
                                         [&](auto& message) { message.exchange_keys = ciphertext; });
  flight.send();
  deliver(pair.client, pair.server);
  EXPECT_TRUE(pair.server.error);
  return {to_hex(pair.server.out.readable()), pair.server.error ? pair.server.error->message() : "established"};
}

TEST(Bleichenbacher, gets_the_same_octets_and_the_same_words_whatever_is_wrong) {
  for (const auto suite : {CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA}) {
    std::optional<Shown> first;
    for (const auto& [what, ciphertext] : ciphertexts()) {
      const auto shown = answer_to(ciphertext, suite);
      EXPECT_EQ(shown.octets,
                "1503030002"
                "0214")
          << what << ": one alert, bad_record_mac";
      if (!first) first = shown;
      EXPECT_EQ(shown.message, first->message) << what;
    }
  }
}

TEST(Bleichenbacher, gets_another_random_secret_for_the_same_ciphertext_each_time) {
  // Otherwise two tries that end alike would tell that the secret is the one in the ciphertext.
  const auto key = credential(KeyKind::rsa_2048);
  for (const auto& [what, ciphertext] : ciphertexts()) {
    if (std::string_view(what).starts_with("right")) continue;
    const auto one = key.decrypt_premaster(as_public(View(ciphertext)), ProtocolVersion::tls12);
    const auto other = key.decrypt_premaster(as_public(View(ciphertext)), ProtocolVersion::tls12);
    ASSERT_TRUE(one && other) << what;
    EXPECT_NE(*one, *other) << what;
  }
}

TEST(Bleichenbacher, finds_no_rsa_key_exchange_but_under_the_legacy_policy) {
  for (const auto& policy : {Policy::modern(), Policy::compatible()}) {
    Pair pair(client_builder().policy(with_suite12(CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256)).build().value(),
              ServerConfig::builder().policy(policy).credential(credential(KeyKind::rsa_2048)).build().value());
    pair.run();
    expect_refused(pair.server, Code::no_common_cipher_suite, Alert::handshake_failure, policy.name);
  }
}

}  // namespace
}  // namespace sotto::attack
