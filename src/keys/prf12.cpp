#include "keys/prf12.hpp"

#include <algorithm>

#include "crypto/hkdf.hpp"

namespace sotto::keys {
namespace {

constexpr std::string_view key_expansion = "key expansion";

/// RFC 5288, 3: the salt of AES-GCM has 4 octets. RFC 7905, 2: ChaCha20-Poly1305 takes the whole nonce.
std::size_t fixed_iv_octets(crypto::AeadAlgorithm aead) {
  return aead == crypto::AeadAlgorithm::chacha20_poly1305 ? crypto::aead_nonce_length : 4;
}

Bytes joined(View first, View second) {
  auto both = own(first);
  both.insert(both.end(), second.begin(), second.end());
  return both;
}

}  // namespace

Result<void> prf(crypto::HashAlgorithm hash, View secret, std::string_view label, View first, View second,
                 MutableView out) {
  // P_hash: A(0) = seed, A(i) = HMAC(secret, A(i-1)); output HMAC(secret, A(i) + seed).
  auto a = crypto::hmac(hash, secret, {as_view(label), first, second});
  while (!out.empty()) {
    if (!a) return std::unexpected(a.error());
    const auto block = crypto::hmac(hash, secret, {a->view(), as_view(label), first, second});
    if (!block) return std::unexpected(block.error());
    out = out.subspan(copy(block->view(), out));
    a = crypto::hmac(hash, secret, {a->view()});
  }
  return {};
}

Result<MasterSecret> extended_master_secret(crypto::HashAlgorithm hash, View premaster_secret,
                                            const crypto::Digest& session_hash) {
  MasterSecret master;
  if (auto done = prf(hash, premaster_secret, "extended master secret", session_hash.view(), {}, master.resize(48));
      !done)
    return std::unexpected(done.error());
  return master;
}

Result<MasterSecret> master_secret(crypto::HashAlgorithm hash, View premaster_secret, View client_random,
                                   View server_random) {
  MasterSecret master;
  if (auto done = prf(hash, premaster_secret, "master secret", client_random, server_random, master.resize(48)); !done)
    return std::unexpected(done.error());
  return master;
}

Result<KeyBlock> derive_key_block(const SuiteParameters* suite, const MasterSecret& master, View client_random,
                                  View server_random) {
  const auto& cbc = suite->cbc;
  const auto key = cbc ? crypto::cbc_key_length(cbc->cipher) : crypto::aead_key_length(suite->aead);
  const auto iv = cbc ? 0 : fixed_iv_octets(suite->aead);
  const auto mac = cbc ? crypto::mac_length(cbc->mac) : 0;
  Secret<2 * (crypto::max_mac_length + 32 + crypto::aead_nonce_length)> block;
  const auto all = block.resize(2 * (mac + key + iv));
  // The seed of the expansion has the randoms the other way round. RFC 5246, 6.3.
  if (auto done = prf(suite->hash, master.view(), key_expansion, server_random, client_random, all); !done)
    return std::unexpected(done.error());
  View rest = block.view();
  const auto take = [&rest](MutableView into) { rest = rest.subspan(copy(rest.first(into.size()), into)); };
  KeyBlock keys;
  keys.client.suite = keys.server.suite = suite;
  take(keys.client.mac_key.resize(mac));
  take(keys.server.mac_key.resize(mac));
  take(keys.client.key.resize(key));
  take(keys.server.key.resize(key));
  take(keys.client.iv.resize(iv));
  take(keys.server.iv.resize(iv));
  return keys;
}

Result<std::array<std::uint8_t, verify_data12_octets>> verify_data12(crypto::HashAlgorithm hash,
                                                                     const MasterSecret& master, std::string_view label,
                                                                     const crypto::Digest& transcript) {
  std::array<std::uint8_t, verify_data12_octets> data{};
  if (auto done = prf(hash, master.view(), label, transcript.view(), {}, data); !done)
    return std::unexpected(done.error());
  return data;
}

Result<void> export_keying_material12(crypto::HashAlgorithm hash, const MasterSecret& master, View client_random,
                                      View server_random, std::string_view label, std::optional<View> context,
                                      MutableView out) {
  // RFC 5705, 4: without a context no length is hashed either; with an empty one it is.
  auto seed = joined(client_random, server_random);
  if (context) {
    if (context->size() > 0xffff)
      return fail(Code::invalid_configuration, "an exporter context has at most 65535 octets");
    const std::array<std::uint8_t, 2> length = {static_cast<std::uint8_t>(context->size() >> 8),
                                                static_cast<std::uint8_t>(context->size())};
    seed = joined(seed, joined(length, *context));
  }
  return prf(hash, master.view(), label, seed, {}, out);
}

}  // namespace sotto::keys
