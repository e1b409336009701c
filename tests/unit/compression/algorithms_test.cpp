// The compressors of others behind the table: what they take back, and all that they refuse.
#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <thread>
#include <vector>

#include "compression/algorithms.hpp"
#include "compression/cache.hpp"
#include "support/credentials.hpp"

namespace sotto {
namespace {

/// What a Certificate message is made of: names and numbers, some of them again and again, and keys.
Bytes sample() {
  const auto chain = test::credential().chain();
  Bytes octets;
  for (int i = 0; i < 3; ++i) {
    const auto der = as_view(chain.front().der());
    octets.insert(octets.end(), der.begin(), der.end());
  }
  return octets;
}

/// A mebibyte of zeros in as few octets as the algorithm needs for it.
Bytes bomb(CertificateCompression algorithm) {
  return compression::find_algorithm(algorithm)->compress(Bytes(std::size_t{1} << 20)).value();
}

class CompressionAlgorithms : public testing::TestWithParam<CertificateCompression> {
 protected:
  [[nodiscard]] static const compression::Algorithm& algorithm() { return *compression::find_algorithm(GetParam()); }
  static void expect_refused(View compressed, std::size_t octets) {
    const auto plain = algorithm().decompress(compressed, octets);
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().code, Code::certificate_not_decompressed);
    EXPECT_EQ(error_row(plain.error().code).alert, Alert::bad_certificate);
  }
};

TEST_P(CompressionAlgorithms, give_back_what_was_compressed) {
  const auto plain = sample();
  const auto compressed = algorithm().compress(plain).value();
  EXPECT_LT(compressed.size(), plain.size());
  EXPECT_EQ(algorithm().decompress(compressed, plain.size()).value(), plain);
}

TEST_P(CompressionAlgorithms, refuse_a_stream_that_is_not_as_long_as_promised) {  // RFC 8879, 4
  const auto plain = sample();
  const auto compressed = algorithm().compress(plain).value();
  for (const auto promised : {plain.size() - 1, plain.size() + 1, std::size_t{1}, std::size_t{0}, 2 * plain.size()})
    expect_refused(compressed, promised);
}

TEST_P(CompressionAlgorithms, refuse_a_stream_with_something_behind_it) {
  const auto plain = sample();
  const auto compressed = algorithm().compress(plain).value();
  auto longer = compressed;
  longer.push_back(0);
  expect_refused(longer, plain.size());
  auto twice = compressed;
  twice.insert(twice.end(), compressed.begin(), compressed.end());
  expect_refused(twice, plain.size());
  expect_refused(twice, 2 * plain.size());
}

TEST_P(CompressionAlgorithms, refuse_a_stream_that_ends_early) {
  const auto plain = sample();
  const auto compressed = algorithm().compress(plain).value();
  for (std::size_t octets = 0; octets < compressed.size(); ++octets)
    expect_refused(View(compressed).first(octets), plain.size());
}

TEST_P(CompressionAlgorithms, refuse_what_is_no_stream) {
  expect_refused(Bytes(100, 0xff), 100);
  expect_refused(sample(), 1000);
}

TEST_P(CompressionAlgorithms, write_no_more_than_was_promised_of_a_bomb) {
  const auto compressed = bomb(GetParam());
  EXPECT_LT(compressed.size(), 2000U);
  for (const auto promised : {std::size_t{1}, std::size_t{4096}, std::size_t{100} * 1024})
    expect_refused(compressed, promised);
}

INSTANTIATE_TEST_SUITE_P(Each, CompressionAlgorithms,
                         testing::Values(CertificateCompression::zlib, CertificateCompression::brotli,
                                         CertificateCompression::zstd),
                         [](const auto& each) { return to_string(each.param); });

TEST(CompressionAlgorithm, does_not_exist_for_other_code_points) {
  EXPECT_EQ(compression::find_algorithm(CertificateCompression{0}), nullptr);
  EXPECT_EQ(compression::find_algorithm(CertificateCompression{4}), nullptr);
}

TEST(Zlib, takes_no_dictionary_and_no_gzip) {
  const Bytes dictionary = {'a', 'b', 'c', 'd'};
  const auto plain = sample();
  Bytes compressed(compressBound(plain.size()) + 16);
  z_stream stream{};
  ASSERT_EQ(deflateInit(&stream, 9), Z_OK);
  ASSERT_EQ(deflateSetDictionary(&stream, dictionary.data(), 4), Z_OK);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = compressed.data();
  stream.avail_out = static_cast<uInt>(compressed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  EXPECT_FALSE(compression::find_algorithm(CertificateCompression::zlib)->decompress(compressed, plain.size()));
}

TEST(Brotli, gets_no_memory_for_a_window_that_no_certificate_needs) {
  // A last block of 16 MiB in a window of as much: the decoder would make room for it before it reads on.
  const Bytes header = {0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const auto* brotli = compression::find_algorithm(CertificateCompression::brotli);
  EXPECT_FALSE(brotli->decompress(header, 1024));
  // What large windows were made with is read all the same, as long as the message is short.
  const auto plain = sample();
  Bytes compressed(BrotliEncoderMaxCompressedSize(plain.size()));
  auto octets = compressed.size();
  ASSERT_TRUE(BrotliEncoderCompress(11, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_GENERIC, plain.size(), plain.data(),
                                    &octets, compressed.data()));
  compressed.resize(octets);
  EXPECT_EQ(brotli->decompress(compressed, plain.size()).value(), plain);
}

TEST(Brotli, takes_the_longest_message_that_the_limits_allow) {
  Bytes plain(Limits().certificate_chain);
  std::uint32_t state = 1;
  for (auto& octet : plain) octet = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  const auto* brotli = compression::find_algorithm(CertificateCompression::brotli);
  EXPECT_EQ(brotli->decompress(brotli->compress(plain).value(), plain.size()).value(), plain);
}

TEST(Zstd, takes_one_frame_and_none_that_is_skipped) {
  const auto plain = sample();
  const auto* zstd = compression::find_algorithm(CertificateCompression::zstd);
  auto compressed = zstd->compress(plain).value();
  const Bytes skippable = {0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7};
  auto with_more = compressed;
  with_more.insert(with_more.end(), skippable.begin(), skippable.end());
  EXPECT_FALSE(zstd->decompress(with_more, plain.size()));
  EXPECT_FALSE(zstd->decompress(skippable, 1));
}

int compressions = 0;
Result<Bytes> count(View plain) {
  ++compressions;
  return own(plain.first(1));
}
Result<Bytes> fail_to_compress(View) { return fail(Code::internal_error); }
constexpr compression::Algorithm counting = {CertificateCompression{0xff00}, &count, nullptr};

TEST(CompressionCache, does_the_work_once_for_each_message) {
  compressions = 0;
  compression::Cache cache;
  const Bytes one = {1, 1, 1};
  const Bytes two = {2, 2, 2};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cache.compress(counting, one).value(), Bytes({1}));
    EXPECT_EQ(cache.compress(counting, two).value(), Bytes({2}));
  }
  EXPECT_EQ(compressions, 2);
}

TEST(CompressionCache, keeps_algorithms_apart_and_no_failures) {
  compression::Cache cache;
  const Bytes message = {3, 3};
  EXPECT_FALSE(cache.compress({counting.code, &fail_to_compress, nullptr}, message));
  EXPECT_EQ(cache.compress(counting, message).value(), Bytes({3}));
  EXPECT_FALSE(cache.compress({CertificateCompression{0xff04}, &fail_to_compress, nullptr}, message));
}

TEST(CompressionCache, forgets_the_oldest_where_there_are_too_many) {
  compressions = 0;
  compression::Cache cache;
  for (std::size_t i = 0; i <= compression::Cache::most_entries; ++i)
    ASSERT_TRUE(cache.compress(counting, Bytes(i + 1)));
  ASSERT_TRUE(cache.compress(counting, Bytes(compression::Cache::most_entries + 1)));
  EXPECT_EQ(compressions, static_cast<int>(compression::Cache::most_entries) + 1);
  ASSERT_TRUE(cache.compress(counting, Bytes(1)));
  EXPECT_EQ(compressions, static_cast<int>(compression::Cache::most_entries) + 2);
}

TEST(CompressionCache, serves_threads_that_ask_at_once) {
  compressions = 0;
  compression::Cache cache;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) EXPECT_EQ(cache.compress(counting, Bytes(5, 9)).value(), Bytes({9}));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(compressions, 1);
}

}  // namespace
}  // namespace sotto
