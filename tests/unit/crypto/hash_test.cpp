#include "crypto/hash.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/crypto/hex.hpp"

namespace sotto::crypto {
namespace {

struct Known {
  HashAlgorithm hash;
  const char* of_abc;
};

// FIPS 180-4's example "abc".
constexpr auto known = std::to_array<Known>(
    {{HashAlgorithm::sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
     {HashAlgorithm::sha384,
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
     {HashAlgorithm::sha512,
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
      "2a9ac9"
      "4fa54ca49f"}});

TEST(Hash, gives_the_value_of_the_standard) {
  for (const auto& row : known) {
    const auto value = digest(row.hash, as_view(std::string_view("abc")));
    ASSERT_TRUE(value);
    EXPECT_EQ(to_hex(value->view()), row.of_abc);
    EXPECT_EQ(value->size(), hash_length(row.hash));
  }
}

TEST(Hash, a_snapshot_leaves_the_running_hash_as_it_is) {
  for (const auto& row : known) {
    auto hash = Hash::create(row.hash);
    ASSERT_TRUE(hash && hash->update(as_view(std::string_view("ab"))));
    const auto before = hash->snapshot();
    ASSERT_TRUE(before && hash->update(as_view(std::string_view("c"))));
    EXPECT_EQ(to_hex(hash->snapshot()->view()), row.of_abc);
    EXPECT_EQ(to_hex(hash->snapshot()->view()), row.of_abc);
    EXPECT_EQ(to_hex(before->view()), to_hex(digest(row.hash, as_view(std::string_view("ab")))->view()));
  }
}

TEST(Hash, a_clone_goes_its_own_way) {
  auto hash = Hash::create(HashAlgorithm::sha256);
  ASSERT_TRUE(hash && hash->update(as_view(std::string_view("ab"))));
  auto clone = hash->clone();
  ASSERT_TRUE(clone && clone->update(as_view(std::string_view("c"))) && hash->update(as_view(std::string_view("x"))));
  EXPECT_EQ(to_hex(clone->snapshot()->view()), known[0].of_abc);
  EXPECT_NE(to_hex(hash->snapshot()->view()), known[0].of_abc);
}

TEST(Hash, a_restart_forgets_everything) {
  auto hash = Hash::create(HashAlgorithm::sha384);
  ASSERT_TRUE(hash && hash->update(as_view(std::string_view("something else"))) && hash->restart());
  ASSERT_TRUE(hash->update(as_view(std::string_view("abc"))));
  EXPECT_EQ(to_hex(hash->snapshot()->view()), known[1].of_abc);
}

TEST(Hash, one_that_was_moved_from_fails_instead_of_crashing) {
  auto hash = Hash::create(HashAlgorithm::sha256);
  ASSERT_TRUE(hash);
  const auto taken = std::move(*hash);
  EXPECT_TRUE(taken.snapshot());
  EXPECT_EQ(hash->update({}).error().code, Code::crypto_failed);
  EXPECT_EQ(hash->snapshot().error().code, Code::crypto_failed);
  EXPECT_EQ(hash->clone().error().code, Code::crypto_failed);
}

}  // namespace
}  // namespace sotto::crypto
