// Micro-benchmarks of the lower folders: what one operation costs inside the library.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "base/bytes.hpp"
#include "credentials.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/hkdf.hpp"
#include "crypto/key_exchange.hpp"
#include "crypto/random.hpp"
#include "crypto/signature.hpp"
#include "keys/schedule13.hpp"
#include "record/protection.hpp"
#include "require.hpp"
#include "wire/certificate_view.hpp"

namespace sotto::bench {
namespace {

const keys::SuiteParameters& suite_of(const benchmark::State& state) {
  return keys::suite_table.at(static_cast<std::size_t>(state.range(0)));
}

keys::TrafficSecret traffic_secret(const keys::SuiteParameters& suite) {
  const Bytes secret(crypto::hash_length(suite.hash), 7);
  return {&suite, crypto::HashSecret(secret)};
}

void seal_record(benchmark::State& state) {
  auto sealer = require(record::Sealer::create(traffic_secret(suite_of(state))));
  const Bytes content(static_cast<std::size_t>(state.range(1)), 0x5a);
  Buffer out;
  for (auto each : state) {
    out.clear();
    require(sealer.seal(wire::ContentType::application_data, content, {}, out));
  }
  state.SetBytesProcessed(state.iterations() * state.range(1));
}
BENCHMARK(seal_record)->ArgsProduct({{0, 1, 2}, {64, 1350, 16384}});

// Opening changes the record, so each is sealed anew; subtract `seal_record`.
void seal_and_open_record(benchmark::State& state) {
  auto sealer = require(record::Sealer::create(traffic_secret(suite_of(state))));
  auto opener = require(record::Opener::create(traffic_secret(suite_of(state))));
  const Bytes content(static_cast<std::size_t>(state.range(1)), 0x5a);
  Buffer out;
  for (auto each : state) {
    out.clear();
    require(sealer.seal(wire::ContentType::application_data, content, {}, out));
    const auto found = require(record::deframe(as_view(out.readable()), record::Protection::aead));
    benchmark::DoNotOptimize(require(opener.open(*found.record)));
  }
  state.SetBytesProcessed(state.iterations() * state.range(1));
}
BENCHMARK(seal_and_open_record)->ArgsProduct({{0, 1, 2}, {64, 1350, 16384}});

void hkdf_expand_label(benchmark::State& state) {
  const auto hash = static_cast<crypto::HashAlgorithm>(state.range(0));
  const Bytes secret(crypto::hash_length(hash), 7);
  const Bytes context(crypto::hash_length(hash), 9);
  for (auto each : state) benchmark::DoNotOptimize(require(keys::expand_label(hash, secret, "c hs traffic", context)));
}
BENCHMARK(hkdf_expand_label)->Arg(0)->Arg(1);

void transcript_snapshot(benchmark::State& state) {
  auto hash = require(crypto::Hash::create(crypto::HashAlgorithm::sha256));
  for (auto each : state) benchmark::DoNotOptimize(require(hash.snapshot()));
}
BENCHMARK(transcript_snapshot);

void fill_random_32(benchmark::State& state) {
  std::array<std::uint8_t, 32> out{};
  for (auto each : state) require(crypto::fill_random(out));
}
BENCHMARK(fill_random_32);

void generate_key_share(benchmark::State& state) {
  const auto group = static_cast<NamedGroup>(state.range(0));
  for (auto each : state) benchmark::DoNotOptimize(require(crypto::KeyExchange::generate(group)));
}
BENCHMARK(generate_key_share)->Arg(0x1d)->Arg(0x17);

void agree(benchmark::State& state) {
  const auto group = static_cast<NamedGroup>(state.range(0));
  const auto ours = require(crypto::KeyExchange::generate(group));
  const auto peer = require(crypto::KeyExchange::generate(group));
  for (auto each : state) benchmark::DoNotOptimize(require(ours.agree(peer.public_value())));
}
BENCHMARK(agree)->Arg(0x1d)->Arg(0x17);

struct Signer {
  crypto::PrivateKey key;
  Bytes public_key;
  SignatureScheme scheme;
};

Signer signer_of(const benchmark::State& state) {
  const auto kind = state.range(0) == 0 ? KeyKind::ecdsa_p256 : KeyKind::rsa_2048;
  auto key = require(crypto::PrivateKey::from_pem(issue_credentials(kind).server_key, {}));
  auto public_key = require(key.subject_public_key_info());
  const auto scheme = crypto::tls13_schemes_of(key.type(), key.bits()).front();
  return {std::move(key), std::move(public_key), scheme};
}

void sign(benchmark::State& state) {
  const auto signer = signer_of(state);
  const Bytes message(130, 3);
  for (auto each : state) benchmark::DoNotOptimize(require(signer.key.sign(signer.scheme, message)));
}
BENCHMARK(sign)->Arg(0)->Arg(1);

void import_key_and_verify(benchmark::State& state) {
  const auto signer = signer_of(state);
  const Bytes message(130, 3);
  const auto signature = require(signer.key.sign(signer.scheme, message));
  for (auto each : state) {
    const auto key = require(crypto::PublicKey::from_spki(signer.public_key));
    require(key.verify(signer.scheme, message, signature));
  }
}
BENCHMARK(import_key_and_verify)->Arg(0)->Arg(1);

void parse_certificate(benchmark::State& state) {
  const auto chain = require(Certificate::from_pem(issue_credentials(KeyKind::ecdsa_p256).server_chain));
  const auto der = as_view(chain.front().der());
  for (auto each : state) benchmark::DoNotOptimize(require(wire::parse_certificate(der)));
}
BENCHMARK(parse_certificate);

}  // namespace
}  // namespace sotto::bench

BENCHMARK_MAIN();
