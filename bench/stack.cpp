#include "stack.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sotto::bench {

void Wire::append(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

std::size_t Wire::take(std::span<std::byte> out) {
  const auto count = std::min(out.size(), bytes_.size() - begin_);
  if (count != 0) std::memcpy(out.data(), bytes_.data() + begin_, count);
  begin_ += count;
  if (empty()) {
    bytes_.clear();
    begin_ = 0;
  }
  return count;
}

std::span<const Implementation> implementations() {
  static constexpr auto all = std::to_array<Implementation>({
      {"sotto", sotto_version, make_sotto},
      {"OpenSSL", openssl_version, make_openssl},
      {"GnuTLS", gnutls_version, make_gnutls},
  });
  return all;
}

}  // namespace sotto::bench
