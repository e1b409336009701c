#include <algorithm>

#include "base/contain.hpp"
#include "crypto/aead.hpp"
#include "crypto/random.hpp"
#include "session/ticket_keys_impl.hpp"
#include "wire/reader.hpp"

namespace sotto {
namespace {

constexpr auto algorithm = crypto::AeadAlgorithm::aes_256_gcm;

/// Says whether a key that was made at `made` is too old for something. One of the future is, too: it was made when the
/// clock was wrong, and must not live until then.
template <class Time>
bool is_over(Time made, Time now, std::chrono::seconds after) {
  return std::chrono::abs(now - made) >= after;
}

}  // namespace

TicketKeys::TicketKeys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TicketKeys::~TicketKeys() = default;

Result<std::shared_ptr<TicketKeys>> TicketKeys::generate(std::chrono::seconds rotation) {
  return contain([&]() -> Result<std::shared_ptr<TicketKeys>> {
    if (rotation < std::chrono::seconds(1))
      return fail(Code::invalid_configuration, "ticket keys must live for a second or more");
    return std::make_shared<TicketKeys>(std::make_unique<Impl>(rotation));
  });
}

Result<TicketKeys::Impl::Key> TicketKeys::Impl::sealing_key(Time now) {
  const std::lock_guard lock(mutex_);
  if (keys_.empty() || is_over(keys_.back().made, now, rotation_)) {
    Key key;
    key.made = now;
    if (auto filled = crypto::fill_random(key.name); !filled) return std::unexpected(filled.error());
    if (auto filled = crypto::fill_random(key.secret.resize(crypto::aead_key_length(algorithm))); !filled)
      return std::unexpected(filled.error());
    if (keys_.size() == 2) keys_.erase(keys_.begin());
    keys_.push_back(std::move(key));
  }
  return keys_.back().clone();
}

std::optional<TicketKeys::Impl::Key> TicketKeys::Impl::opening_key(View name, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return same(key.name, name); });
  if (found == keys_.end() || is_over(found->made, now, 2 * rotation_)) return std::nullopt;
  return found->clone();
}

// A ticket is: key name, nonce, ciphertext with its tag. The name is authenticated too.
Result<Bytes> TicketKeys::Impl::seal(View content, Time now) {
  const auto key = sealing_key(now);
  if (!key) return std::unexpected(key.error());
  auto aead = crypto::Aead::create(algorithm, crypto::Aead::Direction::seal, key->secret.view());
  if (!aead) return std::unexpected(aead.error());
  crypto::AeadNonce nonce;
  if (auto filled = crypto::fill_random(nonce); !filled) return std::unexpected(filled.error());

  Bytes ticket(name_octets + nonce.size() + content.size() + crypto::aead_tag_length);
  MutableView rest(ticket);
  rest = rest.subspan(copy(key->name, rest));
  rest = rest.subspan(copy(nonce, rest));
  if (auto sealed = aead->seal(nonce, key->name, content, {}, rest); !sealed) return std::unexpected(sealed.error());
  return ticket;
}

std::optional<SecretBytes> TicketKeys::Impl::open(View ticket, Time now) {
  wire::Reader reader(ticket);
  const auto name = reader.bytes(name_octets);
  const auto nonce_octets = reader.bytes(crypto::aead_nonce_length);
  auto sealed = own(reader.rest());
  if (reader.failed()) return std::nullopt;
  const auto key = opening_key(name, now);
  if (!key) return std::nullopt;
  auto aead = crypto::Aead::create(algorithm, crypto::Aead::Direction::open, key->secret.view());
  if (!aead) return std::nullopt;
  crypto::AeadNonce nonce;
  copy(nonce_octets, nonce);
  const auto content = aead->open(nonce, name, sealed);
  std::optional<SecretBytes> opened;
  if (content) opened.emplace(*content);
  wipe(sealed);
  return opened;
}

}  // namespace sotto
