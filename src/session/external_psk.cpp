#include <utility>

#include "base/contain.hpp"
#include "base/result.hpp"
#include "session/external_psk_impl.hpp"

namespace sotto {
namespace {

// RFC 9257, 4.2: "at least 128 bits of entropy"; a key that is shorter cannot have as much.
constexpr std::size_t shortest_key = 16;
// What is imported around the identity must fit into an identity of 2^16 - 1 octets, and others beside it.
constexpr std::size_t longest_identity = 65000;
constexpr std::size_t longest_context = 500;

Result<void> check(std::string_view identity, std::span<const std::byte> key, std::string_view context) {
  if (identity.empty() || identity.size() > longest_identity)
    return fail(Code::invalid_configuration, "a pre-shared key has an identity of 1 to 65000 octets");
  if (key.size() < shortest_key) return fail(Code::invalid_configuration, "a pre-shared key has 16 octets or more");
  if (context.size() > longest_context)
    return fail(Code::invalid_configuration, "the context of a pre-shared key has at most 500 octets");
  return {};
}

std::shared_ptr<ExternalPsk::Impl> make(ExternalPsk::Impl::Kind kind, PskRole role, std::string_view identity,
                                        std::span<const std::byte> key, PskHash hash) {
  auto made = std::make_shared<ExternalPsk::Impl>();
  made->kind = kind;
  made->role = role;
  made->identity = identity;
  made->key = SecretBytes(as_view(key));
  made->hash = hash == PskHash::sha384 ? crypto::HashAlgorithm::sha384 : crypto::HashAlgorithm::sha256;
  return made;
}

}  // namespace

Result<ExternalPsk> ExternalPsk::imported(PskRole role, std::string_view identity, std::span<const std::byte> key,
                                          std::string_view context, PskHash hash) {
  return contain([&]() -> Result<ExternalPsk> {
    if (auto checked = check(identity, key, context); !checked) return std::unexpected(checked.error());
    auto made = make(Impl::Kind::imported, role, identity, key, hash);
    made->context = context;
    return ExternalPsk(std::move(made));
  });
}

Result<ExternalPsk> ExternalPsk::plain(PskRole role, std::string_view identity, std::span<const std::byte> key,
                                       PskHash hash) {
  return contain([&]() -> Result<ExternalPsk> {
    if (auto checked = check(identity, key, {}); !checked) return std::unexpected(checked.error());
    return ExternalPsk(make(Impl::Kind::plain, role, identity, key, hash));
  });
}

ExternalPsk::ExternalPsk(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
ExternalPsk::ExternalPsk(const ExternalPsk&) = default;
ExternalPsk& ExternalPsk::operator=(const ExternalPsk&) = default;
ExternalPsk::ExternalPsk(ExternalPsk&&) noexcept = default;
ExternalPsk& ExternalPsk::operator=(ExternalPsk&&) noexcept = default;
ExternalPsk::~ExternalPsk() = default;

PskRole ExternalPsk::role() const { return impl_->role; }
std::string_view ExternalPsk::identity() const { return impl_->identity; }

}  // namespace sotto
