#include "dev_authority.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <sotto/credential.hpp>
#include <sotto/issue.hpp>
#include <sotto/verifier.hpp>

#include "descriptor.hpp"
#include "files.hpp"
#include "text.hpp"

namespace program {
namespace {

namespace fs = std::filesystem;

constexpr auto at_least_valid_for = std::chrono::hours(24 * 7);

struct Store {
  fs::path folder;
  Descriptor lock;  ///< held exclusively for as long as the store is open
  [[nodiscard]] fs::path authority() const { return folder / "dev-ca.pem"; }
  [[nodiscard]] fs::path authority_key() const { return folder / "dev-ca-key.pem"; }
};

Outcome<Store> open_store() {
  auto folder = data_folder();
  if (!folder) return std::unexpected(folder.error());
  if (auto made = make_private_folder(*folder); !made) return std::unexpected(made.error());
  const auto lock_file = *folder / "lock";
  Descriptor lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock || ::flock(lock.value(), LOCK_EX) != 0)
    return failure(ExitCode::configuration,
                   fmt::format("the lock '{}' cannot be taken: {}", printable(lock_file.string()),
                               std::system_category().message(errno)));
  return Store{*std::move(folder), std::move(lock)};
}

std::string common_name() {
  const char* const user = std::getenv("USER");
  const auto owner = user != nullptr ? printable(user) : std::string();
  constexpr std::size_t longest = 40;  // RFC 5280, appendix A.1: a common name has at most 64 characters
  return fmt::format("sotto dev CA of {}", owner.empty() || owner.size() > longest ? "this machine" : owner);
}

bool is_valid_for_long(const sotto::Certificate& certificate) {
  const auto facts = certificate.facts();
  return facts && facts->not_after > std::chrono::system_clock::now() + at_least_valid_for;
}

/// Loads the authority that is there; nothing if there is none or it is about to expire.
Outcome<std::optional<sotto::LocalAuthority>> load_authority(const Store& store) {
  std::error_code error;
  if (!fs::exists(store.authority(), error) || !fs::exists(store.authority_key(), error)) return std::nullopt;
  struct stat status{};
  // The key was made 0600; whoever widened that gets it back before the key is used again.
  if (::stat(store.authority_key().c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    ::chmod(store.authority_key().c_str(), 0600);
  const auto certificate = read_file(store.authority());
  if (!certificate) return std::unexpected(certificate.error());
  auto key = read_file(store.authority_key());
  if (!key) return std::unexpected(key.error());
  auto authority = sotto::LocalAuthority::from_pem(*certificate, *key);
  wipe(*key);
  if (!authority)
    return failure(authority.error(),
                   fmt::format("the development authority '{}' (delete it and its key to make a new one)",
                               printable(store.authority().string())));
  const auto parsed = sotto::Certificate::from_pem(*certificate);
  if (!parsed || !is_valid_for_long(parsed->front())) return std::nullopt;
  return std::optional(*std::move(authority));
}

Outcome<sotto::LocalAuthority> make_authority(const Store& store) {
  auto authority = sotto::LocalAuthority::create(common_name());
  if (!authority) return failure(authority.error(), "the development authority cannot be made");
  auto key = authority->key_pem();
  if (!key) return failure(key.error(), "the development authority cannot be made");
  auto written = replace_file(store.authority_key(), *key, 0600);
  wipe(*key);
  if (written) written = replace_file(store.authority(), authority->certificate_pem(), 0644);
  if (!written) return std::unexpected(written.error());
  return *std::move(authority);
}

struct OpenAuthority {
  sotto::LocalAuthority authority;
  bool is_new;
};

Outcome<OpenAuthority> load_or_make_authority(const Store& store) {
  auto present = load_authority(store);
  if (!present) return std::unexpected(present.error());
  if (*present) return OpenAuthority{**std::move(present), false};
  auto made = make_authority(store);
  if (!made) return std::unexpected(made.error());
  return OpenAuthority{*std::move(made), true};
}

/// Returns a file name for `name`: a wildcard's star and an IPv6 address's colons do not belong there.
Outcome<std::string> file_name(const std::string& name) {
  std::string result;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!plain && c != '*' && c != ':' && c != '_')
      return failure(ExitCode::usage, fmt::format("'{}' is neither a DNS name nor an IP address", printable(name)));
    if (c == '*') result += "wildcard";
    if (c != '*') result += c == ':' ? '_' : c;
  }
  if (result.empty() || result.front() == '.')
    return failure(ExitCode::usage, fmt::format("'{}' is neither a DNS name nor an IP address", printable(name)));
  return result;
}

/// Says whether the certificate that is there was issued by this authority for these names and is good for a while.
bool is_still_good(const DevCertificate& files, const sotto::LocalAuthority& authority,
                   const std::vector<std::string>& names) {
  const auto credential = sotto::Credential::from_pem_files(files.certificate, files.key);
  if (!credential || !is_valid_for_long(credential->chain().front())) return false;
  if (credential->names().size() != names.size()) return false;
  const auto is_named = [&](const std::string& name) {
    return std::ranges::find(credential->names(), name) != credential->names().end() || credential->is_for(name);
  };
  if (!std::ranges::all_of(names, is_named)) return false;
  auto roots = sotto::TrustStore::from_pem(authority.certificate_pem());
  if (!roots) return false;
  sotto::VerifyRequest request;
  request.chain = credential->chain();
  request.time = std::chrono::system_clock::now();
  return sotto::make_verifier(*std::move(roots))->verify(request).has_value();
}

}  // namespace

Outcome<fs::path> data_folder() {
  // XDG Base Directory Specification: a relative path in the variable is to be ignored.
  const char* const data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && fs::path(data_home).is_absolute()) return fs::path(data_home) / "sotto";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || !fs::path(home).is_absolute())
    return failure(ExitCode::configuration, "neither XDG_DATA_HOME nor HOME says where files may be kept");
  return fs::path(home) / ".local" / "share" / "sotto";
}

Outcome<fs::path> dev_authority() {
  const auto store = open_store();
  if (!store) return std::unexpected(store.error());
  if (const auto authority = load_or_make_authority(*store); !authority) return std::unexpected(authority.error());
  return store->authority();
}

Outcome<DevCertificate> dev_certificate(const std::vector<std::string>& names) {
  const auto stem = file_name(names.front());
  if (!stem) return std::unexpected(stem.error());
  const auto store = open_store();
  if (!store) return std::unexpected(store.error());
  const auto authority = load_or_make_authority(*store);
  if (!authority) return std::unexpected(authority.error());

  DevCertificate files{store->authority(), store->folder / ("dev-" + *stem + ".pem"),
                       store->folder / ("dev-" + *stem + "-key.pem"), authority->is_new, false};
  if (is_still_good(files, authority->authority, names)) return files;
  sotto::LeafRequest request;
  request.names = names;
  const auto issued = authority->authority.issue(request);
  if (!issued) return failure(issued.error(), fmt::format("a certificate for {}", printable(join(names, ", "))));
  auto written = replace_file(files.key, issued->key_pem, 0600);
  if (written) written = replace_file(files.certificate, issued->chain_pem, 0644);
  if (!written) return std::unexpected(written.error());
  files.certificate_is_new = true;
  return files;
}

}  // namespace program
