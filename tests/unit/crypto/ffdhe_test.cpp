#include "crypto/ffdhe.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/err.h>

#include "crypto/handles.hpp"
#include "crypto/key_exchange.hpp"
#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

constexpr auto groups =
    std::to_array<NamedGroup>({NamedGroup::ffdhe2048, NamedGroup::ffdhe3072, NamedGroup::ffdhe4096});
const Bytes two{2};

using Number = Handle<BIGNUM, BN_free>;

Bytes octets(const BIGNUM* number) {
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

// p + difference.
Bytes near(View prime, int difference) {
  const Number number(BN_bin2bn(prime.data(), static_cast<int>(prime.size()), nullptr));
  const auto distance = static_cast<BN_ULONG>(difference < 0 ? -difference : difference);
  EXPECT_EQ(difference < 0 ? BN_sub_word(number.get(), distance) : BN_add_word(number.get(), distance), 1);
  return octets(number.get());
}

Result<FfdheExchange> client_of(const FfdheExchange& server) {
  return FfdheExchange::from_parameters(server.prime(), server.generator());
}

TEST(Ffdhe, a_client_agrees_with_a_server_in_the_servers_group) {
  for (const auto group : groups) {
    const auto server = FfdheExchange::generate(group);
    ASSERT_TRUE(server) << to_string(group);
    const auto client = client_of(*server);
    ASSERT_TRUE(client) << client.error().detail;
    const auto hers = client->agree(server->public_value());
    const auto his = server->agree(client->public_value());
    ASSERT_TRUE(hers && his);
    EXPECT_TRUE(same(hers->view(), his->view()));
    EXPECT_FALSE(same(server->public_value(), client->public_value()));
  }
}

TEST(Ffdhe, the_groups_are_those_of_rfc7919) {
  const std::size_t bits[] = {2048, 3072, 4096};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto server = FfdheExchange::generate(groups[i]);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->bits(), bits[i]);
    EXPECT_EQ(server->public_value().size(), bits[i] / 8);
    EXPECT_EQ(own(server->generator()), two);
    // RFC 7919, A: p = 2^b - 2^(b-64) + {[2^(b-130) e] + X} * 2^64 - 1, which shows the digits of e.
    const auto hex = to_hex(server->prime());
    EXPECT_TRUE(hex.starts_with("ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695")) << hex;
    EXPECT_TRUE(hex.ends_with("ffffffffffffffff")) << hex;
  }
}

TEST(Ffdhe, takes_the_groups_of_rfc3526_from_a_server) {
  using Make = BIGNUM* (*)(BIGNUM*);
  for (const Make make : {Make{BN_get_rfc3526_prime_2048}, Make{BN_get_rfc3526_prime_3072},
                          Make{BN_get_rfc3526_prime_4096}, Make{BN_get_rfc3526_prime_8192}}) {
    const Number prime(make(nullptr));
    const auto client = FfdheExchange::from_parameters(octets(prime.get()), two);
    ASSERT_TRUE(client) << client.error().detail;
    EXPECT_EQ(own(client->prime()), octets(prime.get()));
    EXPECT_TRUE(client->agree(client->public_value()));
  }
}

TEST(Ffdhe, refuses_small_groups_unknown_primes_and_other_generators) {
  const Number small(BN_get_rfc3526_prime_1536(nullptr));
  EXPECT_EQ(FfdheExchange::from_parameters(octets(small.get()), two).error().code, Code::weak_dhe_group);
  // RFC 7919, 4: "insufficient_security".
  EXPECT_EQ(FfdheExchange::from_parameters(octets(small.get()), two).error().alert, Alert::insufficient_security);
  EXPECT_EQ(FfdheExchange::from_parameters({}, two).error().code, Code::weak_dhe_group);
  const auto prime = own(FfdheExchange::generate(NamedGroup::ffdhe2048)->prime());
  for (const int difference : {-2, -1, 1, 2})
    EXPECT_EQ(FfdheExchange::from_parameters(near(prime, difference), two).error().code, Code::weak_dhe_group);
  EXPECT_EQ(FfdheExchange::from_parameters(Bytes(65535, 0xff), two).error().code, Code::weak_dhe_group);
  for (const auto& generator :
       {Bytes{}, Bytes{0}, Bytes{1}, Bytes{3}, Bytes{5}, Bytes{2, 0}, near(prime, -1), near(prime, -2), prime})
    EXPECT_EQ(FfdheExchange::from_parameters(prime, generator).error().code, Code::weak_dhe_group) << to_hex(generator);
}

TEST(Ffdhe, leading_zeros_do_not_change_a_number) {
  const auto server = FfdheExchange::generate(NamedGroup::ffdhe2048);
  Bytes prime{0};
  prime.insert(prime.end(), server->prime().begin(), server->prime().end());
  const auto client = FfdheExchange::from_parameters(prime, Bytes{0, 2});
  ASSERT_TRUE(client) << client.error().detail;
  Bytes value{0, 0};
  value.insert(value.end(), server->public_value().begin(), server->public_value().end());
  EXPECT_TRUE(same(client->agree(value)->view(), server->agree(client->public_value())->view()));
}

// RFC 7919, 5.1: "1 < Y < p-1".
TEST(Ffdhe, a_public_value_is_between_2_and_p_minus_2) {
  for (const auto group : groups) {
    const auto ours = FfdheExchange::generate(group);
    const auto prime = ours->prime();
    auto longer = own(prime);
    longer.push_back(0);
    for (const auto& value : {Bytes{}, Bytes{0}, Bytes{1}, Bytes(prime.size()), near(prime, -1), near(prime, 0),
                              near(prime, 1), Bytes(prime.size(), 0xff), longer})
      EXPECT_EQ(ours->agree(value).error().code, Code::bad_key_share) << to_hex(value);
    EXPECT_TRUE(ours->agree(Bytes{2}));
    EXPECT_TRUE(ours->agree(near(prime, -2)));
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

// RFC 5246, 8.1.2: "Leading bytes of Z that contain all zero bits are stripped".
TEST(Ffdhe, the_secret_has_no_leading_zeros) {
  const auto ours = FfdheExchange::generate(NamedGroup::ffdhe2048);
  // About one value in 256 gives a secret that begins with a zero octet; 3000 values without one are a chance of 2^-16.
  bool shorter = false;
  for (int i = 2; i < 3002 && !shorter; ++i) {
    const auto secret = ours->agree(Bytes{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    ASSERT_TRUE(secret);
    ASSERT_NE(secret->view()[0], 0);
    shorter = secret->size() < 256;
  }
  EXPECT_TRUE(shorter);
}

TEST(Ffdhe, curves_and_prime_fields_are_not_mixed_up) {
  for (const auto group : {NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1}) {
    EXPECT_FALSE(is_ffdhe(group));
    EXPECT_EQ(FfdheExchange::generate(group).error().code, Code::crypto_failed);
  }
  for (const auto group : groups) {
    EXPECT_TRUE(is_ffdhe(group));
    EXPECT_EQ(KeyExchange::generate(group).error().code, Code::crypto_failed);
    EXPECT_EQ(KeyExchange::from_private_key(group, Bytes(32, 1)).error().code, Code::crypto_failed);
  }
}

TEST(Ffdhe, one_that_was_moved_from_fails_instead_of_crashing) {
  auto first = FfdheExchange::generate(NamedGroup::ffdhe2048);
  const auto second = std::move(*first);
  EXPECT_TRUE(second.agree(second.public_value()));
  EXPECT_EQ(first->agree(second.public_value()).error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::crypto
