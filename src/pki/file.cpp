#include "pki/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

namespace sotto::pki {
namespace {

// The largest bundles of roots have about half a million octets.
constexpr std::size_t max_file_size = std::size_t{16} << 20;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::unexpected<Error> unreadable(const std::filesystem::path& file, int error) {
  return fail(Code::unreadable_file, file.string() + ": " + std::generic_category().message(error));
}

using Stream = std::unique_ptr<std::FILE, Closer>;

Stream open_to_read(const std::filesystem::path& file) {
  while (true) {
    Stream stream(std::fopen(file.c_str(), "rb"));
    if (stream || errno != EINTR) return stream;
  }
}

}  // namespace

Result<SecretBytes> read_file(const std::filesystem::path& file) {
  const auto stream = open_to_read(file);
  if (!stream) return unreadable(file, errno);
  std::setvbuf(stream.get(), nullptr, _IONBF, 0);  // a buffer would keep a copy of a key
  SecretBytes content;
  Secret<65536> piece;
  for (;;) {
    const auto buffer = piece.resize(65536);
    const auto count = std::fread(buffer.data(), 1, buffer.size(), stream.get());
    if (count == 0) break;
    if (content.size() + count > max_file_size) return fail(Code::unreadable_file, file.string() + ": it is too large");
    Bytes longer;
    longer.reserve(content.size() + count);  // growing by itself would leave copies behind
    longer.insert(longer.end(), content.view().begin(), content.view().end());
    longer.insert(longer.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    content = SecretBytes(std::move(longer));
  }
  if (std::ferror(stream.get()) != 0) return unreadable(file, errno);
  return content;
}

}  // namespace sotto::pki
