#include "connect/session_file.hpp"

#include <string.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <system_error>

#include <fmt/format.h>

#include "files.hpp"
#include "text.hpp"

namespace program {

Outcome<std::shared_ptr<SessionFile>> SessionFile::open(std::filesystem::path file) {
  std::shared_ptr<SessionFile> store(new SessionFile(std::move(file)));
  std::error_code error;
  if (!std::filesystem::exists(store->file_, error)) return store;
  auto content = read_file(store->file_);
  if (!content) return std::unexpected(content.error());
  if (content->empty()) return store;  // as mktemp(1) makes it
  auto session = sotto::Session::parse(std::as_bytes(std::span(*content)));
  wipe(*content);
  if (!session) return failure(session.error(), fmt::format("the session file '{}'", printable(store->file_.string())));
  if (session->expires() > std::chrono::system_clock::now()) store->offered_ = *std::move(session);
  return store;
}

void SessionFile::put(const std::string&, sotto::Session session) { newest_ = std::move(session); }

bool SessionFile::has_session_for(const std::string& server) const {
  return offered_ && offered_->server_name() == server;
}

std::optional<sotto::Session> SessionFile::take(const std::string& server) {
  if (!has_session_for(server)) return std::nullopt;
  return std::exchange(offered_, std::nullopt);
}

void SessionFile::remove(const std::string&, std::span<const std::byte> id) {
  removed_ = true;
  const auto newest = newest_ ? newest_->id() : std::vector<std::byte>();
  if (!newest || std::ranges::equal(*newest, id)) newest_.reset();
}

Outcome<void> SessionFile::save() {
  if (!newest_ && removed_) {
    std::error_code error;
    std::filesystem::remove(file_, error);
    if (!error) return {};
    return failure(ExitCode::configuration,
                   fmt::format("the file '{}' cannot be deleted: {}", printable(file_.string()), error.message()));
  }
  if (!newest_) return {};
  auto bytes = newest_->serialize();
  auto written = replace_file(file_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 0600);
  explicit_bzero(bytes.data(), bytes.size());
  return written;
}

}  // namespace program
