#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <sotto/trace.hpp>

#include "base/bytes.hpp"
#include "base/contain.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sotto::inline v0::danger {
namespace {

class KeyLogFile final : public KeyLog {
 public:
  explicit KeyLogFile(int descriptor) : descriptor_(descriptor) {}
  KeyLogFile(const KeyLogFile&) = delete;
  KeyLogFile& operator=(const KeyLogFile&) = delete;
  ~KeyLogFile() override { ::close(descriptor_); }

  void write(std::string_view line) override {
    std::string text(line);
    text += '\n';
    // One call for one line: with O_APPEND, lines of several threads do not mix. A line that cannot be written is lost;
    // a debugging aid must not end connections.
    while (::write(descriptor_, text.data(), text.size()) < 0 && errno == EINTR) continue;
    wipe(MutableView(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  }

 private:
  int descriptor_;
};

int open_to_append(const std::string& file) {
  while (true) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

}  // namespace

Result<std::shared_ptr<KeyLog>> key_log_file(const std::string& file) {
  return contain([&]() -> Result<std::shared_ptr<KeyLog>> {
    const int descriptor = open_to_append(file);
    if (descriptor < 0) return fail(Code::unreadable_file, file + ": " + std::strerror(errno));
    return std::make_shared<KeyLogFile>(descriptor);
  });
}

}  // namespace sotto::inline v0::danger
