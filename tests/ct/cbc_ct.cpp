// Opens CBC records whose plaintext valgrind takes for a secret: that is Lucky Thirteen's place. With the argument
// "leak" the program branches on a secret itself, and valgrind has to say so.
#include <numeric>

#include "ct/checks.hpp"
#include "record/protection12_cbc.hpp"

namespace sotto::constant_time_test {
namespace {

using crypto::MacHash;
using crypto::RecordMac;

Bytes numbers(std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

crypto::MacPrefix prefix(std::size_t length) {
  return {0, 0, 0, 0, 0, 0, 0, 5, 23, 3, 3, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
}

// Content, tag and padding, which fill `size` octets.
Bytes plaintext(const RecordMac& mac, std::size_t size, std::size_t padding) {
  const auto content = numbers(size - crypto::mac_length(mac.hash()) - padding - 1);
  const auto tag = mac.compute(prefix(content.size()), content);
  auto all = content;
  all.insert(all.end(), tag.view().begin(), tag.view().end());
  all.resize(size, static_cast<std::uint8_t>(padding));
  return all;
}

struct Verdict {
  bool authentic;
  std::size_t length;
};

Verdict check(const RecordMac& mac, Bytes octets) {
  poison(octets);
  auto found = record::check_padding_and_mac(mac, {5, wire::ContentType::application_data}, octets);
  reveal_value(found);
  return {found.authentic != 0, found.length};
}

void check_lengths(MacHash hash) {
  auto key = numbers(crypto::mac_length(hash));
  poison(key);
  const auto mac = RecordMac::create(hash, key);
  require(mac.has_value(), "a MAC is keyed");
  if (!mac) return;
  const auto tag = crypto::mac_length(hash);
  for (const std::size_t size :
       {std::size_t{64}, std::size_t{80}, std::size_t{256}, std::size_t{320}, std::size_t{1024}})
    for (std::size_t padding = 0; padding < 256 && tag + padding + 1 <= size; padding += padding < 20 ? 1 : 23) {
      auto good = plaintext(*mac, size, padding);
      reveal(good);
      const auto opened = check(*mac, good);
      require(opened.authentic && opened.length == size - tag - padding - 1, "a good record is authentic");
      auto bad_tag = good;
      bad_tag[size - padding - 2] = static_cast<std::uint8_t>(bad_tag[size - padding - 2] ^ 1U);
      require(!check(*mac, bad_tag).authentic, "a changed tag is not authentic");
      auto bad_padding = good;
      bad_padding.back() = static_cast<std::uint8_t>(bad_padding.back() ^ 0x80U);
      require(!check(*mac, bad_padding).authentic, "another padding length is not authentic");
    }
}

}  // namespace

void check_all() {
  for (const auto hash : {crypto::MacHash::sha1, crypto::MacHash::sha256, crypto::MacHash::sha384}) check_lengths(hash);
}

}  // namespace sotto::constant_time_test
