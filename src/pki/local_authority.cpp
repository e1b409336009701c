#include <algorithm>

#include <sotto/issue.hpp>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/certificate_issue.hpp"
#include "pki/names.hpp"
#include "pki/pem.hpp"

namespace sotto::inline v0 {
namespace {

// RFC 5280, appendix A.1: ub-common-name.
constexpr std::size_t max_common_name = 64;

// Clocks differ: what is issued now is valid an hour ago.
constexpr auto clock_difference = std::chrono::hours(1);

Result<crypto::LeafContent> content_of(const LeafRequest& request) {
  if (request.names.empty()) return fail(Code::invalid_configuration, "a certificate needs a name");
  crypto::LeafContent content;
  for (const auto& name : request.names) {
    const auto lower = pki::lower_case(name);
    if (auto address = pki::parse_ip_address(lower); !address.empty()) {
      content.ip_addresses.push_back(std::move(address));
      continue;
    }
    if (const auto fault = pki::fault_in_dns_pattern(lower); !fault.empty())
      return fail(Code::invalid_server_name, "\"" + name + "\": " + std::string(fault));
    content.dns_names.push_back(lower);
  }
  if (request.names.front().size() <= max_common_name) content.common_name = request.names.front();
  content.key = request.key;
  content.client_authentication = request.client_authentication;
  const bool unset = request.not_before == std::chrono::system_clock::time_point();
  content.not_before = unset ? std::chrono::system_clock::now() - clock_difference : request.not_before;
  content.not_after = content.not_before + request.lifetime;
  return content;
}

void wipe_text(std::string& text) {
  text.resize(text.capacity());  // what a moved-from string left in its buffer goes too
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

struct LocalAuthority::Impl {
  explicit Impl(crypto::IssuingAuthority its_authority) : authority(std::move(its_authority)) {}
  crypto::IssuingAuthority authority;
};

IssuedCredential::~IssuedCredential() { wipe_text(key_pem); }

LocalAuthority::LocalAuthority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalAuthority::LocalAuthority(LocalAuthority&&) noexcept = default;
LocalAuthority& LocalAuthority::operator=(LocalAuthority&&) noexcept = default;
LocalAuthority::~LocalAuthority() = default;

Result<LocalAuthority> LocalAuthority::create(std::string_view common_name, std::chrono::hours lifetime) {
  return contain([&]() -> Result<LocalAuthority> {
    if (common_name.empty() || common_name.size() > max_common_name)
      return fail(Code::invalid_configuration, "an authority's name has 1 to 64 characters");
    const auto not_before = std::chrono::system_clock::now() - clock_difference;
    auto authority = crypto::IssuingAuthority::create(common_name, not_before, not_before + lifetime);
    if (!authority) return std::unexpected(std::move(authority.error()));
    return LocalAuthority(std::make_unique<Impl>(std::move(*authority)));
  });
}

Result<LocalAuthority> LocalAuthority::from_pem(std::string_view certificate, std::string_view key) {
  return contain([&]() -> Result<LocalAuthority> {
    const auto certificates = pki::read_pem_certificates(certificate);
    if (!certificates) return std::unexpected(certificates.error());
    auto authority = crypto::IssuingAuthority::from_parts(certificates->front(), key);
    if (!authority) return std::unexpected(std::move(authority.error()));
    return LocalAuthority(std::make_unique<Impl>(std::move(*authority)));
  });
}

Result<IssuedCredential> LocalAuthority::issue(const LeafRequest& request) const {
  return contain([&]() -> Result<IssuedCredential> {
    const auto content = content_of(request);
    if (!content) return std::unexpected(content.error());
    auto leaf = impl_->authority.issue(*content);
    if (!leaf) return std::unexpected(std::move(leaf.error()));
    IssuedCredential issued;
    issued.chain_pem = pki::write_pem_certificate(leaf->certificate);
    issued.key_pem = std::move(leaf->key_pem);
    return issued;
  });
}

Result<LocalAuthority> LocalAuthority::issue_intermediate(std::string_view common_name) const {
  return contain([&]() -> Result<LocalAuthority> {
    if (common_name.empty() || common_name.size() > max_common_name)
      return fail(Code::invalid_configuration, "an authority's name has 1 to 64 characters");
    auto authority = impl_->authority.issue_intermediate(common_name);
    if (!authority) return std::unexpected(std::move(authority.error()));
    return LocalAuthority(std::make_unique<Impl>(std::move(*authority)));
  });
}

std::string LocalAuthority::certificate_pem() const {
  return pki::write_pem_certificate(impl_->authority.certificate());
}

Result<std::string> LocalAuthority::key_pem() const {
  return contain([&]() -> Result<std::string> { return impl_->authority.key_pem(); });
}

}  // namespace sotto::inline v0
