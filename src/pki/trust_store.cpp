#include <array>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "pki/file.hpp"
#include "pki/pem.hpp"
#include "pki/trust_store_impl.hpp"

namespace sotto::inline v0 {
namespace {

// Where distributions keep their bundle.
constexpr auto bundles = std::to_array<const char*>({
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older RHEL
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // Alpine, the BSDs, macOS
    "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD
});

Result<crypto::TrustAnchors> read_anchors(std::string_view pem, crypto::UnreadableRoot unreadable) {
  const auto certificates = pki::read_pem_certificates(pem);
  if (!certificates) return std::unexpected(certificates.error());
  const std::vector<View> views(certificates->begin(), certificates->end());
  auto anchors = crypto::TrustAnchors::create(views, unreadable);
  if (!anchors && anchors.error().code == Code::certificate_malformed)
    return fail(Code::malformed_pem, std::move(anchors.error().detail));
  return anchors;
}

Result<crypto::TrustAnchors> read_anchors_of(const std::filesystem::path& file, crypto::UnreadableRoot unreadable) {
  const auto text = pki::read_file(file);
  if (!text) return std::unexpected(text.error());
  auto anchors = read_anchors(as_text(text->view()), unreadable);
  if (!anchors) anchors.error().detail = file.string() + ": " + anchors.error().detail;
  return anchors;
}

Result<std::filesystem::path> system_bundle() {
  if (const char* named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0') return named;
  for (const auto* bundle : bundles) {
    std::error_code error;
    if (std::filesystem::is_regular_file(bundle, error)) return bundle;
  }
  return fail(Code::unreadable_file,
              "the system has no bundle of trusted roots (package ca-certificates); SSL_CERT_FILE may name one");
}

/// What tells whether a file has changed.
struct FileState {
  std::filesystem::path path;
  std::uintmax_t size = 0;
  std::filesystem::file_time_type written;
  friend bool operator==(const FileState&, const FileState&) = default;
};

/// Returns nothing for a file that cannot be looked at; reading it says why.
std::optional<FileState> state_of(const std::filesystem::path& file) {
  std::error_code no_size;
  std::error_code no_time;
  FileState state{file, std::filesystem::file_size(file, no_size), std::filesystem::last_write_time(file, no_time)};
  return no_size || no_time ? std::nullopt : std::optional(std::move(state));
}

}  // namespace

Result<TrustStore> TrustStore::from_pem(std::string_view pem) {
  return contain([&]() -> Result<TrustStore> {
    auto anchors = read_anchors(pem, crypto::UnreadableRoot::is_an_error);
    if (!anchors) return std::unexpected(std::move(anchors.error()));
    return TrustStore(std::make_shared<const Impl>(std::move(*anchors)));
  });
}

Result<TrustStore> TrustStore::from_pem_file(const std::filesystem::path& file) {
  return contain([&]() -> Result<TrustStore> {
    auto anchors = read_anchors_of(file, crypto::UnreadableRoot::is_an_error);
    if (!anchors) return std::unexpected(std::move(anchors.error()));
    return TrustStore(std::make_shared<const Impl>(std::move(*anchors)));
  });
}

Result<TrustStore> TrustStore::system() {
  return contain([&]() -> Result<TrustStore> {
    static std::mutex mutex;
    static std::optional<TrustStore> loaded;
    static std::optional<FileState> loaded_from;
    const std::scoped_lock lock(mutex);
    const auto bundle = system_bundle();
    if (!bundle) return std::unexpected(bundle.error());
    const auto state = state_of(*bundle);
    if (loaded && state && state == loaded_from) return *loaded;
    // One odd root among a hundred is no reason to trust nobody.
    auto anchors = read_anchors_of(*bundle, crypto::UnreadableRoot::is_left_out);
    if (!anchors) return std::unexpected(std::move(anchors.error()));
    loaded = TrustStore(std::make_shared<const Impl>(std::move(*anchors)));
    loaded_from = state;  // taken before: a change meanwhile is seen the next time
    return *loaded;
  });
}

std::size_t TrustStore::size() const { return impl_->anchors.subjects().size(); }

std::vector<std::vector<std::byte>> TrustStore::subjects() const {
  std::vector<std::vector<std::byte>> subjects;
  for (const auto& subject : impl_->anchors.subjects()) subjects.push_back(own_public(subject));
  return subjects;
}

}  // namespace sotto::inline v0
