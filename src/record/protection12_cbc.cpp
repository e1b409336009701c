#include "record/protection12_cbc.hpp"

#include <algorithm>
#include <array>

#include "crypto/random.hpp"

namespace sotto::record {
namespace {

using crypto::cbc_block;
using crypto::constant_time::are_equal;
using crypto::constant_time::are_same;
using crypto::constant_time::is_at_least;
using crypto::constant_time::is_less;
using crypto::constant_time::is_zero;
using crypto::constant_time::Mask;
using crypto::constant_time::select;
using crypto::constant_time::select_octet;

constexpr std::size_t max_padding = 255;

std::unexpected<Error> bad_record() { return fail(Code::bad_record_mac); }

Result<std::uint64_t> next(std::uint64_t& used) {
  if (used == ~std::uint64_t{0}) return fail(Code::key_usage_limit_reached, "the sequence number would wrap");
  return used++;
}

/// seq_num + type + version + length. RFC 5246, 6.2.3.1.
crypto::MacPrefix prefix_of(const MacSubject& subject, std::size_t length) {
  crypto::MacPrefix prefix{};
  for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<std::uint8_t>(subject.sequence >> (8 * (7 - i)));
  copy(make_header(subject.type, length), MutableView(prefix).subspan(8));
  return prefix;
}

crypto::CbcIv iv_of(View fragment) {
  crypto::CbcIv iv{};
  copy(fragment, iv);
  return iv;
}

bool is_whole_blocks(std::size_t length) { return length % cbc_block == 0; }

/// Copies the tag at the secret place `begin` of `plaintext`, which is `first` or behind it. Each octet there is read
/// once, and put where it belongs if the tag began at `first`; then the result is turned round by the tag's true place,
/// by powers of two.
crypto::MacTag copy_tag(View plaintext, std::size_t first, std::size_t begin, std::size_t length) {
  crypto::MacTag turned;
  const auto octets = turned.resize(length);
  std::size_t turn = 0;
  for (auto index = first, place = std::size_t{0}; index < plaintext.size(); ++index) {
    const auto inside = is_at_least(index, begin) & is_less(index, begin + length);
    octets[place] = static_cast<std::uint8_t>(octets[place] | (inside & plaintext[index]));
    turn |= are_equal(index, begin) & place;
    place = place + 1 == length ? 0 : place + 1;
  }
  crypto::MacTag scratch;
  const auto other = scratch.resize(length);
  for (std::size_t step = 1, bit = 0; step < length; step *= 2, ++bit) {
    const auto turn_now = ~is_zero((turn >> bit) & 1U);
    for (std::size_t i = 0; i < length; ++i) other[i] = select_octet(turn_now, octets[(i + step) % length], octets[i]);
    copy(other, octets);
  }
  return turned;
}

/// Turns what was found about a plaintext into the one answer, the first thing about it that is no secret.
Result<MutableView> decide(const Unpadded& found, MutableView plaintext) {
  if (found.authentic == 0) return bad_record();
  return plaintext.first(found.length);
}

struct Protection12 {
  crypto::Cbc cipher;
  crypto::RecordMac mac;
};

Result<Protection12> protection(const CbcKeys& keys, crypto::Cbc::Direction direction) {
  auto cipher = crypto::Cbc::create(keys.cipher, direction, keys.encryption_key);
  if (!cipher) return std::unexpected(std::move(cipher.error()));
  const auto mac = crypto::RecordMac::create(keys.hash, keys.mac_key);
  if (!mac) return std::unexpected(mac.error());
  return Protection12{std::move(*cipher), *mac};
}

}  // namespace

Unpadded check_padding(View plaintext, std::size_t tag_length) {
  // RFC 5246, 6.2.3.2: "Each uint8 in the padding data vector MUST be filled with the padding length value", and its
  // last octet, padding_length, is that value too.
  const std::size_t padding = plaintext.back();
  Mask good = is_at_least(plaintext.size(), tag_length + 1 + padding);
  const auto most = std::min(max_padding + 1, plaintext.size());
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < most; ++i)
    difference |= is_at_least(padding, i) & (plaintext[plaintext.size() - 1 - i] ^ padding);
  good &= is_zero(difference);
  // RFC 5246, 6.2.3.2: "if the pad appears to be incorrect, the implementation might assume a zero-length pad and then
  // compute the MAC."
  return {good, plaintext.size() - tag_length - 1 - select(good, padding, 0)};
}

Unpadded check_padding_and_mac(const crypto::RecordMac& mac, const MacSubject& subject, View plaintext) {
  const auto tag_length = crypto::mac_length(mac.hash());
  const auto found = check_padding(plaintext, tag_length);
  const auto most = plaintext.size() - tag_length - 1;
  const auto least = most - std::min(most, max_padding);
  const auto computed =
      mac.compute(prefix_of(subject, found.length), plaintext.first(most), {.least = least, .secret = found.length});
  const auto received = copy_tag(plaintext, least, found.length, tag_length);
  return {found.authentic & are_same(computed.view(), received.view()), found.length};
}

CbcKeys cbc_keys_of(const keys::DirectionKeys& keys) {
  const auto& cbc = *keys.suite->cbc;
  return {cbc.cipher, keys.key.view(), cbc.mac, keys.mac_key.view(),
          keys.encrypt_then_mac ? MacOrder::encrypt_then_mac : MacOrder::mac_then_encrypt};
}

Result<CbcOpener> CbcOpener::create(const CbcKeys& keys) {
  auto made = protection(keys, crypto::Cbc::Direction::decrypt);
  if (!made) return std::unexpected(std::move(made.error()));
  return CbcOpener(std::move(made->cipher), made->mac, keys.order);
}

Result<Opened> CbcOpener::open(const Record& record) {
  const auto sequence = next(used_);
  if (!sequence) return std::unexpected(sequence.error());
  const auto content = remove_protection(*sequence, record);
  if (!content) {
    wipe(record.fragment);
    return std::unexpected(content.error());
  }
  if (content->size() > max_plaintext) return fail(Code::record_overflow, "after the record was opened");
  return Opened{record.type, *content, 0};
}

Result<MutableView> CbcOpener::remove_protection(std::uint64_t sequence, const Record& record) {
  return order_ == MacOrder::mac_then_encrypt ? open_mac_then_encrypt(sequence, record)
                                              : open_encrypt_then_mac(sequence, record);
}

Result<MutableView> CbcOpener::open_mac_then_encrypt(std::uint64_t sequence, const Record& record) {
  const auto tag_length = crypto::mac_length(mac_.hash());
  if (!is_whole_blocks(record.fragment.size()) || record.fragment.size() < cbc_block + tag_length + 1)
    return bad_record();
  const auto blocks = record.fragment.subspan(cbc_block);
  if (auto done = cipher_.transform(iv_of(record.fragment), blocks); !done) return std::unexpected(done.error());
  return decide(check_padding_and_mac(mac_, {sequence, record.type}, blocks), blocks);
}

Result<MutableView> CbcOpener::open_encrypt_then_mac(std::uint64_t sequence, const Record& record) {
  const auto tag_length = crypto::mac_length(mac_.hash());
  if (record.fragment.size() < 2 * cbc_block + tag_length) return bad_record();
  const auto sent = record.fragment.first(record.fragment.size() - tag_length);
  if (!is_whole_blocks(sent.size())) return bad_record();
  // RFC 7366, 3: the MAC comes before anything else is done with the record. It covers IV and ciphertext, with the
  // length that they have without the tag.
  const auto tag = mac_.compute(prefix_of({sequence, record.type}, sent.size()), sent);
  if (!equal_in_constant_time(tag.view(), record.fragment.last(tag_length))) return bad_record();
  const auto blocks = sent.subspan(cbc_block);
  if (auto done = cipher_.transform(iv_of(sent), blocks); !done) return std::unexpected(done.error());
  return decide(check_padding(blocks, 0), blocks);
}

Result<CbcSealer> CbcSealer::create(const CbcKeys& keys) {
  auto made = protection(keys, crypto::Cbc::Direction::encrypt);
  if (!made) return std::unexpected(std::move(made.error()));
  return CbcSealer(std::move(made->cipher), made->mac, keys.order);
}

Result<void> CbcSealer::seal(ContentType type, View content, Buffer& out) {
  if (content.size() > max_plaintext) return fail(Code::internal_error, "a fragment is too long for a record");
  // RFC 5246, 6.2.3.2: "The Initialization Vector (IV) SHOULD be chosen at random, and MUST be unpredictable."
  crypto::CbcIv iv{};
  if (auto drawn = crypto::fill_random(iv); !drawn) return drawn;

  const bool mac_first = order_ == MacOrder::mac_then_encrypt;
  const auto tag_length = crypto::mac_length(mac_.hash());
  const auto inner = content.size() + (mac_first ? tag_length : 0);
  const auto padding = cbc_block - 1 - inner % cbc_block;
  const auto sent = cbc_block + inner + padding + 1;  // IV and blocks
  const auto fragment = sent + (mac_first ? 0 : tag_length);

  auto room = as_view(out.prepare(header_octets + fragment)).first(header_octets + fragment);
  const auto sequence = next(used_);  // behind what can fail, as in TLS 1.3
  if (!sequence) return std::unexpected(sequence.error());
  const auto body = room.subspan(copy(make_header(type, fragment), room));
  const auto blocks = body.first(sent).subspan(copy(iv, body));
  auto rest = blocks.subspan(copy(content, blocks));
  if (mac_first)
    rest = rest.subspan(copy(mac_.compute(prefix_of({*sequence, type}, content.size()), content).view(), rest));
  std::ranges::fill(rest, static_cast<std::uint8_t>(padding));
  if (auto done = cipher_.transform(iv, blocks); !done) {
    wipe(blocks);
    return done;
  }
  if (!mac_first) copy(mac_.compute(prefix_of({*sequence, type}, sent), body.first(sent)).view(), body.subspan(sent));
  out.commit(room.size());
  return {};
}

}  // namespace sotto::record
