#include "compression.hpp"

#include <array>
#include <random>

#include "compression/algorithms.hpp"

namespace sotto::bogo {
namespace {

constexpr std::array<std::uint8_t, 2> certificate_prefix = {0, 0};  // that every server's Certificate begins with
constexpr std::array<std::uint8_t, 4> expanding_prefix = {1, 2, 3, 4};

Bytes join(View first, View second) {
  auto all = own(first);
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

Result<Bytes> exactly(View content, std::size_t octets) {
  if (content.size() != octets) return fail(Code::certificate_not_decompressed);
  return own(content);
}

Result<Bytes> expand(View plain) { return join(expanding_prefix, plain); }
Result<Bytes> undo_expanding(View compressed, std::size_t octets) {
  if (compressed.size() < expanding_prefix.size() || !same(compressed.first(expanding_prefix.size()), expanding_prefix))
    return fail(Code::certificate_not_decompressed);
  return exactly(compressed.subspan(expanding_prefix.size()), octets);
}

Result<Bytes> shrink(View plain) { return own(plain.subspan(certificate_prefix.size())); }
Result<Bytes> undo_shrinking(View compressed, std::size_t octets) {
  return exactly(join(certificate_prefix, compressed), octets);
}

Result<Bytes> add_anything(View plain) {
  const std::array<std::uint8_t, 1> anything = {static_cast<std::uint8_t>(std::random_device()())};
  return join(anything, plain);
}
Result<Bytes> drop_anything(View compressed, std::size_t octets) { return exactly(compressed.subspan(1), octets); }

constexpr auto expanding = static_cast<CertificateCompression>(0xff02);
constexpr auto shrinking = static_cast<CertificateCompression>(0xff01);
constexpr auto random = static_cast<CertificateCompression>(0xff03);

constexpr auto rows = std::to_array<compression::Algorithm>({
    {expanding, &expand, &undo_expanding},
    {shrinking, &shrink, &undo_shrinking},
    {random, &add_anything, &drop_anything},
});

}  // namespace

std::vector<CertificateCompression> use_test_compressions(const Options& options) {
  compression::use_also(rows);
  std::vector<CertificateCompression> asked;
  for (const auto& row : rows)
    if (options.install_cert_compression_algs || static_cast<int>(row.code) == options.install_one_cert_compression_alg)
      asked.push_back(row.code);
  return asked;
}

}  // namespace sotto::bogo
