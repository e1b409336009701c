#include "files.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "descriptor.hpp"
#include "text.hpp"

namespace program {
namespace {

constexpr std::size_t largest_file = 4 * 1024 * 1024;

std::string reason() { return std::system_category().message(errno); }

std::string quoted(const std::filesystem::path& file) { return "'" + printable(file.string()) + "'"; }

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  while (::fsync(descriptor) != 0)
    if (errno != EINTR) return false;
  return true;
}

Descriptor open_to_read(const std::filesystem::path& file) {
  while (true) {
    Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor || errno != EINTR) return descriptor;
  }
}

}  // namespace

Outcome<std::string> read_file(const std::filesystem::path& file) {
  const auto unreadable = [&](const std::string& why) {
    return failure(ExitCode::configuration, fmt::format("the file {} cannot be read: {}", quoted(file), why));
  };
  const auto descriptor = open_to_read(file);
  if (!descriptor) return unreadable(reason());
  std::string content;
  char block[16384];
  while (true) {
    const auto got = ::read(descriptor.value(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(reason());
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
    if (content.size() > largest_file) return unreadable("it is larger than 4 MiB");
  }
}

Outcome<std::string> read_first_line(const std::filesystem::path& file) {
  auto content = read_file(file);
  if (!content) return content;
  auto line = content->substr(0, content->find_first_of("\r\n"));
  wipe(*content);
  return line;
}

Outcome<void> replace_file(const std::filesystem::path& file, std::string_view content, mode_t mode) {
  auto name = file.string() + ".XXXXXX";
  bool made = false;
  const auto cannot_write = [&] {
    const auto why = reason();
    if (made) ::unlink(name.c_str());
    return failure(ExitCode::configuration, fmt::format("the file {} cannot be written: {}", quoted(file), why));
  };
  // mkostemp creates with O_EXCL and mode 0600, so that a secret is never readable by others, not even for a moment.
  const Descriptor descriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (!descriptor) return cannot_write();
  made = true;
  if (!write_all(descriptor.value(), content) || ::fchmod(descriptor.value(), mode) != 0) return cannot_write();
  if (::rename(name.c_str(), file.c_str()) != 0) return cannot_write();
  return {};
}

Outcome<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno == EEXIST && std::filesystem::is_directory(folder, error)) return {};
  return failure(ExitCode::configuration, fmt::format("the folder {} cannot be made: {}", quoted(folder), reason()));
}

void wipe(std::string& secret) {
  explicit_bzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace program
